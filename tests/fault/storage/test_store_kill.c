/* A hundred kills on the real disk: a child appends through the store and reports through a pipe what is about to go in
 * and what was acknowledged; it is killed at a moment of chance; then the store must hold what the pipe says. What the
 * kernel loses with power is the fake disk's part (test_store_faults.c).
 *
 * A call is known by its seed, so the pipe carries only numbers: the parent draws the same call again. */
#include "base/completion.h"
#include "support/store_model.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct call_options options = {
    .tenants = 2, .services = 3, .pods = 3, .identities = true, .from_ns = 1, .until_ns = 1000};
enum { KILLS = 100, APPENDERS = 3, CALLS_MAX = 1 << 20 };
static char dir[] = "/tmp/pyr-kill-XXXXXX";

static struct pyr_store *open_store(void)
{
    struct pyr_store_settings s;
    struct pyr_store *store;
    struct pyr_diag diag = {0};
    pyr_store_settings_default(&s);
    s.dir = dir;
    s.free_bytes_min = 0;
    s.table_bytes_max = 0;
    s.segment_bytes = 256 << 10;
    s.first_segment_bytes = 32 << 10;
    s.generation_log_bytes = 400 << 10; /* so that freezing is hit too */
    if (pyr_store_open(&s, &store, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
    return store;
}

static void draw_numbered(uint64_t number, struct call *call)
{
    struct chance seed = {number}, c = {draw(&seed)}; /* far apart for neighbouring numbers */
    draw_call(&c, &options, call);
}

/* ---- the child ---- */

enum word { BEGUN, ACKNOWLEDGED };
struct message {
    uint32_t word;
    uint32_t number;
};
struct appender {
    struct pyr_store *store;
    int pipe;
    uint32_t next, step;
};

static void tell(int to, enum word word, uint32_t number)
{
    const struct message m = {word, number};
    if (write(to, &m, sizeof(m)) != sizeof(m))
        _exit(3);
}

static void *append_for_ever(void *arg)
{
    struct appender *a = arg;
    for (;; a->next += a->step) {
        struct call call;
        struct pyr_waiter w;
        draw_numbered(a->next, &call);
        pyr_waiter_init(&w);
        tell(a->pipe, BEGUN, a->next);
        if (pyr_store_append(a->store, call.writes, call.write_count, &w.completion, NULL) != PYR_OK ||
            pyr_waiter_wait(&w) != PYR_OK)
            _exit(4);
        tell(a->pipe, ACKNOWLEDGED, a->next);
        call_free(&call);
    }
    return NULL;
}

static _Noreturn void child(int to, uint32_t first)
{
    struct appender appenders[APPENDERS];
    pthread_t threads[APPENDERS];
    struct pyr_store *store = open_store();
    for (uint32_t i = 0; i < APPENDERS; i++) {
        appenders[i] = (struct appender){.store = store, .pipe = to, .next = first + i, .step = APPENDERS};
        if (pthread_create(&threads[i], NULL, append_for_ever, &appenders[i]) != 0)
            _exit(5);
    }
    for (;;)
        pause();
}

/* ---- the parent ---- */

enum fate { UNKNOWN, MAYBE, CERTAIN };

/* Reads until the pipe ends; kills the child a while after `lives` messages. */
static void listen(int from, pid_t pid, uint32_t lives, uint32_t then_us, uint8_t *fates, uint32_t *last)
{
    struct message m;
    uint32_t heard = 0;
    for (;;) {
        const ssize_t n = read(from, &m, sizeof(m));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        assert_int_equal(n, sizeof(m)); /* smaller than PIPE_BUF: never torn */
        assert_true(m.number < CALLS_MAX);
        fates[m.number] = m.word == BEGUN ? MAYBE : CERTAIN;
        if (m.number > *last)
            *last = m.number;
        if (++heard != lives)
            continue;
        usleep(then_us);
        assert_int_equal(kill(pid, SIGKILL), 0);
    }
}

static void live_and_die(struct chance *c, uint8_t *fates, uint32_t *last)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        child(ends[1], *last + 1);
    }
    close(ends[1]);
    listen(ends[0], pid, 1 + below(c, one_in(c, 8) ? 200 : 40), below(c, 1500), fates, last);
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void compare(const uint8_t *fates, uint32_t last)
{
    struct model m = {0};
    for (uint32_t i = 0; i <= last; i++) {
        struct call call;
        if (fates[i] == UNKNOWN)
            continue;
        draw_numbered(i, &call);
        model_take(&m, &call, fates[i] == MAYBE);
        call_free(&call);
    }
    struct pyr_store *store = open_store();
    struct pyr_store_stats stats;
    pyr_store_stats(store, &stats);
    assert_int_equal(stats.log.damaged_frames, 0);
    compare_store(store, options.tenants, &m);
    pyr_store_close(store);
    model_free(&m);
}

static void loses_nothing_to_a_hundred_kills(void **state)
{
    (void)state;
    uint8_t *fates = calloc(CALLS_MAX, 1);
    struct chance c = {20};
    uint32_t last = 0;
    assert_non_null(fates);
    assert_non_null(mkdtemp(dir));
    for (int i = 1; i <= KILLS; i++) {
        live_and_die(&c, fates, &last);
        if (i % 10 == 0 || i == 1)
            compare(fates, last);
    }
    free(fates);
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(loses_nothing_to_a_hundred_kills)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
