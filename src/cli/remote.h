/* remote.h - what the commands that talk to a server share: where it is, as whom, and what it answered. */
#ifndef PYR_CLI_REMOTE_H
#define PYR_CLI_REMOTE_H
#include "base/buf.h"
#include "server/options.h"

struct pyr_remote {
    const char *server; /* "http://localhost:4040" */
    const char *tenant; /* "" = none */
};

#define PYR_REMOTE_DEFAULT "http://localhost:4040"

/* Sets the options of a command, two of which are --server and --tenant: defaults, PYROSCOPE_SERVER and PYROSCOPE_TENANT, then flags; see pyr_options_flags for `rest`. */
PYR_MUST_USE pyr_err pyr_remote_options(struct pyr_options *o, const struct pyr_option *table, size_t count,
                                        void *values, struct pyr_arena *arena, int argc, char **argv, const char **rest,
                                        int *rest_count, struct pyr_diag *diag);
/* Appends "?name=value" or "&name=value", percent-encoded. */
void pyr_remote_param(struct pyr_buf *path, const char *name, const char *value);
/* POSTs to the server's path ("/ingest?name=x"). An answer that is not 200 is an error with the server's own words. */
PYR_MUST_USE pyr_err pyr_remote_post(const struct pyr_remote *r, struct pyr_str path, const char *content_type,
                                     struct pyr_span body, struct pyr_buf *reply, struct pyr_diag *diag);
#endif
