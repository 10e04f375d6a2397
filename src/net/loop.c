#include "net/loop.h"
#include "base/assert.h"
#include "base/logging.h"
#include "base/mem.h"
#include "base/time.h"
#include "net/connection.h"
#include "net/exchange.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS_MIN = 10, TICK_MS_MAX = 500, DRAIN_GRACE_MS = 50 };

void pyr_loop_post(struct pyr_loop *l, enum pyr_loop_event event)
{
    /* Who set the bit first has woken the loop already. */
    if ((atomic_fetch_or(&l->events, (unsigned)event) & (unsigned)event) == 0)
        (void)uv_async_send(&l->wake);
}

void pyr_loop_finish(struct pyr_loop *l, struct pyr_exchange *ex)
{
    struct pyr_http_server *s = l->server;
    atomic_fetch_add(&s->senders, 1);
    struct pyr_exchange *head = atomic_load_explicit(&l->finished, memory_order_relaxed);
    do
        ex->next = head;
    while (!atomic_compare_exchange_weak(&l->finished, &head, ex));
    /* A list that was not empty has had its wake-up, and the loop takes the whole list at once. */
    if (head == NULL)
        (void)uv_async_send(&l->wake);
    atomic_fetch_sub(&s->senders, 1); /* the last touch */
}

const char *pyr_loop_date(struct pyr_loop *l)
{
    const int64_t now_s = pyr_wall_ns() / PYR_NS_PER_S;
    if (now_s != l->date_s) {
        static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        const time_t t = (time_t)now_s;
        struct tm tm;
        (void)gmtime_r(&t, &tm);
        (void)snprintf(l->date, sizeof(l->date), "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday],
                       (unsigned)tm.tm_mday % 100, months[tm.tm_mon], ((unsigned)tm.tm_year + 1900) % 10000,
                       (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
        l->date_s = now_s;
    }
    return l->date;
}

/* The loop with the fewest connections gets the next one. */
static struct pyr_loop *least_loaded(struct pyr_http_server *s)
{
    struct pyr_loop *best = &s->loops[0];
    for (unsigned i = 1; i < s->loop_count; i++)
        if (atomic_load_explicit(&s->loops[i].connection_count, memory_order_relaxed) <
            atomic_load_explicit(&best->connection_count, memory_order_relaxed))
            best = &s->loops[i];
    return best;
}

static void hand_over(struct pyr_loop *from, int fd)
{
    struct pyr_http_server *s = from->server;
    struct pyr_loop *to = least_loaded(s);
    struct pyr_connection *c = pyr_connection_new(to, fd);
    if (c == NULL) {
        pyr_metric_add(s->metrics.refused[PYR_REFUSED_MEMORY], 1);
        return;
    }
    atomic_fetch_add(&s->connections, 1);
    atomic_fetch_add(&to->connection_count, 1);
    pyr_metric_add(s->metrics.accepted, 1);
    if (to == from) {
        pyr_connection_open(c);
        return;
    }
    struct pyr_connection *head = atomic_load_explicit(&to->arrivals, memory_order_relaxed);
    do
        c->next = head;
    while (!atomic_compare_exchange_weak(&to->arrivals, &head, c));
    if (head == NULL)
        (void)uv_async_send(&to->wake);
}

static void stop_accepting(struct pyr_loop *l)
{
    if (l->accepting)
        (void)uv_poll_stop(&l->accept);
    l->accepting = false;
}

static void on_acceptable(uv_poll_t *handle, int status, int events);

static void start_accepting(struct pyr_loop *l)
{
    struct pyr_http_server *s = l->server;
    if (l->accepting || !l->accept_open || atomic_load(&s->draining) ||
        atomic_load(&s->connections) >= s->settings.connections_max)
        return;
    l->accepting = uv_poll_start(&l->accept, UV_READABLE, on_acceptable) == 0;
}

/* Accepts what waits. False: nothing waits any more, or nothing can be accepted now. */
static bool accept_one(struct pyr_loop *l)
{
    struct pyr_http_server *s = l->server;
    if (atomic_load(&s->connections) >= s->settings.connections_max) {
        stop_accepting(l); /* the tick starts it again */
        return false;
    }
    const int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        hand_over(l, fd);
        return true;
    }
    if (errno == ECONNABORTED || errno == EINTR)
        return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
        pyr_log(PYR_LOG_WARN, "cannot accept a connection", PYR_KV_S("error", strerror(errno)));
        stop_accepting(l);
    }
    return false;
}

static void on_acceptable(uv_poll_t *handle, int status, int events)
{
    struct pyr_loop *l = handle->data;
    (void)status;
    (void)events;
    /* Bounded, so that a flood of connections does not starve those that are there. */
    for (int i = 0; i < 64 && accept_one(l); i++)
        ;
}

static void on_accept_closed(uv_handle_t *handle)
{
    struct pyr_loop *l = handle->data;
    (void)close(l->server->listener);
    l->server->listener = -1;
}

/* What the kernel has accepted for us gets an answer too. */
static void close_listener(struct pyr_loop *l)
{
    if (!l->accept_open)
        return;
    while (accept_one(l))
        ;
    stop_accepting(l);
    l->accept_open = false;
    uv_close((uv_handle_t *)&l->accept, on_accept_closed);
}

static void take_arrivals(struct pyr_loop *l)
{
    struct pyr_connection *c = atomic_exchange(&l->arrivals, NULL), *next;
    for (; c != NULL; c = next) {
        next = c->next;
        pyr_connection_open(c);
    }
}

