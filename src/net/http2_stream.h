/* http2_stream.h - what the parts of an HTTP/2 connection share: http2.c (the connection), http2_request.c (what comes in) and
 * http2_answer.c (what goes out). Internal to net; the owning loop's thread only. */
#ifndef PYR_NET_HTTP2_STREAM_H
#define PYR_NET_HTTP2_STREAM_H
#include "net/connection.h"
#include "net/exchange.h"
#include <nghttp2/nghttp2.h>

struct pyr_h2 {
    nghttp2_session *session;
    struct pyr_connection *conn;
    struct pyr_exchange *streams; /* all that are open */
    struct pyr_buf out;           /* being written */
    size_t unconsumed;            /* received bytes whose credit on the connection's window is withheld */
    int64_t tokens, tokens_at_ns; /* see http2_request.c */
    int64_t idle_since_ns;
    bool receiving, flushing; /* frames may only be queued */
    bool failed;              /* what is queued is sent, then the connection is closed */
    enum { PYR_H2_OPEN, PYR_H2_NOTICED, PYR_H2_GOING } drain;
};

enum { PYR_H2_TOKENS_MAX = 1000 };

static inline const struct pyr_http_settings *pyr_h2_settings(const struct pyr_h2 *h)
{
    return &h->conn->loop->server->settings;
}
/* NULL: no such stream, or not one of a request. */
static inline struct pyr_exchange *pyr_h2_stream(const struct pyr_h2 *h, int32_t id)
{
    return nghttp2_session_get_stream_user_data(h->session, id);
}

/* http2.c: writes what is queued; from within nghttp2 it is left to whoever called that. */
void pyr_h2_flush(struct pyr_h2 *h);

/* http2_request.c */
void pyr_h2_receive_callbacks(nghttp2_session_callbacks *callbacks);
void pyr_h2_refuse(struct pyr_exchange *ex, int status, enum pyr_http_refusal why, const char *reason);
/* The budget may have room again: goes on with the request. */
void pyr_h2_resume(struct pyr_h2 *h, struct pyr_exchange *ex);
/* Gives credit for the connection's window. It is withheld while the budget is empty (`permitted` false), except where the
 * request that may overdraw the budget is one of this connection's: the others' bytes must not stand in its way. */
void pyr_h2_connection_credit(struct pyr_h2 *h, bool permitted);
/* The stream's bytes wait for credit no more. */
void pyr_h2_settle(struct pyr_exchange *ex);

/* http2_answer.c */
void pyr_h2_answer_callbacks(nghttp2_session_callbacks *callbacks);
void pyr_h2_respond(struct pyr_connection *c, struct pyr_exchange *ex);
#endif
