/* The log on the real disk under kill -9: a child writes and tells through a pipe what was completed, and is killed at a
 * random moment, a hundred times over one folder. What a start finds is compared with what it told: nothing completed is
 * missing, nothing is there twice, nothing has other bytes. (Lost power is the fake disk's part: test_log_faults.c.) */
#include "base/hash.h"
#include "support/log_model.h"
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

enum { KILLS = 100, IN_FLIGHT = 64, NUMBERS_MAX = 1 << 20, PER_GENERATION = 400, KEPT_GENERATIONS = 3 };

struct told {           /* one write of it to a pipe is atomic */
    uint32_t number;    /* completed, or */
    uint32_t releasing; /* generations up to this one may be gone from now on, when not 0 */
    uint64_t generation;
};

static struct pyr_log_settings settings_of(const char *dir)
{
    return (struct pyr_log_settings){.vfs = pyr_vfs_disk(),
                                     .dir = dir,
                                     .segment_bytes = 256 << 10,
                                     .first_segment_bytes = 64 << 10,
                                     .queue_bytes_max = 1 << 20,
                                     .retry_ns = PYR_NS_PER_S};
}

/* ---- the child ---- */

struct slot {
    struct pyr_log_record record;
    struct pyr_completion done;
    _Atomic bool busy;
    uint32_t number;
    int pipe;
    uint8_t bytes[16384];
};

static void must_write(int fd, const void *p, size_t n)
{
    if (write(fd, p, n) != (ssize_t)n)
        _exit(3);
}

static void slot_done(struct pyr_completion *c, pyr_err err, const struct pyr_diag *diag)
{
    struct slot *s = (struct slot *)((char *)c - offsetof(struct slot, done));
    (void)diag;
    const struct told told = {.number = s->number, .generation = s->record.frame.generation};
    if (err == PYR_OK)
        must_write(s->pipe, &told, sizeof(told));
    atomic_store(&s->busy, false);
}

static void rotate(struct pyr_log *log, uint64_t *generation, int pipe)
{
    struct pyr_waiter w;
    pyr_waiter_init(&w);
    pyr_log_rotate(log, ++*generation, &w.completion);
    if (pyr_waiter_wait(&w) != PYR_OK)
        _exit(4);
    if (*generation <= KEPT_GENERATIONS)
        return;
    const struct told told = {.releasing = (uint32_t)(*generation - KEPT_GENERATIONS)};
    must_write(pipe, &told, sizeof(told));
    if (pyr_log_release(log, told.releasing, NULL) != PYR_OK)
        _exit(5);
}

_Noreturn static void child(const char *dir, uint32_t first, int pipe)
{
    static struct slot slots[IN_FLIGHT];
    static const struct pyr_log_replay nothing = {0};
    const struct pyr_log_settings settings = settings_of(dir);
    struct pyr_log *log;
    uint64_t generation;
    if (pyr_log_open(&settings, &nothing, &generation, &log, NULL) != PYR_OK)
        _exit(2);
    for (uint32_t n = first;; n++) {
        struct slot *s = &slots[n % IN_FLIGHT];
        while (atomic_load(&s->busy))
            usleep(20);
        s->number = n;
        s->pipe = pipe;
        s->done.fn = slot_done;
        atomic_store(&s->busy, true);
        const size_t len = model_len(n);
        model_fill(n, s->bytes, len);
        s->record =
            (struct pyr_log_record){.frame = {.type = 1, .partition = n}, .payload = {s->bytes, len}, .done = &s->done};
        if (pyr_log_reserve(log, len, PYR_NS_PER_S, NULL) != PYR_OK)
            _exit(6);
        pyr_log_append(log, &s->record);
        if (n % PER_GENERATION == PER_GENERATION - 1)
            rotate(log, &generation, pipe);
        if (n % 97 < 40) /* bursts, and single ones */
            while (atomic_load(&s->busy))
                usleep(20);
    }
}

/* ---- the model ---- */

static struct {
    bool completed[NUMBERS_MAX], seen[NUMBERS_MAX];
    uint64_t generation[NUMBERS_MAX];
    uint64_t releasing;
    uint32_t next, last_replayed, replayed;
} model;

