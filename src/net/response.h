/* response.h - makes an answer ready to be written: compression, the head of HTTP/1.1. Internal to net. */
#ifndef PYR_NET_RESPONSE_H
#define PYR_NET_RESPONSE_H
#include "net/exchange.h"

/* {"code":"...","message":"..."}, the error body of Connect and of plain handlers. */
void pyr_http_json_error(struct pyr_http_response *res, int status, const char *code, struct pyr_str message);

/* Any thread, once: settles status, headers and `ex->out`, gzips, counts the bytes in the budget. */
void pyr_response_prepare(struct pyr_exchange *ex);
/* Whether the answer has no body by its status. */
bool pyr_response_bodiless(const struct pyr_http_response *res);
/* On the loop: the head as HTTP/1.x has it, in ex->head. With trailers the body is framed as one chunk, and
 * `*end` gets the last chunk and the trailers. */
void pyr_response_head1(struct pyr_exchange *ex, bool http10, bool keep_alive, struct pyr_buf *end);
#endif
