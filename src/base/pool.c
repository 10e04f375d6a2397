#include "base/pool.h"
#include "base/assert.h"
#include "base/lock.h"
#include "base/mem.h"
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

struct pyr_pool {
    struct pyr_mutex lock;
    struct pyr_cond work;
    struct pyr_job *first, **last; /* the queue; `last` is where the next job's address goes */
    unsigned queued, queue_max;
    bool stopping;
    int nice_by;
    const char *name;
    unsigned n_threads;
    pthread_t threads[];
};

/* Waits for a job; NULL when the pool stops and none is left. */
static struct pyr_job *take(struct pyr_pool *pool)
{
    pyr_mutex_lock(&pool->lock);
    while (pool->first == NULL && !pool->stopping)
        pyr_cond_wait(&pool->work, &pool->lock);
    struct pyr_job *job = pool->first;
    if (job != NULL) {
        pool->first = job->next;
        if (pool->first == NULL)
            pool->last = &pool->first;
        pool->queued--;
    }
    pyr_mutex_unlock(&pool->lock);
    return job;
}

static void *work(void *arg)
{
    struct pyr_pool *pool = arg;
    /* On Linux the priority is each thread's own. Without the right to lower it further nothing is lost. */
    if (pool->nice_by > 0)
        (void)setpriority(PRIO_PROCESS, (id_t)gettid(), getpriority(PRIO_PROCESS, 0) + pool->nice_by);
    for (struct pyr_job *job; (job = take(pool)) != NULL;)
        job->run(job);
    return NULL;
}

/* Signals are the main thread's: workers start with all of them blocked. */
static int start_thread(struct pyr_pool *pool)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int rc = pthread_create(&pool->threads[pool->n_threads], NULL, work, pool);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return rc;
    char name[16]; /* the kernel's limit */
    (void)snprintf(name, sizeof(name), "%.10s/%u", pool->name, pool->n_threads % 1000);
    (void)pthread_setname_np(pool->threads[pool->n_threads], name);
    pool->n_threads++;
    return 0;
}

pyr_err pyr_pool_create(const char *name, unsigned threads, unsigned queue_max, int nice_by, struct pyr_pool **out)
{
    PYR_ASSERT(threads != 0 && queue_max != 0);
    struct pyr_pool *pool = pyr_calloc(1, sizeof(*pool) + threads * sizeof(pool->threads[0]));
    *out = NULL;
    if (pool == NULL)
        return PYR_E_NOMEM;
    pyr_mutex_init(&pool->lock, PYR_RANK_POOL, name);
    pyr_cond_init(&pool->work);
    pool->last = &pool->first;
    pool->queue_max = queue_max;
    pool->nice_by = nice_by;
    pool->name = name;
    while (pool->n_threads < threads) {
        if (start_thread(pool) != 0) {
            pyr_pool_stop(pool);
            return PYR_E_NOMEM;
        }
    }
    *out = pool;
    return PYR_OK;
}

pyr_err pyr_pool_submit(struct pyr_pool *pool, struct pyr_job *job)
{
    PYR_ASSERT(job->run != NULL);
    pyr_err err = PYR_E_AGAIN;
    pyr_mutex_lock(&pool->lock);
    if (pool->queued < pool->queue_max && !pool->stopping) {
        job->next = NULL;
        *pool->last = job;
        pool->last = &job->next;
        pool->queued++;
        pyr_cond_signal(&pool->work);
        err = PYR_OK;
    }
    pyr_mutex_unlock(&pool->lock);
    return err;
}

unsigned pyr_pool_queued(struct pyr_pool *pool)
{
    pyr_mutex_lock(&pool->lock);
    const unsigned queued = pool->queued;
    pyr_mutex_unlock(&pool->lock);
    return queued;
}

void pyr_pool_stop(struct pyr_pool *pool)
{
    if (pool == NULL)
        return;
    pyr_mutex_lock(&pool->lock);
    pool->stopping = true;
    pyr_cond_broadcast(&pool->work);
    pyr_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->n_threads; i++) {
        const int rc = pthread_join(pool->threads[i], NULL);
        PYR_ASSERT(rc == 0);
    }
    PYR_ASSERT(pool->queued == 0);
    pyr_cond_destroy(&pool->work);
    pyr_mutex_destroy(&pool->lock);
    pyr_free(pool);
}
