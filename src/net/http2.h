/* http2.h - the server's side of an HTTP/2 connection by prior knowledge (nghttp2 does frames and HPACK). Internal to
 * net. */
#ifndef PYR_NET_HTTP2_H
#define PYR_NET_HTTP2_H

struct pyr_connection;

/* When the client's preface was seen (it is still in c->in). Closes the connection when memory is out. */
void pyr_http2_init(struct pyr_connection *c);
#endif
