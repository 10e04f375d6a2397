/* http1.h - the server's side of an HTTP/1.1 connection: one request at a time, so that pipelined requests are answered
 * in order; what comes early waits, bounded, in the connection. Internal to net. */
#ifndef PYR_NET_HTTP1_H
#define PYR_NET_HTTP1_H
#include "net/http1_parse.h"

struct pyr_connection;
struct pyr_exchange;
struct pyr_protocol;

enum pyr_h1_state {
    PYR_H1_IDLE, /* no byte of the next request has come */
    PYR_H1_HEAD,
    PYR_H1_BODY, /* Content-Length */
    PYR_H1_CHUNKS,
    PYR_H1_HANDLING, /* a handler has it */
    PYR_H1_WRITING,
    PYR_H1_LINGER, /* answered and shut: reads on for a while so that the client gets to read the answer */
};

struct pyr_h1 {
    enum pyr_h1_state state;
    struct pyr_h1_scan scan;
    struct pyr_h1_chunked chunked;
    struct pyr_exchange *ex;
    size_t progress; /* bytes of the body at the start of the current timeout */
    bool keep_alive;
    bool body_unread; /* answered before the whole request was read */
    bool running;     /* in the parse loop: do not enter it again */
    bool http10, expect_continue;
};

extern const struct pyr_protocol pyr_http1;
/* When the protocol of a new connection is known. */
void pyr_http1_init(struct pyr_connection *c);
#endif
