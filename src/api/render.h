/* render.h - what the two renders share. */
#ifndef PYR_API_RENDER_H
#define PYR_API_RENDER_H
#include "api/api.h"

/* GET /render (render_legacy.c). */
enum pyr_outcome pyr_render_legacy(void *api, struct pyr_http_request *req, struct pyr_http_response *res);
/* Seconds of a slot of the time line of /pyroscope/render. */
int64_t pyr_render_step_s(int64_t range_ms);
/* Nanoseconds; an hour ago when the parameter is absent. */
int64_t pyr_render_from_ns(const struct pyr_http_request *req);

/* The range and slots of the legacy time line: the range is widened to whole 10 s. */
struct pyr_legacy_range {
    int64_t start_s, end_s; /* end excluded */
    int64_t step_s;         /* 10, 100, 1000, ... */
    uint32_t slots;
};
struct pyr_legacy_range pyr_legacy_range(int64_t from_ns, int64_t until_ns);
#endif
