#include "storage/store_metrics.h"
#include "base/metrics.h"
#include "storage/store_impl.h"

static double generations(void *ctx)
{
    struct pyr_store *store = ctx;
    pyr_mutex_lock(&store->lock);
    const uint32_t count = store->generation_count;
    pyr_mutex_unlock(&store->lock);
    return count;
}

static double table_bytes(void *ctx)
{
    return (double)pyr_store_table_bytes(ctx, pyr_store_open_generation(ctx));
}

static double table_bytes_max(void *ctx)
{
    return (double)((struct pyr_store *)ctx)->settings.table_bytes_max;
}

static double rows(void *ctx)
{
    return (double)atomic_load_explicit(&((struct pyr_store *)ctx)->rows, memory_order_relaxed);
}

static double repeats(void *ctx)
{
    return (double)pyr_repeats_count(&((struct pyr_store *)ctx)->repeats);
}

static double lost_frames(void *ctx)
{
    return (double)((struct pyr_store *)ctx)->lost_frames;
}

void pyr_store_metrics_add(struct pyr_store *store)
{
    pyr_gauge_callback("pyroscope_store_generations", "Generations held, the open one included.", generations, store);
    pyr_gauge_callback("pyroscope_store_table_bytes", "Bytes of intern tables and indexes.", table_bytes, store);
    pyr_gauge_callback("pyroscope_store_table_bytes_max", "Most bytes of them; at it new profiles are refused.",
                       table_bytes_max, store);
    pyr_gauge_callback("pyroscope_store_rows", "Rows (profiles of a series) that can be queried.", rows, store);
    pyr_counter_callback("pyroscope_store_repeats_total", "Rows received again and not stored twice.", repeats, store);
    pyr_gauge_callback("pyroscope_store_lost_frames",
                       "Log frames found at start that build on damaged ones and are of no use.", lost_frames, store);
}

void pyr_store_metrics_remove(struct pyr_store *store)
{
    pyr_metric_callback_remove(store);
}
