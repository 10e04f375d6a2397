/* Locks and their ranks, the worker pool, completions. */
#include "base/assert.h"
#include "base/completion.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/time.h"
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- locks ---- */

/* Runs `fn` in a child; its standard error is kept in `words`. Returns the signal that ended it, or 0. */
static int signal_of(void (*fn)(void), char words[1024])
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)signal(SIGABRT, SIG_DFL); /* cmocka's or a sanitizer's handler would catch it */
        (void)dup2(ends[1], STDERR_FILENO);
        fn();
        _exit(0);
    }
    (void)close(ends[1]);
    size_t len = 0;
    for (ssize_t n; len < 1023 && (n = read(ends[0], words + len, 1023 - len)) > 0;)
        len += (size_t)n;
    words[len] = '\0';
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void failing_assertion(void)
{
    const int two = 2;
    PYR_ASSERT(two == 3);
}

static void test_assertion(void **state)
{
    (void)state;
    char words[1024];
    assert_int_equal(signal_of(failing_assertion, words), SIGABRT);
    assert_non_null(strstr(words, "assertion failed: two == 3, at "));
    assert_non_null(strstr(words, "test_threads.c:"));
}

static void ascending(void)
{
    struct pyr_mutex a, b;
    struct pyr_rwlock l;
    pyr_mutex_init(&a, PYR_RANK_STORE, "outer");
    pyr_rwlock_init(&l, PYR_RANK_PARTITION, "middle");
    pyr_mutex_init(&b, PYR_RANK_LOG_QUEUE, "inner");
    for (int i = 0; i < 2; i++) {
        pyr_mutex_lock(&a);
        i == 0 ? pyr_rwlock_read(&l) : pyr_rwlock_write(&l);
        pyr_mutex_lock(&b);
        pyr_mutex_unlock(&a); /* released in any order */
        pyr_rwlock_unlock(&l);
        pyr_mutex_unlock(&b);
    }
}

static void descending(void)
{
    struct pyr_mutex a, b;
    pyr_mutex_init(&a, PYR_RANK_STORE, "outer");
    pyr_mutex_init(&b, PYR_RANK_LOG_QUEUE, "inner");
    pyr_mutex_lock(&b);
    pyr_mutex_lock(&a);
}

static void descending_rwlock(void)
{
    struct pyr_rwlock a, b;
    pyr_rwlock_init(&a, PYR_RANK_STORE, "outer");
    pyr_rwlock_init(&b, PYR_RANK_LOG_QUEUE, "inner");
    pyr_rwlock_read(&b);
    pyr_rwlock_read(&a);
}

static void equal_rank(void)
{
    struct pyr_mutex m[2];
    pyr_mutex_init(&m[0], PYR_RANK_STORE, "one");
    pyr_mutex_init(&m[1], PYR_RANK_STORE, "two");
    pyr_mutex_lock(&m[0]);
    pyr_mutex_lock(&m[1]);
}

static void equal_rank_by_address(void)
{
    struct pyr_mutex m[3];
    for (int i = 0; i < 3; i++)
        pyr_mutex_init(&m[i], PYR_RANK_PARTITION, "partition");
    pyr_mutex_lock(&m[0]);
    pyr_mutex_lock_same_rank(&m[1]);
    pyr_mutex_lock_same_rank(&m[2]);
    for (int i = 0; i < 3; i++)
        pyr_mutex_unlock(&m[i]);
}

static void equal_rank_against_address(void)
{
    struct pyr_mutex m[2];
    for (int i = 0; i < 2; i++)
        pyr_mutex_init(&m[i], PYR_RANK_PARTITION, "partition");
    pyr_mutex_lock(&m[1]);
    pyr_mutex_lock_same_rank(&m[0]);
}

static void test_ranks(void **state)
{
    (void)state;
    char words[1024];
    assert_int_equal(signal_of(ascending, words), 0);
    assert_int_equal(signal_of(equal_rank_by_address, words), 0);
#ifdef PYR_DEBUG
    void (*const wrong[])(void) = {descending, descending_rwlock, equal_rank, equal_rank_against_address};
    for (size_t i = 0; i < PYR_COUNT_OF(wrong); i++) {
        assert_int_equal(signal_of(wrong[i], words), SIGABRT);
        assert_non_null(strstr(words, "lock order: "));
    }
    assert_int_equal(signal_of(descending, words), SIGABRT);
    assert_non_null(strstr(words, "outer (rank 30) taken while holding inner (rank 70)"));
#else
    (void)descending, (void)descending_rwlock, (void)equal_rank, (void)equal_rank_against_address;
#endif
}

static void test_condition_times_out(void **state)
{
    (void)state;
    struct pyr_mutex m;
    struct pyr_cond c;
    pyr_mutex_init(&m, PYR_RANK_POOL, "test");
    pyr_cond_init(&c);
    pyr_mutex_lock(&m);
    const int64_t before = pyr_mono_ns();
    while (pyr_cond_wait_for(&c, &m, 20 * PYR_NS_PER_MS))
        ; /* spurious wake-ups are allowed */
    assert_true(pyr_mono_ns() - before >= 20 * PYR_NS_PER_MS);
    assert_false(pyr_cond_wait_for(&c, &m, -1));
    pyr_mutex_unlock(&m);
    pyr_cond_destroy(&c);
    pyr_mutex_destroy(&m);
}

/* ---- pool ---- */

