/* store_metrics.h - the store's part of /metrics: values asked for when they are written, all cheap. */
#ifndef PYR_STORAGE_STORE_METRICS_H
#define PYR_STORAGE_STORE_METRICS_H
struct pyr_store;

void pyr_store_metrics_add(struct pyr_store *store);
void pyr_store_metrics_remove(struct pyr_store *store);
#endif
