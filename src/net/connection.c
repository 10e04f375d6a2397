#include "net/connection.h"
#include "base/assert.h"
#include "base/mem.h"
#include "base/time.h"
#include "net/http2.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { PROGRESS_BYTES_MIN = 4 << 10, FULL_READ_BYTES = 4 << 10 };

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct pyr_connection *pyr_connection_new(struct pyr_loop *l, int fd)
{
    struct pyr_connection *c = pyr_calloc(1, sizeof(*c));
    if (c == NULL) {
        (void)close(fd);
        return NULL;
    }
    c->loop = l;
    c->fd = fd;
    return c;
}

static void name_peer(struct pyr_connection *c)
{
    struct sockaddr_storage address = {0};
    int len = sizeof(address);
    char host[INET6_ADDRSTRLEN] = "";
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&address, &len) != 0)
        return;
    if (address.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&address;
        (void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        (void)snprintf(c->peer, sizeof(c->peer), "%s:%u", host, ntohs(in->sin_port));
        return;
    }
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address;
    (void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
    /* A dual-stack listener sees IPv4 clients as ::ffff:a.b.c.d. */
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
        (void)snprintf(c->peer, sizeof(c->peer), "%s:%u", strrchr(host, ':') + 1, ntohs(in6->sin6_port));
    else
        (void)snprintf(c->peer, sizeof(c->peer), "[%s]:%u", host, ntohs(in6->sin6_port));
}

void pyr_connection_open(struct pyr_connection *c)
{
    struct pyr_loop *l = c->loop;
    const int rc = uv_tcp_init(&l->uv, &c->tcp);
    PYR_ASSERT(rc == 0);
    c->tcp.data = c->write.data = c->shutdown.data = c;
    c->next = l->connections;
    c->prev = &l->connections;
    if (c->next != NULL)
        c->next->prev = &c->next;
    l->connections = c;
    if (uv_tcp_open(&c->tcp, c->fd) != 0) {
        (void)close(c->fd);
        pyr_connection_close(c);
        return;
    }
    (void)uv_tcp_nodelay(&c->tcp, 1);
    name_peer(c);
    c->deadline_ns = l->now_ns + l->server->settings.head_timeout_ns;
    pyr_connection_read(c, true);
}

/* Sets the protocol once the first bytes tell. False: they do not yet. */
static bool detect(struct pyr_connection *c)
{
    const size_t n = c->in.len < sizeof(preface) - 1 ? c->in.len : sizeof(preface) - 1;
    if (memcmp(c->in.ptr, preface, n) != 0)
        pyr_http1_init(c);
    else if (n == sizeof(preface) - 1)
        pyr_http2_init(c);
    return c->protocol != NULL;
}

static void release_kept(struct pyr_connection *c)
{
    if (c->kept.data == NULL)
        return;
    if (pyr_inflight_give(&c->loop->server->inflight, c->kept.cap))
        pyr_http_server_resume(c->loop->server);
    pyr_free(c->kept.data);
    c->kept.data = NULL;
    c->kept.len = c->kept.cap = 0;
}

static bool grow_kept(struct pyr_connection *c, size_t need)
{
    if (need <= c->kept.cap)
        return true;
    size_t cap = c->kept.cap != 0 ? c->kept.cap : 1024;
    while (cap < need)
        cap *= 2;
    uint8_t *data = pyr_realloc(c->kept.data, cap);
    if (data == NULL)
        return false;
    pyr_inflight_force(&c->loop->server->inflight, cap - c->kept.cap);
    c->kept.data = data;
    c->kept.cap = cap;
    return true;
}

/* What is not parsed yet stays: in place, or moved to the front, or copied from the loop's scratch. */
static bool keep_rest(struct pyr_connection *c)
{
    const struct pyr_span rest = c->in;
    c->in = (struct pyr_span){0};
    if (rest.len == 0) {
        release_kept(c);
        return true;
    }
    const bool own = c->kept.data != NULL && rest.ptr >= c->kept.data && rest.ptr < c->kept.data + c->kept.cap;
    if (!own && !grow_kept(c, rest.len))
        return false;
    PYR_ASSERT(c->kept.data != NULL && rest.len <= c->kept.cap);
    memmove(c->kept.data, rest.ptr, rest.len);
    c->kept.len = rest.len;
    return true;
}

static void parse(struct pyr_connection *c)
{
    if ((c->protocol != NULL || detect(c)) && !c->closing)
        c->protocol->input(c);
    if (c->closing) {
        c->in = (struct pyr_span){0};
        return;
    }
    if (!keep_rest(c))
        pyr_connection_close(c);
}

void pyr_connection_parse_kept(struct pyr_connection *c)
{
    if (c->kept.len == 0 || c->in.ptr != NULL)
        return;
    c->in = (struct pyr_span){c->kept.data, c->kept.len};
    parse(c);
}

void pyr_connection_used(struct pyr_connection *c, size_t n)
{
    PYR_ASSERT(n <= c->in.len);
    c->in.ptr += n;
    c->in.len -= n;
}

static void on_space(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct pyr_connection *c = handle->data;
    (void)suggested;
    const struct pyr_protocol *p = c->protocol;
    if (c->kept.len == 0 && p != NULL && p->space != NULL && p->space(c, buf))
        return;
    /* While the budget is empty what comes ahead of its time has to be kept: little is read at once. */
    const bool full = pyr_inflight_full(&c->loop->server->inflight);
    *buf = uv_buf_init((char *)c->loop->read, full ? FULL_READ_BYTES : PYR_LOOP_READ_BYTES);
}

static void on_bytes(struct pyr_connection *c, uint8_t *bytes, size_t n)
{
    pyr_metric_add(c->loop->server->metrics.received_bytes, (int64_t)n);
    if (bytes != c->loop->read) {
        c->protocol->filled(c, n);
        return;
    }
    if (c->kept.len == 0) {
        c->in = (struct pyr_span){bytes, n};
    } else {
        if (!grow_kept(c, c->kept.len + n)) {
            pyr_connection_close(c);
            return;
        }
        memcpy(c->kept.data + c->kept.len, bytes, n);
        c->kept.len += n;
        c->in = (struct pyr_span){c->kept.data, c->kept.len};
    }
    parse(c);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct pyr_connection *c = stream->data;
    if (n == 0 || c->closing)
        return;
    c->loop->now_ns = pyr_mono_ns();
    if (n > 0) {
        on_bytes(c, (uint8_t *)buf->base, (size_t)n);
        return;
    }
    c->ended = true;
    pyr_connection_read(c, false);
    if (n == UV_EOF && c->protocol != NULL)
        c->protocol->ended(c);
    else
        pyr_connection_close(c);
}

void pyr_connection_read(struct pyr_connection *c, bool on)
{
    on = on && !c->ended && !c->closing;
    if (on == c->reading)
        return;
    c->reading = on;
    if (on)
        (void)uv_read_start((uv_stream_t *)&c->tcp, on_space, on_read);
    else
        (void)uv_read_stop((uv_stream_t *)&c->tcp);
}

static void on_written(uv_write_t *write, int status)
{
    struct pyr_connection *c = write->data;
    c->writing = false;
    c->write_deadline_ns = 0;
    if (c->closing)
        return;
    c->loop->now_ns = pyr_mono_ns();
    if (status != 0)
        pyr_connection_close(c);
    else
        c->protocol->written(c);
}

/* Drops the first `n` bytes; returns how many buffers are left at the front of `bufs`. */
static unsigned advance(uv_buf_t *bufs, unsigned count, size_t n)
{
    unsigned left = 0;
    for (unsigned i = 0; i < count; i++) {
        const size_t skip = n < bufs[i].len ? n : bufs[i].len;
        n -= skip;
        if (skip < bufs[i].len)
            bufs[left++] = uv_buf_init(bufs[i].base + skip, (unsigned)(bufs[i].len - skip));
    }
    return left;
}

void pyr_connection_write(struct pyr_connection *c, const uv_buf_t *from, unsigned count)
{
    uv_buf_t bufs[4];
    PYR_ASSERT(!c->writing && !c->closing && count <= PYR_COUNT_OF(bufs));
    memcpy(bufs, from, count * sizeof(*bufs));
    size_t total = 0;
    for (unsigned i = 0; i < count; i++)
        total += bufs[i].len;
    pyr_metric_add(c->loop->server->metrics.sent_bytes, (int64_t)total);

    const int n = uv_try_write((uv_stream_t *)&c->tcp, bufs, count);
    if (n >= 0 && (size_t)n == total) {
        c->protocol->written(c);
        return;
    }
    if (n < 0 && n != UV_EAGAIN) {
        pyr_connection_close(c);
        return;
    }
    count = advance(bufs, count, n > 0 ? (size_t)n : 0);
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, bufs, count, on_written) != 0) {
        pyr_connection_close(c);
        return;
    }
    c->writing = true;
    c->write_left = total - (n > 0 ? (size_t)n : 0);
    c->write_deadline_ns = c->loop->now_ns + c->loop->server->settings.write_timeout_ns;
}