static pyr_err check_frame(void *ctx, const struct pyr_log_frame *f, struct pyr_span payload,
                           struct pyr_log_place place, struct pyr_diag *diag)
{
    static uint8_t bytes[16384];
    (void)ctx, (void)place, (void)diag;
    assert_true(f->partition < NUMBERS_MAX);
    assert_true(model.replayed == 0 || f->partition > model.last_replayed);
    assert_int_equal(payload.len, model_len(f->partition));
    model_fill(f->partition, bytes, payload.len);
    assert_memory_equal(payload.ptr, bytes, payload.len);
    model.seen[f->partition] = true;
    model.generation[f->partition] = f->generation;
    model.last_replayed = f->partition;
    model.replayed++;
    return PYR_OK;
}

static void no_damage(void *ctx, uint32_t segment, uint32_t offset, const char *what)
{
    (void)ctx;
    fail_msg("segment %u, offset %u: %s", segment, offset, what);
}

/* What was there once stays, until it is released. */
static void check(const char *dir)
{
    const struct pyr_log_replay replay = {NULL, check_frame, no_damage};
    const struct pyr_log_settings settings = settings_of(dir);
    struct pyr_log *log;
    uint64_t generation;
    struct pyr_diag diag = {0};
    memset(model.seen, 0, sizeof(model.seen));
    model.replayed = 0;
    if (pyr_log_open(&settings, &replay, &generation, &log, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
    for (uint32_t n = 0; n < model.next; n++) {
        if (model.completed[n] && !model.seen[n] && model.generation[n] > model.releasing)
            fail_msg("record %u of generation %llu was completed and is not there", n,
                     (unsigned long long)model.generation[n]);
        model.completed[n] = model.seen[n];
    }
    if (model.replayed != 0 && model.last_replayed >= model.next)
        model.next = model.last_replayed + 1;
    pyr_log_close(log);
}

static void take_in(const struct told *told)
{
    if (told->releasing != 0) {
        model.releasing = told->releasing;
        return;
    }
    assert_true(told->number < NUMBERS_MAX);
    model.completed[told->number] = true;
    model.generation[told->number] = told->generation;
    if (told->number >= model.next)
        model.next = told->number + 1;
}

/* Lets the child run for a while, kills it, and takes in all it told. */
static void run_and_kill(const char *dir)
{
    int fds[2];
    struct told told;
    assert_int_equal(pipe(fds), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(fds[0]);
        child(dir, model.next, fds[1]);
    }
    (void)close(fds[1]);
    /* One in five dies while it opens the log, as a rule; the others at work. */
    if (pyr_random_u64() % 5 != 0 && read(fds[0], &told, sizeof(told)) == (ssize_t)sizeof(told))
        take_in(&told);
    usleep((useconds_t)(pyr_random_u64() % 30000));
    assert_int_equal(kill(pid, SIGKILL), 0);
    ssize_t n;
    while ((n = read(fds[0], &told, sizeof(told))) == (ssize_t)sizeof(told))
        take_in(&told);
    assert_int_equal(n, 0);
    (void)close(fds[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status)); /* it did not end by itself, with an error */
    /* Records in flight may be there after all: their numbers are not used again. */
    model.next += IN_FLIGHT + 1;
}

static void remove_dir(const char *dir)
{
    char path[1024];
    DIR *d = opendir(dir);
    for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        (void)unlink(path);
    }
    (void)closedir(d);
    (void)rmdir(dir);
}

static void test_kills(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    char dir[512];
    (void)snprintf(dir, sizeof(dir), "%s/pyr_log_kill.XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    uint64_t completed = 0;
    for (unsigned i = 0; i < KILLS; i++) {
        run_and_kill(dir);
        if (i % 3 != 1) /* sometimes the next start is the child's own */
            check(dir);
    }
    check(dir);
    for (uint32_t n = 0; n < model.next; n++)
        completed += model.generation[n] != 0;
    print_message("%u kills, %llu records completed, %u left at the end\n", KILLS, (unsigned long long)completed,
                  model.replayed);
    assert_true(completed > 10 * KILLS);
    remove_dir(dir);
}

int main(void)
{
    model_quiet();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kills)};
    return cmocka_run_group_tests_name("log kill", tests, NULL, NULL);
}
