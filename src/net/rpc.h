/* rpc.h - unary RPC over HTTP: Connect (application/proto, application/json), gRPC and gRPC-Web framing, all on one
 * route "POST /<package>.<Service>/<Method>". The handler sees decoded structs (codec/pb_message.h) and knows nothing
 * of the transport. */
#ifndef PYR_NET_RPC_H
#define PYR_NET_RPC_H
#include "codec/pb_message.h"
#include "net/http.h"

struct pyr_rpc_method;

struct pyr_rpc_call {
    const struct pyr_rpc_method *method;
    struct pyr_http_request *http; /* headers, arena, deadline */
    const void *request;           /* struct of method->request; views into the body */
    void *response;                /* cleared struct of method->response, in the arena: fill it. Items in the arena */
    struct pyr_diag diag;          /* the error's message */
    void *impl;
};

/* READY: `*err` says how it went. PENDING: somebody calls pyr_rpc_finish once, from any thread. */
typedef enum pyr_outcome (*pyr_rpc_handler)(void *ctx, struct pyr_rpc_call *call, pyr_err *err);
void pyr_rpc_finish(struct pyr_rpc_call *call, pyr_err err);

struct pyr_rpc_method {
    const char *path; /* "/push.v1.PusherService/Push" */
    const struct pyr_pb_message *request, *response;
    enum pyr_work_class work;
    pyr_rpc_handler handler;
    void *ctx;
};

/* The route that serves a method: {"POST", m->path, m->work, pyr_rpc_serve, (void *)m}. */
struct pyr_route pyr_rpc_route(const struct pyr_rpc_method *m);
enum pyr_outcome pyr_rpc_serve(void *method, struct pyr_http_request *req, struct pyr_http_response *res);

/* The JSON error body {"code":"invalid_argument","message":"..."} with the status of `err` (the table in status.h), for
 * plain HTTP handlers. */
void pyr_rpc_http_error(struct pyr_http_response *res, pyr_err err, const char *message);
#endif
