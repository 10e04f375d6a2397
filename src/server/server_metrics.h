/* server_metrics.h - what /metrics says of the store, of memory and of the program: asked for when it is written. */
#ifndef PYR_SERVER_SERVER_METRICS_H
#define PYR_SERVER_SERVER_METRICS_H
#include "base/budget.h"
#include "server/settings.h"
#include "storage/store.h"

/* Lives in the server's struct: its address names the callbacks. */
struct pyr_server_metrics {
    struct pyr_store *store;
    const struct pyr_settings *settings;
    const struct pyr_budget *requests;
    double started;
    struct pyr_store_stats stats; /* of the store, as of `round` */
    uint64_t round;
};
void pyr_server_metrics_add(struct pyr_server_metrics *m, const struct pyr_settings *s, struct pyr_store *store,
                            const struct pyr_budget *requests);
/* Before the store is closed. Fine when nothing was added. */
void pyr_server_metrics_remove(struct pyr_server_metrics *m);
#endif
