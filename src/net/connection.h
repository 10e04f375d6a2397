/* connection.h - one accepted socket: reading, writing, deadlines, closing; what the bytes mean is its protocol's.
 * Internal to net; the owning loop's thread only. */
#ifndef PYR_NET_CONNECTION_H
#define PYR_NET_CONNECTION_H
#include "net/http1.h"
#include "net/loop.h"

struct pyr_h2;

/* HTTP/1.1 and HTTP/2. A callback may close the connection; its memory stays until the loop's next turn. */
struct pyr_protocol {
    /* Bytes in `c->in` (all that are not used up yet). */
    void (*input)(struct pyr_connection *c);
    /* May be NULL. Where the next bytes are to be read to, or false for the loop's scratch; `filled` gets the count. */
    bool (*space)(struct pyr_connection *c, uv_buf_t *to);
    void (*filled)(struct pyr_connection *c, size_t n);
    void (*ended)(struct pyr_connection *c); /* the client sends no more */
    void (*respond)(struct pyr_connection *c, struct pyr_exchange *ex);
    void (*resume)(struct pyr_connection *c, struct pyr_exchange *ex); /* may try to take bytes again */
    void (*written)(struct pyr_connection *c);                         /* the last pyr_connection_write is done */
    void (*late)(struct pyr_connection *c);                            /* the deadline has passed */
    void (*drain)(struct pyr_connection *c);                           /* finish, then close */
    void (*closed)(struct pyr_connection *c);                          /* lets its exchanges go */
    void (*destroy)(struct pyr_connection *c);                         /* may be NULL; frees what it has */
};

struct pyr_connection {
    uv_tcp_t tcp;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct pyr_loop *loop;
    struct pyr_connection *next, **prev; /* in loop->connections */
    const struct pyr_protocol *protocol; /* NULL until the first bytes tell */
    int fd;                              /* until opened */
    bool reading, writing, closing, ended;
    char peer[64];
    struct pyr_span in; /* bytes to be parsed: the loop's scratch, or `kept` */
    struct {
        uint8_t *data;
        size_t len, cap;
    } kept;              /* counted in the budget */
    int64_t deadline_ns; /* 0 = none */
    int64_t write_deadline_ns;
    size_t write_left; /* unwritten at the last look */
    struct pyr_h1 h1;
    struct pyr_h2 *h2;
};

/* From the acceptor: takes over `fd`. NULL: out of memory (`fd` is closed). */
struct pyr_connection *pyr_connection_new(struct pyr_loop *l, int fd);
/* On its own loop: starts reading. */
void pyr_connection_open(struct pyr_connection *c);
void pyr_connection_read(struct pyr_connection *c, bool on);
/* Writes at once what the socket takes, the rest later. The bytes must stay; `protocol->written` is called (possibly
 * from within) once all are out. One write at a time. */
void pyr_connection_write(struct pyr_connection *c, const uv_buf_t *bufs, unsigned count);
/* Marks `n` bytes of c->in as parsed. */
void pyr_connection_used(struct pyr_connection *c, size_t n);
/* Parses what was kept, when the protocol can take more. Does nothing from within `input`. */
void pyr_connection_parse_kept(struct pyr_connection *c);
/* Whether `bytes` in one timeout are enough for a client that makes us hold `held`. */
bool pyr_connection_progressed(size_t bytes, size_t held);
/* Sends what is written, then FIN; the protocol goes on being told of input and its deadline. */
void pyr_connection_shutdown(struct pyr_connection *c);
void pyr_connection_close(struct pyr_connection *c);
/* Every tick. */
void pyr_connection_check(struct pyr_connection *c);
#endif
