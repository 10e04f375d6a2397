#include "base/lock.h"
#include "base/assert.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef PYR_DEBUG
enum { RANKS = 128 };

/* What this thread holds, by rank. Counts suffice: locks of one rank are told apart only while they are taken. */
static _Thread_local struct {
    uint32_t count;
    const void *newest;
    const char *name;
} held[RANKS];

_Noreturn static void rank_violation(const char *name, unsigned rank, const char *other, unsigned other_rank)
{
    (void)fprintf(stderr, "lock order: %s (rank %u) taken while holding %s (rank %u)\n", name, rank, other, other_rank);
    abort();
}

static void note_taken(const void *lock, unsigned rank, const char *name, bool same_rank)
{
    PYR_ASSERT(rank < RANKS);
    for (unsigned r = RANKS; r-- > rank + same_rank;)
        if (held[r].count != 0)
            rank_violation(name, rank, held[r].name, r);
    if (held[rank].count != 0 && (uintptr_t)lock <= (uintptr_t)held[rank].newest)
        rank_violation(name, rank, held[rank].name, rank);
    held[rank].count++;
    held[rank].newest = lock;
    held[rank].name = name;
}

static void note_released(unsigned rank)
{
    PYR_ASSERT(rank < RANKS && held[rank].count != 0);
    held[rank].count--;
}
#else
static void note_taken(const void *lock, unsigned rank, const char *name, bool same_rank)
{
    (void)lock, (void)rank, (void)name, (void)same_rank;
}

static void note_released(unsigned rank)
{
    (void)rank;
}
#endif

/* These calls fail only when the lock is not one, or is misused. */
static void must(int rc)
{
    PYR_ASSERT(rc == 0);
}

void pyr_mutex_init(struct pyr_mutex *m, enum pyr_lock_rank rank, const char *name)
{
    must(pthread_mutex_init(&m->m, NULL));
    m->rank = (uint8_t)rank;
    m->name = name;
}

void pyr_mutex_destroy(struct pyr_mutex *m)
{
    must(pthread_mutex_destroy(&m->m));
}

void pyr_mutex_lock(struct pyr_mutex *m)
{
    note_taken(m, m->rank, m->name, false);
    must(pthread_mutex_lock(&m->m));
}

void pyr_mutex_lock_same_rank(struct pyr_mutex *m)
{
    note_taken(m, m->rank, m->name, true);
    must(pthread_mutex_lock(&m->m));
}

void pyr_mutex_unlock(struct pyr_mutex *m)
{
    note_released(m->rank);
    must(pthread_mutex_unlock(&m->m));
}

void pyr_rwlock_init(struct pyr_rwlock *l, enum pyr_lock_rank rank, const char *name)
{
    must(pthread_rwlock_init(&l->l, NULL));
    l->rank = (uint8_t)rank;
    l->name = name;
}

void pyr_rwlock_destroy(struct pyr_rwlock *l)
{
    must(pthread_rwlock_destroy(&l->l));
}

void pyr_rwlock_read(struct pyr_rwlock *l)
{
    note_taken(l, l->rank, l->name, false);
    must(pthread_rwlock_rdlock(&l->l));
}

void pyr_rwlock_write(struct pyr_rwlock *l)
{
    note_taken(l, l->rank, l->name, false);
    must(pthread_rwlock_wrlock(&l->l));
}

void pyr_rwlock_unlock(struct pyr_rwlock *l)
{
    note_released(l->rank);
    must(pthread_rwlock_unlock(&l->l));
}

void pyr_cond_init(struct pyr_cond *c)
{
    pthread_condattr_t attr;
    must(pthread_condattr_init(&attr));
    must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
    must(pthread_cond_init(&c->c, &attr));
    must(pthread_condattr_destroy(&attr));
}

void pyr_cond_destroy(struct pyr_cond *c)
{
    must(pthread_cond_destroy(&c->c));
}

void pyr_cond_wait(struct pyr_cond *c, struct pyr_mutex *m)
{
    must(pthread_cond_wait(&c->c, &m->m));
}

bool pyr_cond_wait_for(struct pyr_cond *c, struct pyr_mutex *m, int64_t timeout_ns)
{
    enum { NS_PER_S = 1000000000 };
    struct timespec until;
    must(clock_gettime(CLOCK_MONOTONIC, &until)); /* the real clock, even under a fake one */
    const int64_t wait_ns = timeout_ns > 0 ? timeout_ns : 0;
    const int64_t ns = until.tv_nsec + wait_ns % NS_PER_S;
    until.tv_sec += wait_ns / NS_PER_S + ns / NS_PER_S;
    until.tv_nsec = ns % NS_PER_S;
    const int rc = pthread_cond_timedwait(&c->c, &m->m, &until);
    PYR_ASSERT(rc == 0 || rc == ETIMEDOUT);
    return rc == 0;
}

void pyr_cond_signal(struct pyr_cond *c)
{
    must(pthread_cond_signal(&c->c));
}

void pyr_cond_broadcast(struct pyr_cond *c)
{
    must(pthread_cond_broadcast(&c->c));
}
