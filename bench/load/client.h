/* client.h - a blocking HTTP/1.1 keep-alive connection that sends ready-made requests. */
#ifndef PYR_BENCH_CLIENT_H
#define PYR_BENCH_CLIENT_H
#include "base/buf.h"

struct load_client {
    int fd;
    int port;
    struct pyr_buf in; /* what was read of the answer */
};
void load_client_open(struct load_client *c, int port);
void load_client_close(struct load_client *c);
/* Sends, waits for the whole answer; returns its status. `*body` (may be NULL) is valid until the next call. */
int load_client_call(struct load_client *c, struct pyr_span request, struct pyr_span *body);
#endif
