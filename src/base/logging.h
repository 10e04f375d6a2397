/* logging.h - structured log lines on standard error, logfmt or JSON: time, level, message, then key=value pairs.
 * Hostile values are escaped. Thread-safe; a line is one write. */
#ifndef PYR_BASE_LOGGING_H
#define PYR_BASE_LOGGING_H
#include "base/span.h"

enum pyr_log_level { PYR_LOG_DEBUG, PYR_LOG_INFO, PYR_LOG_WARN, PYR_LOG_ERROR };
enum pyr_log_format { PYR_LOG_LOGFMT, PYR_LOG_JSON };

struct pyr_kv {
    const char *key; /* NULL ends the list */
    enum { PYR_KV_STR, PYR_KV_INT, PYR_KV_REAL } kind;
    struct pyr_str str;
    int64_t integer;
    double real;
};
#define PYR_KV_S(k, terminated) ((struct pyr_kv){.key = (k), .kind = PYR_KV_STR, .str = pyr_str_of(terminated)})
#define PYR_KV_V(k, view) ((struct pyr_kv){.key = (k), .kind = PYR_KV_STR, .str = (view)})
#define PYR_KV_I(k, v) ((struct pyr_kv){.key = (k), .kind = PYR_KV_INT, .integer = (int64_t)(v)})
#define PYR_KV_F(k, v) ((struct pyr_kv){.key = (k), .kind = PYR_KV_REAL, .real = (v)})

void pyr_logging_setup(enum pyr_log_level least, enum pyr_log_format format, int fd);
void pyr_log_write(enum pyr_log_level level, const char *message, const struct pyr_kv *kvs);

/* pyr_log(PYR_LOG_INFO, "listening", PYR_KV_S("address", text), PYR_KV_I("loops", n)); */
#define pyr_log(level, message, ...)                                                                                   \
    pyr_log_write((level), (message), (const struct pyr_kv[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}})
#endif
