#include "storage/generation.h"
#include "base/hash.h"
#include "base/mem.h"
#include <stdlib.h>

static void synced(struct pyr_completion *self, pyr_err err, const struct pyr_diag *diag)
{
    (void)diag;
    struct pyr_generation *g = (struct pyr_generation *)self;
    atomic_store(&g->flushable, err == PYR_OK);
}

pyr_err pyr_generation_create(uint64_t number, struct pyr_generation **out)
{
    struct pyr_generation *g = pyr_calloc(1, sizeof(*g));
    if (g == NULL)
        return PYR_E_NOMEM;
    g->synced.fn = synced;
    g->number = number;
    pyr_rwlock_init(&g->lock, PYR_RANK_PARTITIONS, "partitions of a generation");
    pyr_index_init(&g->by_name, PYR_GENERATION_PARTITIONS_MAX);
    *out = g;
    return PYR_OK;
}

static struct pyr_series_index *tenant_at(const struct pyr_generation *g, uint32_t i)
{
    return *(struct pyr_series_index *const *)pyr_chunked_at(&g->tenants, i, sizeof(struct pyr_series_index *));
}

void pyr_generation_free(struct pyr_generation *g)
{
    for (uint32_t i = 0; i < pyr_chunked_count(&g->partitions); i++)
        pyr_partition_free(pyr_generation_partition(g, i));
    for (uint32_t i = 0; i < pyr_chunked_count(&g->tenants); i++) {
        pyr_series_index_free(tenant_at(g, i));
        pyr_free(tenant_at(g, i));
    }
    pyr_chunked_free(&g->partitions);
    pyr_chunked_free(&g->tenants);
    pyr_index_free(&g->by_name);
    pyr_rwlock_destroy(&g->lock);
    pyr_free(g);
}

/* ---- tenants ---- */

struct pyr_series_index *pyr_generation_tenant(struct pyr_generation *g, struct pyr_str tenant)
{
    const uint32_t count = pyr_chunked_count(&g->tenants);
    for (uint32_t i = 0; i < count; i++)
        if (pyr_str_eq(tenant_at(g, i)->tenant, tenant))
            return tenant_at(g, i);
    return NULL;
}

/* Lock held for writing. */
static pyr_err tenant_of(struct pyr_generation *g, struct pyr_str tenant, struct pyr_series_index **out)
{
    *out = pyr_generation_tenant(g, tenant);
    if (*out != NULL)
        return PYR_OK;
    const uint32_t at = pyr_chunked_count(&g->tenants);
    PYR_TRY(pyr_chunked_reserve(&g->tenants, at, sizeof(*out), &g->tables));
    struct pyr_series_index *ix = pyr_malloc(sizeof(*ix));
    if (ix == NULL)
        return PYR_E_NOMEM;
    const pyr_err err = pyr_series_index_init(ix, tenant, &g->tables);
    if (err != PYR_OK) {
        pyr_free(ix);
        return err;
    }
    pyr_tally_add(&g->tables, sizeof(*ix));
    *(struct pyr_series_index **)pyr_chunked_at(&g->tenants, at, sizeof(ix)) = ix;
    pyr_chunked_publish(&g->tenants, at + 1);
    *out = ix;
    return PYR_OK;
}

/* ---- partitions ---- */

static uint64_t name_hash(struct pyr_str tenant, struct pyr_str service)
{
    return pyr_hash_mix(pyr_hash_str(tenant), pyr_hash_str(service));
}

static struct pyr_partition *find(const struct pyr_generation *g, struct pyr_str tenant, struct pyr_str service)
{
    struct pyr_index_cursor c;
    for (uint32_t at = pyr_index_first(&g->by_name, name_hash(tenant, service), &c); at != PYR_INDEX_NONE;
         at = pyr_index_next(&g->by_name, &c)) {
        struct pyr_partition *p = pyr_generation_partition(g, at);
        if (pyr_str_eq(p->service, service) && pyr_str_eq(p->tenant, tenant))
            return p;
    }
    return NULL;
}

