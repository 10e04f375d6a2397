/* metrics.h - counters, gauges and histograms, written as Prometheus text. A series is created once (at start, or when
 * a new tenant/reason shows up; bounded by PYR_METRICS_SERIES_MAX in all, then the family's one series with the label
 * overflow="true") and updated without locks. Names carry the prefix pyroscope_ by convention. */
#ifndef PYR_BASE_METRICS_H
#define PYR_BASE_METRICS_H
#include "base/buf.h"

enum { PYR_METRICS_SERIES_MAX = 20000 };
struct pyr_metric; /* one series; lives as long as the process */

/* `labels` is NULL or an array of n {name, value} pairs; values are escaped when written. The same name and labels
 * give the same series again. Never NULL. */
struct pyr_metric_label {
    const char *name;
    struct pyr_str value;
};
struct pyr_metric *pyr_counter(const char *name, const char *help, const struct pyr_metric_label *labels, size_t n);
struct pyr_metric *pyr_gauge(const char *name, const char *help, const struct pyr_metric_label *labels, size_t n);
/* `bounds`: ascending upper bounds in the metric's unit, at most 24, kept by reference. */
struct pyr_metric *pyr_histogram(const char *name, const char *help, const double *bounds, size_t n_bounds,
                                 const struct pyr_metric_label *labels, size_t n);
/* A gauge or counter whose value is asked for when written: the sum of all callbacks of that name. They run in
 * pyr_metrics_write and may take any lock; so whoever registers, removes or writes holds none. */
void pyr_gauge_callback(const char *name, const char *help, double (*value)(void *ctx), void *ctx);
void pyr_counter_callback(const char *name, const char *help, double (*value)(void *ctx), void *ctx);
/* For callbacks: which pyr_metrics_write it is that asks, from 1 on. Those of one round run one after the other, so that
 * what several of them need is worked out once. */
uint64_t pyr_metrics_round(void);
void pyr_metric_callback_remove(void *ctx); /* all callbacks with this ctx; none runs any more on return */

void pyr_metric_add(struct pyr_metric *m, int64_t v); /* counter or gauge */
void pyr_metric_set(struct pyr_metric *m, int64_t v); /* gauge */
void pyr_metric_observe(struct pyr_metric *m, double v);
int64_t pyr_metric_value(const struct pyr_metric *m);

/* All of them, text format 0.0.4, families sorted by name. Errors are in `out`. */
void pyr_metrics_write(struct pyr_buf *out);
#endif