static void on_shut(uv_shutdown_t *shutdown, int status)
{
    (void)shutdown;
    (void)status;
}

void pyr_connection_shutdown(struct pyr_connection *c)
{
    if (uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, on_shut) != 0)
        pyr_connection_close(c);
}

static void on_closed(uv_handle_t *handle)
{
    struct pyr_connection *c = handle->data;
    struct pyr_http_server *s = c->loop->server;
    release_kept(c);
    if (c->protocol != NULL && c->protocol->destroy != NULL)
        c->protocol->destroy(c);
    atomic_fetch_sub(&c->loop->connection_count, 1);
    pyr_free(c);
    if (atomic_fetch_sub(&s->connections, 1) == 1)
        pyr_http_server_quiet(s);
}

void pyr_connection_close(struct pyr_connection *c)
{
    if (c->closing)
        return;
    c->closing = true;
    *c->prev = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    uv_close((uv_handle_t *)&c->tcp, on_closed);
    if (c->protocol != NULL)
        c->protocol->closed(c);
}

bool pyr_connection_progressed(size_t bytes, size_t held)
{
    return bytes >= PROGRESS_BYTES_MIN && bytes >= held / 64;
}

static void check_write(struct pyr_connection *c)
{
    const size_t left = uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp);
    if (pyr_connection_progressed(c->write_left - left, c->write_left)) {
        c->write_left = left;
        c->write_deadline_ns = c->loop->now_ns + c->loop->server->settings.write_timeout_ns;
        return;
    }
    pyr_metric_add(c->loop->server->metrics.refused[PYR_REFUSED_SLOW], 1);
    pyr_connection_close(c);
}

void pyr_connection_check(struct pyr_connection *c)
{
    const int64_t now = c->loop->now_ns;
    if (!c->closing && c->write_deadline_ns != 0 && now >= c->write_deadline_ns)
        check_write(c);
    if (c->closing || c->deadline_ns == 0 || now < c->deadline_ns)
        return;
    c->deadline_ns = 0;
    if (c->protocol != NULL)
        c->protocol->late(c);
    else
        pyr_connection_close(c);
}
