#include "net/server.h"
#include "base/assert.h"
#include "base/logging.h"
#include "base/mem.h"
#include "base/time.h"
#include "net/loop.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, LOOPS_MAX = 64 };

static enum pyr_outcome not_found(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx;
    (void)req;
    pyr_http_text(res, 404, "404 page not found\n");
    return PYR_RESPONSE_READY;
}

/* "host:port", "[::1]:port", ":port". */
static pyr_err split_address(const char *address, char *host, size_t host_cap, char *port, size_t port_cap,
                             struct pyr_diag *diag)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || strlen(colon + 1) >= port_cap || (size_t)(colon - address) >= host_cap)
        return pyr_fail(diag, PYR_E_INVALID, "listen address \"%s\" is not host:port", address);
    uint64_t number = 0;
    if (!pyr_str_to_u64(pyr_str_of(colon + 1), &number) || number > 65535)
        return pyr_fail(diag, PYR_E_INVALID, "listen address \"%s\" has no port from 0 to 65535", address);
    (void)snprintf(port, port_cap, "%s", colon + 1);
    const size_t n = (size_t)(colon - address);
    const bool brackets = n >= 2 && address[0] == '[' && colon[-1] == ']';
    (void)snprintf(host, host_cap, "%.*s", (int)(brackets ? n - 2 : n), brackets ? address + 1 : address);
    return PYR_OK;
}

