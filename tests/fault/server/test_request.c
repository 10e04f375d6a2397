/* Uploads and queries against the whole server with each allocation failing in turn, wherever it is made: every request is
 * answered or its connection closed, what was acknowledged is there, and afterwards all is well. */
#include "base/mem.h"
#include "server/server.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[] = "/tmp/pyr-fault-request-XXXXXX";
static struct pyr_settings settings;
static struct pyr_server *server;
static char answer[1 << 20];

static int set_up(void **state)
{
    char storage[128], address[] = "--api-bind-addr=127.0.0.1:0";
    char *argv[] = {storage, address}, *environment[] = {NULL};
    struct pyr_diag diag = {0};
    (void)state;
    (void)snprintf(storage, sizeof(storage), "--storage-path=%s", mkdtemp(folder));
    pyr_logging_setup(PYR_LOG_ERROR, PYR_LOG_LOGFMT, open("/dev/null", O_WRONLY));
    return pyr_settings_load(&settings, PYR_COUNT_OF(argv), argv, environment, &diag) != PYR_OK ||
           pyr_server_start(&settings, &server, &diag) != PYR_OK;
}

static int tear_down(void **state)
{
    char command[64];
    (void)state;
    pyr_server_stop(server);
    pyr_settings_free(&settings);
    (void)snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

/* One request on a connection of its own. The status, or 0 when the connection was closed without an answer. */
static int ask(const char *method, const char *target, const char *body)
{
    char request[1024];
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)pyr_server_port(server)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const struct timeval patience = {.tv_sec = 60}; /* an answer that never comes must not hang the suite */
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    (void)snprintf(request, sizeof(request),
                   "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", method, target,
                   strlen(body), body);
    (void)!send(fd, request, strlen(request), MSG_NOSIGNAL);
    size_t len = 0;
    ssize_t n;
    while ((n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0)
        len += (size_t)n;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        fail_msg("no answer to %s %s", method, target);
    answer[len] = '\0';
    (void)close(fd);
    int status = 0;
    (void)sscanf(answer, "HTTP/1.1 %d", &status);
    return status;
}

static int upload(uint64_t number)
{
    char target[128];
    (void)snprintf(target, sizeof(target), "/ingest?name=app%llu.cpu", (unsigned long long)number);
    return ask("POST", target, "main;work;deep 7\nmain;idle 1\n");
}

/* The sum of that upload: 8 samples of 10 ms, or 0. */
static int query(uint64_t number)
{
    char target[256];
    (void)snprintf(target, sizeof(target),
                   "/pyroscope/render?from=now-1h&until=now%%2B1h&query=process_cpu:cpu:nanoseconds:cpu:nanoseconds"
                   "%%7Bservice_name=%%22app%llu%%22%%7D",
                   (unsigned long long)number);
    return ask("GET", target, "");
}

static bool found(void)
{
    return strstr(answer, "\"numTicks\":80000000") != NULL;
}

static bool allowed(int status, bool fired)
{
    return status == 200 || (fired && (status == 0 || status >= 500 || status == 429));
}

static void test_uploads(void **state)
{
    (void)state;
    unsigned refused = 0;
    uint64_t quiet = 0; /* requests in a row that needed no allocation as late as that */
    for (uint64_t nth = 1; quiet < 3; nth++) {
        pyr_mem_fail_nth(nth);
        const int status = upload(nth);
        const bool fired = pyr_mem_failed();
        pyr_mem_fail_nth(0);
        if (!allowed(status, fired))
            fail_msg("allocation %llu: status %d: %s", (unsigned long long)nth, status, answer);
        assert_int_equal(query(nth), 200);
        if (status == 200 && !found())
            fail_msg("allocation %llu: acknowledged, but not there: %s", (unsigned long long)nth, answer);
        refused += status != 200;
        quiet = fired ? 0 : quiet + 1;
    }
    assert_true(refused > 5);
    assert_int_equal(upload(0), 200);
    assert_int_equal(query(0), 200);
    assert_true(found());
}

static void test_queries(void **state)
{
    (void)state;
    unsigned refused = 0;
    uint64_t quiet = 0;
    assert_int_equal(upload(1000000), 200);
    for (uint64_t nth = 1; quiet < 3; nth++) {
        pyr_mem_fail_nth(nth);
        const int status = query(1000000);
        const bool fired = pyr_mem_failed();
        pyr_mem_fail_nth(0);
        if (!allowed(status, fired) || (status == 200 && !found()))
            fail_msg("allocation %llu: status %d: %s", (unsigned long long)nth, status, answer);
        refused += status != 200;
        quiet = fired ? 0 : quiet + 1;
    }
    assert_true(refused > 5);
    assert_int_equal(query(1000000), 200);
    assert_true(found());
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_uploads), cmocka_unit_test(test_queries)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
