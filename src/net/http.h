/* http.h - the HTTP server as the layers above see it: requests with the whole body in hand, responses, routes.
 *
 * Event loops parse and write; a handler is a plain blocking function that a worker thread runs once the body is there
 * (decoded from its Content-Encoding: gzip or identity; bounded). HTTP/1.1 and HTTP/2 (prior knowledge) share the port
 * and look the same here. */
#ifndef PYR_NET_HTTP_H
#define PYR_NET_HTTP_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/span.h"

struct pyr_http_header {
    struct pyr_str name; /* lower case */
    struct pyr_str value;
};

/* All views live in the connection's or the request's memory until the response is sent. */
struct pyr_http_request {
    struct pyr_str method; /* upper case as sent */
    struct pyr_str path;   /* percent-decoded once, starts with '/', the query cut off */
    struct pyr_str raw_path;
    struct pyr_str query; /* raw, without '?' */
    const struct pyr_http_header *headers;
    size_t header_count;
    struct pyr_span body;
    struct pyr_str peer;      /* "127.0.0.1:50312" */
    int http_major;           /* 1 or 2 */
    int64_t received_mono_ns; /* when the last byte of the body arrived */
    int64_t deadline_mono_ns; /* 0 = none; from grpc-timeout / connect-timeout-ms */
    struct pyr_arena *arena;  /* the request's: dies once the response is sent; bounded by the settings */
    void *impl;
};

/* First header of that (lower case) name; ptr NULL when absent. */
struct pyr_str pyr_http_header(const struct pyr_http_request *req, const char *name);
/* The k-th value of a query parameter, percent- and plus-decoded into the request's arena. False when absent. */
bool pyr_http_query(const struct pyr_http_request *req, const char *name, size_t k, struct pyr_str *value);
/* True once the client has gone away or the deadline has passed: long handlers ask now and then. */
bool pyr_http_canceled(const struct pyr_http_request *req);

enum { PYR_HTTP_RESPONSE_HEADERS_MAX = 16 };

struct pyr_http_response {
    int status;                                                    /* 200 unless set */
    struct pyr_http_header headers[PYR_HTTP_RESPONSE_HEADERS_MAX]; /* values must live until sent: literals or arena */
    size_t header_count;
    struct pyr_http_header trailers[4]; /* gRPC: sent as HTTP/2 trailers, or chunked trailers on HTTP/1.1 */
    size_t trailer_count;
    struct pyr_buf body;       /* the response's own; freed once sent */
    struct pyr_span body_view; /* used instead of `body` when ptr is set: static or arena memory (assets) */
    bool body_is_final;        /* do not compress (already compressed, or gRPC) */
    size_t gzip_bytes_min;     /* compress from this size on where accepted; 0 = as the settings say */
    void *impl;
};
/* A value with control characters is left out (it could end the header), as is a header past the maximum. */
void pyr_http_set_header(struct pyr_http_response *res, const char *lower_name, struct pyr_str value);
/* text/plain body, cut at 1023 bytes. */
void pyr_http_text(struct pyr_http_response *res, int status, const char *fmt, ...) PYR_PRINTF(3, 4);

enum pyr_outcome { PYR_RESPONSE_READY, PYR_RESPONSE_PENDING };

/* Runs on a worker thread. READY: the response is sent when it returns. PENDING: somebody else calls
 * pyr_http_send(res) exactly once, from any thread (it does not block); until then req and res stay valid. */
typedef enum pyr_outcome (*pyr_http_handler)(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res);
void pyr_http_send(struct pyr_http_response *res);

/* LOOP: trivial work that runs on the event loop itself: never blocks, its bodies are neither inflated nor gzipped, and
 * it is answered when the budget of bytes in flight is used up too. */
enum pyr_work_class { PYR_WORK_INGEST, PYR_WORK_QUERY, PYR_WORK_LOOP };

struct pyr_route {
    const char *methods; /* "GET", "POST", "GET,HEAD"; HEAD is answered where GET is. Other methods: 405 with Allow */
    const char *path;    /* "/ingest" exact, or a prefix when it ends in an asterisk; longest match wins */
    enum pyr_work_class work;
    pyr_http_handler handler;
    void *ctx;
};

struct pyr_http_settings {
    const char *address; /* "0.0.0.0:4040", ":4040", "[::1]:0" (port 0: any) */
    unsigned loops;      /* 0 = one a core */
    struct pyr_pool *ingest_pool, *query_pool;
    const struct pyr_route *routes; /* kept by reference */
    size_t route_count;
    pyr_http_handler not_found; /* runs as PYR_WORK_LOOP. NULL: 404 text/plain "404 page not found" */
    void *not_found_ctx;
    size_t head_bytes_max;     /* request line + headers; 64 KiB. Over it: 431 (or 414) */
    unsigned headers_max;      /* 100 */
    size_t body_bytes_max;     /* on the wire; 64 MiB. Over it: 413 */
    size_t inflated_bytes_max; /* after Content-Encoding */
    unsigned connections_max;  /* 10000; at it the listener stops accepting */
    unsigned streams_max;      /* concurrent HTTP/2 streams a connection; 250 */
    size_t inflight_bytes_max; /* request and response bytes held, all connections; reading stops at it */
    size_t request_arena_bytes_max;
    struct pyr_budget *decode_budget; /* of the arenas of all requests that have a handler; may be NULL */
    int64_t decode_wait_ns;           /* how long a handler is put off while it has no room; 5 s. Then: 503 */
    /* Slow clients. Head: whole. Body and write: each such time must bring 4 KiB, and 1/64 of what is held already. */
    int64_t head_timeout_ns, body_timeout_ns, idle_timeout_ns, write_timeout_ns;
    size_t gzip_bytes_min;   /* responses from this size on are gzipped where accepted; 1400 */
    const char *path_prefix; /* base path, "" or "/pyroscope-ui"; also accepted: requests without it */
};

void pyr_http_settings_default(struct pyr_http_settings *s);

struct pyr_http_server;
/* Binds, listens, starts the loops' threads. The error names the address. From now on the process ignores SIGPIPE. */
PYR_MUST_USE pyr_err pyr_http_server_start(const struct pyr_http_settings *s, struct pyr_http_server **out,
                                           struct pyr_diag *diag);
unsigned pyr_http_server_port(const struct pyr_http_server *s);
/* Stops accepting, lets every accepted request be answered (GOAWAY on HTTP/2, Connection: close on HTTP/1.1), at most
 * `timeout_ns`, then closes what is left. */
void pyr_http_server_drain(struct pyr_http_server *s, int64_t timeout_ns);
/* After a drain. Waits for the handlers that still have a request: stop what they wait for only afterwards. */
void pyr_http_server_free(struct pyr_http_server *s);
#endif
