#include "load/client.h"
#include "load/fail.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_BYTES_MAX = 256 << 20 };

void load_client_open(struct load_client *c, int port)
{
    *c = (struct load_client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .port = port};
    pyr_buf_init(&c->in, ANSWER_BYTES_MAX);
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    LOAD_CHECK(c->fd >= 0);
    if (connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
        load_fail("cannot connect to port %d: %s", port, strerror(errno));
    const int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

void load_client_close(struct load_client *c)
{
    close(c->fd);
    pyr_buf_free(&c->in);
}

static void read_more(struct load_client *c)
{
    uint8_t *at = pyr_buf_reserve(&c->in, 65536);
    LOAD_CHECK(at != NULL);
    const ssize_t n = read(c->fd, at, 65536);
    if (n <= 0)
        load_fail("the server closed the connection");
    c->in.len += (size_t)n;
}

/* Offset of the body, once the head is complete. */
static size_t read_head(struct load_client *c)
{
    for (;;) {
        const uint8_t *end = c->in.len >= 4 ? memmem(c->in.data, c->in.len, "\r\n\r\n", 4) : NULL;
        if (end != NULL)
            return (size_t)(end - c->in.data) + 4;
        read_more(c);
    }
}

static const char *find_header(struct load_client *c, size_t head, const char *name)
{
    c->in.data[head - 2] = 0; /* the head as text; its last CR LF is not needed any more */
    return strcasestr((const char *)c->in.data, name);
}

/* Chunked bodies are measured only: the benchmark asks for none that it looks into. */
static size_t skip_chunks(struct load_client *c, size_t at)
{
    for (;;) {
        const uint8_t *eol;
        while ((eol = memmem(c->in.data + at, c->in.len - at, "\r\n", 2)) == NULL)
            read_more(c);
        const size_t size = strtoull((const char *)c->in.data + at, NULL, 16);
        const size_t next = (size_t)(eol - c->in.data) + 2 + size + 2;
        while (c->in.len < next)
            read_more(c);
        at = next;
        if (size == 0)
            return at;
    }
}

int load_client_call(struct load_client *c, struct pyr_span request, struct pyr_span *body)
{
    for (size_t sent = 0; sent < request.len;) {
        const ssize_t n = send(c->fd, request.ptr + sent, request.len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            load_fail("sending: %s", strerror(errno));
        sent += (size_t)n;
    }
    pyr_buf_clear(&c->in);
    const size_t head = read_head(c);
    const int status = atoi((const char *)c->in.data + 9);
    const char *length = find_header(c, head, "\r\ncontent-length:");
    size_t end = head;
    if (length != NULL)
        end += strtoull(length + 17, NULL, 10);
    else if (find_header(c, head, "\r\ntransfer-encoding:") != NULL)
        end = skip_chunks(c, head);
    while (c->in.len < end)
        read_more(c);
    if (body != NULL)
        *body = (struct pyr_span){c->in.data + head, end - head};
    return status;
}
