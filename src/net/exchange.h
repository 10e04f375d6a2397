/* exchange.h - one request and its response, from the head's last byte to the answer's. Internal to net.
 *
 * Its loop owns it; while a handler has it (from dispatch to pyr_http_send) the loop touches only `conn`, `canceled` and
 * the links. When the client goes away it lives on without a connection until the handler has answered. */
#ifndef PYR_NET_EXCHANGE_H
#define PYR_NET_EXCHANGE_H
#include "net/http_metrics.h"
#include "net/loop.h"

struct pyr_exchange {
    struct pyr_http_request req;
    struct pyr_http_response res;
    struct pyr_arena arena;
    struct pyr_job job;
    struct pyr_loop *loop;
    struct pyr_connection *conn; /* NULL once it is closed */
    const struct pyr_route *route;
    enum pyr_work_class work;
    struct pyr_exchange *next;                   /* inbox or spare list */
    struct pyr_exchange *wait_next, **wait_prev; /* in loop->waiting; wait_prev NULL = not in it */
    struct {
        uint8_t *data;
        size_t len, cap;
    } body;                /* as it came */
    struct pyr_buf packed; /* gzipped response body */
    struct pyr_buf head;   /* of the response, serialised */
    size_t held;           /* bytes counted in the budget */
    struct pyr_span out;   /* the response body to write */
    bool head_only, accepts_gzip, handled;
    _Atomic bool canceled;

    uint64_t length; /* of the body, as announced; UINT64_MAX = unknown */
    bool responding;

    struct { /* HTTP/2: the stream */
        int32_t id;
        bool body_done, answered; /* the request is complete; the answer is */
        size_t unconsumed;        /* received bytes whose credit is withheld */
        size_t header_cap, header_bytes;
        int head_refused; /* the status; the rest of the head is not looked at */
        struct pyr_exchange *next, **prev;
        size_t sent;     /* of `out` */
        size_t progress; /* bytes received or sent at the start of the current timeout */
        int64_t deadline_ns;
    } stream;
};

/* NULL: out of memory. `conn` is the connection it belongs to. */
struct pyr_exchange *pyr_exchange_new(struct pyr_connection *conn);
/* Frees all it holds and gives its bytes back. */
void pyr_exchange_free(struct pyr_exchange *ex);

/* The request's head is filled in: method, raw_path, query, headers. Checks Accept, decodes the path, finds the route.
 * False: `res` is a refusal. */
bool pyr_exchange_begin(struct pyr_exchange *ex);

enum pyr_room { PYR_ROOM_OK, PYR_ROOM_WAIT, PYR_ROOM_NONE };
/* Room for at least one more byte of the body, up to `most` in all; grows by doubling. WAIT: the budget is empty; the
 * protocol's `resume` will be called. NONE: no memory. */
enum pyr_room pyr_exchange_room(struct pyr_exchange *ex, uint64_t most);
/* For bytes that are here already: room for `extra` more, counted in the budget whether it has them or not. */
bool pyr_exchange_force_room(struct pyr_exchange *ex, size_t extra);
/* Whether more may be asked for. WAIT: the budget is empty. */
enum pyr_room pyr_exchange_permit(struct pyr_exchange *ex);
/* The cost of a request itself: its head, and a nominal sum for the rest. WAIT as above. */
enum pyr_room pyr_exchange_admit(struct pyr_exchange *ex);

/* On a worker: undoes Content-Encoding, into the request's arena. PYR_E_UNSUPPORTED_MEDIA for one that is not gzip;
 * else as pyr_gunzip. */
PYR_MUST_USE pyr_err pyr_exchange_inflate(struct pyr_exchange *ex, struct pyr_diag *diag);

/* The body is complete: runs the handler on its pool (or here). The answer comes to the protocol's `respond`. */
void pyr_exchange_dispatch(struct pyr_exchange *ex);
/* Makes `res` an answer that no handler gave. */
void pyr_exchange_refuse(struct pyr_exchange *ex, int status, enum pyr_http_refusal why, const char *reason);
/* The connection is gone. */
void pyr_exchange_orphan(struct pyr_exchange *ex);
/* On the loop: a handler has answered. */
void pyr_exchange_answered(struct pyr_exchange *ex);
/* The answer is written, or never will be: counts it. */
void pyr_exchange_record(struct pyr_exchange *ex);
void pyr_exchange_resume_waiting(struct pyr_loop *l);
#endif