static int listen_on(const struct addrinfo *a)
{
    const int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    const int on = 1, off = 0;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (a->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    const int why = errno;
    (void)close(fd);
    errno = why;
    return -1;
}

static unsigned bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {0}};
    socklen_t len = sizeof(address);
    if (getsockname(fd, &address.any, &len) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

/* Without a host: every address, by a dual-stack socket where the machine has IPv6. */
static pyr_err open_listener(struct pyr_http_server *s, struct pyr_diag *diag)
{
    const char *address = s->settings.address;
    char host[256] = "", port[8] = "";
    PYR_TRY(split_address(address, host, sizeof(host), port, sizeof(port), diag));
    const struct addrinfo hints = {
        .ai_family = host[0] != '\0' ? AF_UNSPEC : AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    const struct addrinfo v4 = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    for (int attempt = 0; attempt < 2 && s->listener < 0; attempt++) {
        struct addrinfo *found = NULL;
        const char *name = host[0] != '\0' ? host : NULL;
        const int rc = getaddrinfo(name, port, attempt == 0 ? &hints : &v4, &found);
        if (rc != 0 && (attempt == 1 || host[0] != '\0'))
            return pyr_fail(diag, PYR_E_IO, "cannot resolve listen address %s: %s", address, gai_strerror(rc));
        for (const struct addrinfo *a = found; a != NULL && s->listener < 0; a = a->ai_next)
            s->listener = listen_on(a);
        if (found != NULL)
            freeaddrinfo(found);
        if (host[0] != '\0')
            break;
    }
    if (s->listener < 0)
        return pyr_fail(diag, PYR_E_IO, "cannot listen on %s: %s", address, strerror(errno));
    s->port = bound_port(s->listener);
    return PYR_OK;
}

static unsigned core_count(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > LOOPS_MAX ? LOOPS_MAX : (unsigned)n;
}

static void free_memory(struct pyr_http_server *s)
{
    if (s->listener >= 0)
        (void)close(s->listener);
    pyr_routes_free(&s->routes);
    pyr_cond_destroy(&s->quiet);
    pyr_mutex_destroy(&s->lock);
    pyr_free(s->loops);
    pyr_free(s);
}

static pyr_err start_loops(struct pyr_http_server *s, struct pyr_diag *diag)
{
    const unsigned wanted = s->settings.loops != 0 ? s->settings.loops : core_count();
    s->loops = pyr_calloc(wanted, sizeof(*s->loops));
    if (s->loops == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "out of memory");
    /* The first loop accepts and hands connections to all the others: it starts last. */
    for (unsigned i = wanted; i-- > 0;) {
        const pyr_err err = pyr_loop_start(&s->loops[i], s);
        if (err != PYR_OK) {
            for (unsigned k = i + 1; k < wanted; k++)
                pyr_loop_stop(&s->loops[k]);
            return pyr_fail(diag, err, "cannot start an event loop: %s", pyr_err_name(err));
        }
    }
    return PYR_OK;
}

pyr_err pyr_http_server_start(const struct pyr_http_settings *settings, struct pyr_http_server **out,
                              struct pyr_diag *diag)
{
    PYR_ASSERT(settings->headers_max != 0 && settings->streams_max != 0 && settings->head_bytes_max != 0);
    struct pyr_http_server *s = pyr_calloc(1, sizeof(*s));
    if (s == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "out of memory");
    s->settings = *settings;
    s->listener = -1;
    s->loop_count = settings->loops != 0 ? settings->loops : core_count();
    s->not_found = (struct pyr_route){.methods = "",
                                      .path = "",
                                      .work = PYR_WORK_LOOP,
                                      .handler = settings->not_found != NULL ? settings->not_found : not_found,
                                      .ctx = settings->not_found_ctx};
    pyr_inflight_init(&s->inflight, settings->inflight_bytes_max);
    pyr_mutex_init(&s->lock, PYR_RANK_NET, "net quiet");
    pyr_cond_init(&s->quiet);
    /* A client that has gone away is an error of write(), not a signal. */
    (void)signal(SIGPIPE, SIG_IGN);
    pyr_err err = pyr_routes_init(&s->routes, settings->routes, settings->route_count, settings->path_prefix);
    if (err == PYR_OK)
        err = open_listener(s, diag);
    pyr_http_metrics_init(&s->metrics, s);
    if (err == PYR_OK)
        err = start_loops(s, diag);
    if (err != PYR_OK) {
        pyr_http_metrics_end(s);
        free_memory(s);
        return err;
    }
    *out = s;
    return PYR_OK;
}

unsigned pyr_http_server_port(const struct pyr_http_server *s)
{
    return s->port;
}

void pyr_http_server_quiet(struct pyr_http_server *s)
{
    pyr_mutex_lock(&s->lock);
    pyr_cond_broadcast(&s->quiet);
    pyr_mutex_unlock(&s->lock);
}

void pyr_http_server_resume(struct pyr_http_server *s)
{
    for (unsigned i = 0; i < s->loop_count; i++)
        pyr_loop_post(&s->loops[i], PYR_LOOP_RESUME);
}

static void post_all(struct pyr_http_server *s, enum pyr_loop_event event)
{
    for (unsigned i = 0; i < s->loop_count; i++)
        pyr_loop_post(&s->loops[i], event);
}

/* False: the time is over. `timeout_ns` < 0: no limit. */
static bool wait_for_zero(struct pyr_http_server *s, _Atomic unsigned *count, int64_t timeout_ns)
{
    const int64_t until = pyr_mono_ns() + timeout_ns;
    pyr_mutex_lock(&s->lock);
    while (atomic_load(count) != 0) {
        const int64_t left = until - pyr_mono_ns();
        if (timeout_ns < 0)
            pyr_cond_wait(&s->quiet, &s->lock);
        else if (left <= 0 || !pyr_cond_wait_for(&s->quiet, &s->lock, left))
            break;
    }
    const bool zero = atomic_load(count) == 0;
    pyr_mutex_unlock(&s->lock);
    return zero;
}

void pyr_http_server_drain(struct pyr_http_server *s, int64_t timeout_ns)
{
    if (!atomic_exchange(&s->draining, true)) {
        atomic_store(&s->undrained, s->loop_count);
        post_all(s, PYR_LOOP_DRAIN);
    }
    /* Only then is every connection that the kernel has accepted counted. */
    (void)wait_for_zero(s, &s->undrained, -1);
    if (wait_for_zero(s, &s->connections, timeout_ns))
        return;
    pyr_log(PYR_LOG_WARN, "closing connections that did not finish in time",
            PYR_KV_I("connections", atomic_load(&s->connections)));
    post_all(s, PYR_LOOP_ABORT);
    (void)wait_for_zero(s, &s->connections, -1);
}

void pyr_http_server_free(struct pyr_http_server *s)
{
    if (s == NULL)
        return;
    pyr_http_server_drain(s, 0);
    (void)wait_for_zero(s, &s->exchanges, -1);
    while (atomic_load(&s->senders) != 0)
        (void)sched_yield(); /* a few instructions */
    for (unsigned i = 0; i < s->loop_count; i++)
        pyr_loop_stop(&s->loops[i]);
    pyr_http_metrics_end(s);
    free_memory(s);
}