struct count_job {
    struct pyr_job job;
    unsigned order;
};
static _Atomic unsigned ran;
static unsigned order_seen[1000];

static void note(struct pyr_job *job)
{
    const unsigned at = atomic_fetch_add(&ran, 1);
    order_seen[at] = ((struct count_job *)job)->order;
}

static void test_pool_order_and_drain(void **state)
{
    (void)state;
    static struct count_job jobs[1000];
    struct pyr_pool *pool;
    atomic_store(&ran, 0);
    assert_int_equal(pyr_pool_create("test", 1, 1000, 0, &pool), PYR_OK);
    for (unsigned i = 0; i < 1000; i++) {
        jobs[i] = (struct count_job){.job.run = note, .order = i};
        assert_int_equal(pyr_pool_submit(pool, &jobs[i].job), PYR_OK);
    }
    pyr_pool_stop(pool); /* runs what is queued */
    assert_int_equal(ran, 1000);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(order_seen[i], i);
}

struct gate_job {
    struct pyr_job job;
    struct pyr_waiter started, release;
};

static void wait_at_gate(struct pyr_job *job)
{
    struct gate_job *g = (struct gate_job *)job;
    pyr_complete(&g->started.completion, PYR_OK, NULL);
    (void)pyr_waiter_wait(&g->release);
}

static void test_pool_bound(void **state)
{
    (void)state;
    struct gate_job gate = {.job.run = wait_at_gate};
    struct count_job jobs[3];
    struct pyr_pool *pool;
    atomic_store(&ran, 0);
    pyr_waiter_init(&gate.started);
    pyr_waiter_init(&gate.release);
    assert_int_equal(pyr_pool_create("test", 1, 2, 5, &pool), PYR_OK);
    assert_int_equal(pyr_pool_submit(pool, &gate.job), PYR_OK);
    assert_int_equal(pyr_waiter_wait(&gate.started), PYR_OK);
    for (unsigned i = 0; i < 3; i++) {
        jobs[i] = (struct count_job){.job.run = note};
        assert_int_equal(pyr_pool_submit(pool, &jobs[i].job), i < 2 ? PYR_OK : PYR_E_AGAIN);
    }
    assert_int_equal(pyr_pool_queued(pool), 2);
    pyr_complete(&gate.release.completion, PYR_OK, NULL);
    pyr_pool_stop(pool);
    assert_int_equal(ran, 2);
}

static void test_pool_no_memory(void **state)
{
    (void)state;
    struct pyr_pool *pool;
    pyr_mem_fail_nth(1);
    assert_int_equal(pyr_pool_create("test", 2, 2, 0, &pool), PYR_E_NOMEM);
    assert_null(pool);
    pyr_mem_fail_nth(0);
    pyr_pool_stop(NULL);
}

/* ---- completions ---- */

struct part_job {
    struct pyr_job job;
    struct pyr_join *join;
    pyr_err err;
};

static void finish_part(struct pyr_job *job)
{
    struct part_job *p = (struct part_job *)job;
    struct pyr_diag diag = {0};
    if (p->err != PYR_OK)
        (void)pyr_fail(&diag, p->err, "part failed");
    pyr_join_done(p->join, p->err, p->err != PYR_OK ? &diag : NULL);
}

static void test_join_across_threads(void **state)
{
    (void)state;
    struct pyr_pool *pool;
    assert_int_equal(pyr_pool_create("test", 4, 100, 0, &pool), PYR_OK);
    for (int round = 0; round < 200; round++) {
        const unsigned failing = (unsigned)round % 4; /* how many of the parts fail */
        struct part_job parts[5];
        struct pyr_join join;
        struct pyr_waiter w;
        pyr_waiter_init(&w);
        pyr_join_init(&join, 5, &w.completion);
        for (unsigned i = 0; i < 5; i++) {
            parts[i] = (struct part_job){.job.run = finish_part, .join = &join, .err = i < failing ? PYR_E_IO : PYR_OK};
            assert_int_equal(pyr_pool_submit(pool, &parts[i].job), PYR_OK);
        }
        assert_int_equal(pyr_waiter_wait(&w), failing != 0 ? PYR_E_IO : PYR_OK);
        assert_string_equal(w.diag.message, failing != 0 ? "part failed" : "");
    }
    pyr_pool_stop(pool);
}

static void test_join_keeps_the_first_error(void **state)
{
    (void)state;
    struct pyr_join join;
    struct pyr_waiter w;
    struct pyr_diag first = {.code = PYR_E_LIMIT, .message = "first"}, second = {.code = PYR_E_IO, .message = "second"};
    pyr_waiter_init(&w);
    pyr_join_init(&join, 3, &w.completion);
    pyr_join_done(&join, PYR_OK, NULL);
    pyr_join_done(&join, PYR_E_LIMIT, &first);
    assert_int_equal(w.done, 0);
    pyr_join_done(&join, PYR_E_IO, &second);
    assert_int_equal(pyr_waiter_wait(&w), PYR_E_LIMIT);
    assert_string_equal(w.diag.message, "first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assertion), /* before there are threads: it forks */
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_condition_times_out),
        cmocka_unit_test(test_pool_order_and_drain),
        cmocka_unit_test(test_pool_bound),
        cmocka_unit_test(test_pool_no_memory),
        cmocka_unit_test(test_join_across_threads),
        cmocka_unit_test(test_join_keeps_the_first_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
