/* lock.h - mutexes and read-write locks with a rank. A thread may take a lock only of a higher rank than every lock it
 * holds; debug builds check it and abort naming both. docs/locks.md lists the ranks. */
#ifndef PYR_BASE_LOCK_H
#define PYR_BASE_LOCK_H
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum pyr_lock_rank {                         /* outermost first */
                     PYR_RANK_CALLBACKS = 5, /* the metrics whose value is asked for */
                     PYR_RANK_POOL = 20,
                     PYR_RANK_STORE = 30,      /* the set of generations */
                     PYR_RANK_PARTITIONS = 40, /* the table of partitions of a generation */
                     PYR_RANK_PARTITION = 50,  /* one partition's intern tables */
                     PYR_RANK_SERIES = 60,     /* the series index of a generation */
                     PYR_RANK_REPEATS = 68,    /* the window of identities */
                     PYR_RANK_LOG_QUEUE = 70,
                     PYR_RANK_LOG_FILES = 75,
                     PYR_RANK_NET = 80, /* a loop's inbox */
                     PYR_RANK_VFS = 85,
                     PYR_RANK_METRICS = 90,
                     PYR_RANK_LOGGING = 95
};

struct pyr_mutex {
    pthread_mutex_t m;
    uint8_t rank;
    const char *name;
};
struct pyr_rwlock {
    pthread_rwlock_t l;
    uint8_t rank;
    const char *name;
};
void pyr_mutex_init(struct pyr_mutex *m, enum pyr_lock_rank rank, const char *name);
void pyr_mutex_destroy(struct pyr_mutex *m);
void pyr_mutex_lock(struct pyr_mutex *m);
void pyr_mutex_unlock(struct pyr_mutex *m);
void pyr_rwlock_init(struct pyr_rwlock *l, enum pyr_lock_rank rank, const char *name);
void pyr_rwlock_destroy(struct pyr_rwlock *l);
void pyr_rwlock_read(struct pyr_rwlock *l);
void pyr_rwlock_write(struct pyr_rwlock *l);
void pyr_rwlock_unlock(struct pyr_rwlock *l);

/* Several locks of one rank may be held by whoever takes them in ascending order of address (freezing a generation):
 * all but the first are taken by this. */
void pyr_mutex_lock_same_rank(struct pyr_mutex *m);

struct pyr_cond {
    pthread_cond_t c; /* on CLOCK_MONOTONIC */
};
void pyr_cond_init(struct pyr_cond *c);
void pyr_cond_destroy(struct pyr_cond *c);
void pyr_cond_wait(struct pyr_cond *c, struct pyr_mutex *m);
/* False when timeout_ns went by (the lock is held again either way). */
bool pyr_cond_wait_for(struct pyr_cond *c, struct pyr_mutex *m, int64_t timeout_ns);
void pyr_cond_signal(struct pyr_cond *c);
void pyr_cond_broadcast(struct pyr_cond *c);
#endif