static void take_finished(struct pyr_loop *l)
{
    struct pyr_exchange *newest = atomic_exchange(&l->finished, NULL), *oldest = NULL;
    while (newest != NULL) {
        struct pyr_exchange *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest != NULL) {
        struct pyr_exchange *next = oldest->next;
        pyr_exchange_answered(oldest);
        oldest = next;
    }
}

static void each_connection(struct pyr_loop *l, void (*fn)(struct pyr_connection *c))
{
    for (struct pyr_connection *c = l->connections, *next; c != NULL; c = next) {
        next = c->next;
        fn(c);
    }
}

static void drain_one(struct pyr_connection *c)
{
    if (c->closing)
        return;
    if (c->protocol != NULL)
        c->protocol->drain(c);
    else
        pyr_connection_close(c);
}

static void on_stopped(uv_handle_t *handle)
{
    (void)handle;
}

static void on_wake(uv_async_t *wake)
{
    struct pyr_loop *l = wake->data;
    const unsigned events = atomic_exchange(&l->events, 0);
    l->now_ns = pyr_mono_ns();
    take_arrivals(l);
    take_finished(l);
    if ((events & PYR_LOOP_RESUME) != 0)
        pyr_exchange_resume_waiting(l);
    if ((events & PYR_LOOP_DRAIN) != 0) {
        close_listener(l);
        take_arrivals(l);
        l->drain_since_ns = l->now_ns;
        if (atomic_fetch_sub(&l->server->undrained, 1) == 1)
            pyr_http_server_quiet(l->server);
    }
    if ((events & PYR_LOOP_ABORT) != 0)
        each_connection(l, pyr_connection_close);
    if ((events & PYR_LOOP_STOP) != 0) {
        close_listener(l);
        each_connection(l, pyr_connection_close);
        uv_close((uv_handle_t *)&l->wake, on_stopped);
        uv_close((uv_handle_t *)&l->tick, on_stopped);
    }
}

static void on_tick(uv_timer_t *tick)
{
    struct pyr_loop *l = tick->data;
    l->now_ns = pyr_mono_ns();
    start_accepting(l);
    /* For a moment requests that are on their way are still answered. */
    if (l->drain_since_ns != 0 && l->now_ns - l->drain_since_ns >= DRAIN_GRACE_MS * PYR_NS_PER_MS)
        each_connection(l, drain_one);
    each_connection(l, pyr_connection_check);
}

/* Often enough to keep the shortest timeout within a quarter. */
static uint64_t tick_ms(const struct pyr_http_settings *s)
{
    const int64_t timeouts[] = {s->head_timeout_ns, s->body_timeout_ns, s->idle_timeout_ns, s->write_timeout_ns};
    int64_t ms = TICK_MS_MAX;
    for (size_t i = 0; i < PYR_COUNT_OF(timeouts); i++)
        if (timeouts[i] / 4 / PYR_NS_PER_MS < ms)
            ms = timeouts[i] / 4 / PYR_NS_PER_MS;
    return (uint64_t)(ms < TICK_MS_MIN ? TICK_MS_MIN : ms);
}

static void *run(void *arg)
{
    struct pyr_loop *l = arg;
    (void)uv_run(&l->uv, UV_RUN_DEFAULT);
    return NULL;
}

static int start_thread(struct pyr_loop *l)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int rc = pthread_create(&l->thread, NULL, run, l);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        (void)pthread_setname_np(l->thread, "pyr-net");
    return rc;
}

static void free_scratch(struct pyr_loop *l)
{
    pyr_free(l->headers);
    pyr_free(l->read);
}

static int open_handles(struct pyr_loop *l)
{
    struct pyr_http_server *s = l->server;
    l->wake.data = l->tick.data = l->accept.data = l;
    int rc = uv_async_init(&l->uv, &l->wake, on_wake);
    if (rc == 0)
        rc = uv_timer_init(&l->uv, &l->tick);
    if (rc == 0)
        rc = uv_timer_start(&l->tick, on_tick, tick_ms(&s->settings), tick_ms(&s->settings));
    if (rc == 0 && l == &s->loops[0]) {
        rc = uv_poll_init(&l->uv, &l->accept, s->listener);
        l->accept_open = rc == 0;
        start_accepting(l);
    }
    return rc;
}

pyr_err pyr_loop_start(struct pyr_loop *l, struct pyr_http_server *s)
{
    *l = (struct pyr_loop){.server = s, .now_ns = pyr_mono_ns(), .date_s = -1};
    l->waiting_last = &l->waiting;
    l->headers = pyr_calloc(s->settings.headers_max, sizeof(*l->headers));
    l->read = pyr_malloc(PYR_LOOP_READ_BYTES);
    if (l->headers == NULL || l->read == NULL || uv_loop_init(&l->uv) != 0) {
        free_scratch(l);
        return PYR_E_NOMEM;
    }
    /* A loop that fails here is never run: what it has opened ends with the process that could not start. */
    if (open_handles(l) != 0 || start_thread(l) != 0) {
        free_scratch(l);
        return PYR_E_IO;
    }
    return PYR_OK;
}

void pyr_loop_stop(struct pyr_loop *l)
{
    pyr_loop_post(l, PYR_LOOP_STOP);
    (void)pthread_join(l->thread, NULL);
    const int rc = uv_loop_close(&l->uv);
    PYR_ASSERT(rc == 0 && l->connections == NULL && l->finished == NULL);
    for (struct pyr_exchange *ex = l->spare, *next; ex != NULL; ex = next) {
        next = ex->next;
        pyr_arena_free(&ex->arena);
        pyr_buf_free(&ex->head);
        pyr_free(ex);
    }
    free_scratch(l);
}