/* Lock held for writing; `number` is the next one, and there is room for it. */
static pyr_err add(struct pyr_generation *g, uint32_t number, struct pyr_str tenant, struct pyr_str service,
                   bool indexed, struct pyr_partition **out)
{
    struct pyr_series_index *index;
    PYR_TRY(tenant_of(g, tenant, &index));
    PYR_TRY(pyr_chunked_reserve(&g->partitions, number, sizeof(*out), &g->tables));
    PYR_TRY(pyr_partition_create(g, number, service, index, out));
    const pyr_err err =
        indexed ? pyr_index_insert_counted(&g->by_name, name_hash(tenant, service), number, &g->tables) : PYR_OK;
    if (err != PYR_OK) {
        pyr_partition_free(*out);
        return err;
    }
    *(struct pyr_partition **)pyr_chunked_at(&g->partitions, number, sizeof(*out)) = *out;
    return PYR_OK;
}

pyr_err pyr_generation_open_partition(struct pyr_generation *g, struct pyr_str tenant, struct pyr_str service,
                                      struct pyr_partition **out)
{
    pyr_rwlock_read(&g->lock);
    *out = find(g, tenant, service);
    pyr_rwlock_unlock(&g->lock);
    if (*out != NULL)
        return PYR_OK;

    pyr_rwlock_write(&g->lock);
    *out = find(g, tenant, service);
    pyr_err err = *out == NULL && g->frozen ? PYR_E_AGAIN : PYR_OK;
    if (*out == NULL && err == PYR_OK) {
        const uint32_t number = pyr_chunked_count(&g->partitions);
        err = add(g, number, tenant, service, true, out);
        if (err == PYR_OK)
            pyr_chunked_publish(&g->partitions, number + 1);
    }
    pyr_rwlock_unlock(&g->lock);
    return err;
}

pyr_err pyr_generation_define_partition(struct pyr_generation *g, uint32_t number, struct pyr_str tenant,
                                        struct pyr_str service, struct pyr_partition **out)
{
    if (number >= PYR_GENERATION_PARTITIONS_MAX)
        return PYR_E_CORRUPT;
    for (uint32_t at = pyr_chunked_count(&g->partitions); at <= number; at++) {
        PYR_TRY(pyr_chunked_reserve(&g->partitions, at, sizeof(*out), &g->tables));
        *(struct pyr_partition **)pyr_chunked_at(&g->partitions, at, sizeof(*out)) = NULL;
        pyr_chunked_publish(&g->partitions, at + 1);
    }
    PYR_ASSERT(pyr_generation_partition(g, number) == NULL);
    return add(g, number, tenant, service, false, out);
}

/* ---- freezing ---- */

static int by_address(const void *a, const void *b)
{
    const uintptr_t x = (uintptr_t) * (struct pyr_partition *const *)a,
                    y = (uintptr_t) * (struct pyr_partition *const *)b;
    return (x > y) - (x < y);
}

pyr_err pyr_generation_lock_all(struct pyr_generation *g, struct pyr_partition ***locked, uint32_t *count)
{
    pyr_rwlock_write(&g->lock);
    const uint32_t n = pyr_chunked_count(&g->partitions);
    struct pyr_partition **all = pyr_reallocarray(NULL, n != 0 ? n : 1, sizeof(struct pyr_partition *));
    if (all == NULL) {
        pyr_rwlock_unlock(&g->lock);
        return PYR_E_NOMEM;
    }
    for (uint32_t i = 0; i < n; i++)
        all[i] = pyr_generation_partition(g, i);
    qsort(all, n, sizeof(struct pyr_partition *), by_address);
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0)
            pyr_mutex_lock(&all[i]->lock);
        else
            pyr_mutex_lock_same_rank(&all[i]->lock);
    }
    *locked = all;
    *count = n;
    return PYR_OK;
}

void pyr_generation_unlock_all(struct pyr_generation *g, struct pyr_partition **locked, uint32_t count)
{
    for (uint32_t i = count; i-- != 0;)
        pyr_mutex_unlock(&locked[i]->lock);
    pyr_free(locked);
    pyr_rwlock_unlock(&g->lock);
}

void pyr_generation_drop_write_side(struct pyr_generation *g)
{
    PYR_ASSERT(g->frozen);
    for (uint32_t i = 0; i < pyr_chunked_count(&g->partitions); i++) {
        struct pyr_partition *p = pyr_generation_partition(g, i);
        if (p != NULL)
            pyr_tables_freeze(&p->tables);
    }
    /* Under the lock: an appender that came late may be looking for its partition, to find it frozen. */
    pyr_rwlock_write(&g->lock);
    pyr_index_free_counted(&g->by_name, &g->tables);
    pyr_rwlock_unlock(&g->lock);
}
