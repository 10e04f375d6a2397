/* body.h - upload requests, complete with head, as bytes in memory. */
#ifndef PYR_BENCH_BODY_H
#define PYR_BENCH_BODY_H
#include "load/draw.h"

enum load_path { LOAD_INGEST, LOAD_CONNECT }; /* multipart /ingest as the Go client sends; push.v1 over Connect */

/* Who uploads. */
struct load_series {
    char service[32];
    char instance[32];
    char session[17];
    enum load_path path;
};

struct load_request {
    struct pyr_span bytes;      /* head and body */
    struct pyr_span compressed; /* the gzipped pprof in it */
    uint32_t raw_bytes;         /* of that, inflated */
};

/* One profile of `samples` draws, at this time. Memory is the arena's. */
struct load_request load_request_build(struct load_draws *draws, const struct load_series *series, uint32_t samples,
                                       int64_t time_ns, int64_t duration_ns, struct pyr_arena *arena);
#endif
