/* The page's archive and how it is served, and the probes: over a real server on loopback. */
#include "api/api.h"
#include "api/assets.h"
#include "base/mem.h"
#include "base/time.h"
#include "codec/gzip.h"
#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the archive ---- */

static struct pyr_asset assets[PYR_ASSETS_MAX];

static void put_uint(struct pyr_buf *b, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        pyr_buf_byte(b, (uint8_t)(v >> (8 * i)));
}

static void put_str(struct pyr_buf *b, const char *s)
{
    put_uint(b, (uint32_t)strlen(s), 2);
    pyr_buf_append(b, s, strlen(s));
}

static void put_file(struct pyr_buf *b, const char *path, bool immutable, const char *body)
{
    put_str(b, path);
    put_str(b, "text/plain");
    put_str(b, "e7a9");
    put_uint(b, immutable, 1);
    put_uint(b, 100, 4);
    put_uint(b, (uint32_t)strlen(body), 4);
    pyr_buf_append(b, body, strlen(body));
}

static struct pyr_buf small_archive(void)
{
    struct pyr_buf b;
    pyr_buf_init(&b, 1 << 16);
    pyr_buf_str(&b, PYR_STR("PYRPAGE1"));
    put_uint(&b, 2, 4);
    put_file(&b, "a.js", true, "gzip of a");
    put_file(&b, "index.html", false, "gzip of index");
    return b;
}

static void test_archive(void **state)
{
    (void)state;
    struct pyr_buf b = small_archive();
    size_t count;
    assert_int_equal(pyr_assets_read(pyr_buf_span(&b), assets, 10, &count, NULL), PYR_OK);
    assert_int_equal(count, 2);
    assert_true(pyr_str_eq(assets[0].path, PYR_STR("a.js")) && assets[0].immutable);
    assert_true(pyr_str_eq(assets[1].etag, PYR_STR("e7a9")) && !assets[1].immutable);
    assert_true(pyr_str_eq(pyr_span_str(assets[1].gzip), PYR_STR("gzip of index")));
    assert_int_equal(assets[1].plain_bytes, 100);
    assert_int_equal(pyr_assets_read(pyr_buf_span(&b), assets, 1, &count, NULL), PYR_E_TOOBIG);
    /* Cut anywhere (in memory of exactly that size, so that a read past the end is seen), or with anything added. */
    for (size_t n = 0; n < b.len; n++) {
        struct pyr_diag diag = {0};
        uint8_t *cut = pyr_malloc(n);
        memcpy(cut, b.data, n);
        assert_int_equal(pyr_assets_read((struct pyr_span){cut, n}, assets, 10, &count, &diag), PYR_E_CORRUPT);
        assert_true(diag.message[0] != '\0');
        pyr_free(cut);
    }
    pyr_buf_byte(&b, 0);
    assert_int_equal(pyr_assets_read(pyr_buf_span(&b), assets, 10, &count, NULL), PYR_E_CORRUPT);
    pyr_buf_free(&b);
}

static void test_archive_must_be_sorted(void **state)
{
    (void)state;
    struct pyr_buf b;
    size_t count;
    pyr_buf_init(&b, 1 << 16);
    pyr_buf_str(&b, PYR_STR("PYRPAGE1"));
    put_uint(&b, 2, 4);
    put_file(&b, "b", true, "");
    put_file(&b, "a", true, "");
    assert_int_equal(pyr_assets_read(pyr_buf_span(&b), assets, 10, &count, NULL), PYR_E_CORRUPT);
    pyr_buf_free(&b);
}

/* What ui/pack.mjs wrote: every body inflates to the size it names, and the page can be put under a prefix. */
static void test_embedded(void **state)
{
    (void)state;
    size_t count;
    unsigned pages = 0;
    struct pyr_arena arena;
    pyr_arena_init(&arena, 64 << 20, NULL);
    assert_int_equal(pyr_assets_read(pyr_assets_embedded(), assets, PYR_ASSETS_MAX, &count, NULL), PYR_OK);
    for (size_t i = 0; i < count; i++) {
        struct pyr_span plain;
        assert_int_equal(pyr_gunzip(assets[i].gzip, assets[i].plain_bytes, &arena, &plain, NULL), PYR_OK);
        assert_int_equal(plain.len, assets[i].plain_bytes);
        if (pyr_str_eq(assets[i].path, PYR_STR("index.html"))) {
            assert_non_null(memmem(plain.ptr, plain.len, "<base href=\"/\">", 15));
            assert_false(assets[i].immutable);
            pages++;
        }
    }
    assert_int_equal(pages, 1);
    pyr_arena_free(&arena);
}

/* ---- the server ---- */

struct served {
    struct pyr_api api;
    struct pyr_route_list routes;
    struct pyr_pool *pool;
    struct pyr_http_server *http;
};

static void start(struct served *s, const char *prefix)
{
    struct pyr_http_settings settings;
    struct pyr_diag diag = {0};
    *s = (struct served){.api.path_prefix = prefix};
    pyr_route_list_init(&s->routes);
    pyr_api_admin_routes(&s->api, &s->routes);
    pyr_api_assets_routes(&s->api, &s->routes);
    assert_int_equal(s->routes.err, PYR_OK);
    assert_int_equal(pyr_pool_create("test", 1, 10, 0, &s->pool), PYR_OK);
    pyr_http_settings_default(&settings);
    settings.address = "127.0.0.1:0";
    settings.loops = 1;
    settings.ingest_pool = settings.query_pool = s->pool;
    settings.routes = s->routes.items;
    settings.route_count = s->routes.count;
    settings.path_prefix = prefix;
    if (pyr_http_server_start(&settings, &s->http, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
}

static void stop(struct served *s)
{
    pyr_http_server_drain(s->http, 5 * PYR_NS_PER_S);
    pyr_http_server_free(s->http);
    pyr_pool_stop(s->pool);
    pyr_route_list_free(&s->routes);
}

static char answer[1 << 20];

/* The whole answer, terminated, in `answer`; returns the status. */
static int get(const struct served *s, const char *path, const char *headers)
{
    char request[1024];
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)pyr_http_server_port(s->http)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", path,
                   headers);
    assert_int_equal(write(fd, request, strlen(request)), strlen(request));
    size_t len = 0;
    for (ssize_t n; (n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0;)
        len += (size_t)n;
    answer[len] = '\0';
    (void)close(fd);
    int status = 0;
    assert_int_equal(sscanf(answer, "HTTP/1.1 %d", &status), 1);
    return status;
}

static bool has(const char *text)
{
    return strstr(answer, text) != NULL;
}

/* The value of a header of the last answer. */
static void header(const char *name, char *out, size_t room)
{
    const char *at = strcasestr(answer, name);
    assert_non_null(at);
    at += strlen(name);
    at += strspn(at, ": ");
    (void)snprintf(out, room, "%.*s", (int)strcspn(at, "\r"), at);
}

static void test_page(void **state)
{
    (void)state;
    struct served s;
    char etag[128], condition[256];
    start(&s, "");
    const char *paths[] = {"/", "/explore", "/comparison", "/comparison-diff", "/?query=x"};
    for (size_t i = 0; i < PYR_COUNT_OF(paths); i++) {
        assert_int_equal(get(&s, paths[i], ""), 200);
        assert_true(has("<base href=\"/\">")); /* plain for a client that takes no gzip */
        assert_true(strcasestr(answer, "content-type: text/html") != NULL);
        assert_true(strcasestr(answer, "cache-control: no-cache") != NULL);
        assert_true(strcasestr(answer, "x-content-type-options: nosniff") != NULL);
        assert_true(strcasestr(answer, "content-security-policy: default-src 'self';") != NULL);
        assert_false(has("unsafe-inline"));
    }
    header("etag", etag, sizeof(etag));
    (void)snprintf(condition, sizeof(condition), "If-None-Match: \"other\", W/%s\r\n", etag);
    assert_int_equal(get(&s, "/", condition), 304);
    assert_false(has("<base"));
    assert_int_equal(get(&s, "/", "If-None-Match: \"other\"\r\n"), 200);
    /* gzip is another representation with a tag of its own */
    assert_int_equal(get(&s, "/", "Accept-Encoding: gzip\r\n"), 200);
    assert_true(strcasestr(answer, "content-encoding: gzip") != NULL);
    assert_null(strstr(answer, etag));
    assert_int_equal(get(&s, "/nothing-here", ""), 404);
    assert_int_equal(get(&s, "/index.htm", ""), 404);
    assert_int_equal(get(&s, "/assets/../api/page.bin", ""), 404);
    assert_int_equal(get(&s, "/ui", ""), 302);
    assert_true(strcasestr(answer, "location: /\r\n") != NULL);
    stop(&s);
}

static void test_page_under_a_prefix(void **state)
{
    (void)state;
    struct served s;
    char etag[128], condition[256];
    start(&s, "");
    assert_int_equal(get(&s, "/", ""), 200);
    header("etag", etag, sizeof(etag));
    stop(&s);
    start(&s, "/pyro");
    (void)snprintf(condition, sizeof(condition), "If-None-Match: %s\r\n", etag);
    assert_int_equal(get(&s, "/pyro/", condition), 200); /* not the same page */
    assert_true(has("<base href=\"/pyro/\">"));
    assert_false(has("<base href=\"/\">"));
    assert_int_equal(get(&s, "/pyro/ui", ""), 302);
    assert_true(strcasestr(answer, "location: /pyro/\r\n") != NULL);
    stop(&s);
}

/* Every file of the archive is served under its path, for ever when its name has the hash. */
static void test_files(void **state)
{
    (void)state;
    struct served s;
    size_t count;
    start(&s, "");
    assert_int_equal(pyr_assets_read(pyr_assets_embedded(), assets, PYR_ASSETS_MAX, &count, NULL), PYR_OK);
    for (size_t i = 0; i < count; i++) {
        char path[256];
        if (pyr_str_eq(assets[i].path, PYR_STR("index.html")))
            continue;
        (void)snprintf(path, sizeof(path), "/%.*s", PYR_STR_ARG(assets[i].path));
        assert_int_equal(get(&s, path, "Accept-Encoding: gzip\r\n"), 200);
        assert_int_equal(assets[i].immutable, has("immutable"));
    }
    stop(&s);
}

static void test_probes(void **state)
{
    (void)state;
    struct served s;
    start(&s, "");
    assert_int_equal(get(&s, "/ready", ""), 200);
    assert_true(has("\r\n\r\nready"));
    assert_int_equal(get(&s, "/healthz", ""), 200);
    assert_true(has("\r\n\r\nserver is ready"));
    assert_int_equal(get(&s, "/metrics", ""), 200);
    assert_true(strcasestr(answer, "content-type: text/plain; version=0.0.4") != NULL);
    assert_true(has("\n# TYPE pyroscope_http_connections_total counter\n"));
    assert_int_equal(get(&s, "/api/v1/status/buildinfo", ""), 200);
    assert_true(has("{\"status\":\"success\",\"data\":{\"version\":\""));
    assert_true(has("\"goVersion\":\"\"}}"));
    assert_int_equal(get(&s, "/build", ""), 200);
    assert_true(has("\"useEmbeddedAssets\":true}"));
    atomic_store(&s.api.draining, true);
    assert_int_equal(get(&s, "/ready", ""), 503);
    assert_int_equal(get(&s, "/healthz", ""), 200);
    stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archive),  cmocka_unit_test(test_archive_must_be_sorted),
        cmocka_unit_test(test_embedded), cmocka_unit_test(test_page),
        cmocka_unit_test(test_files),    cmocka_unit_test(test_page_under_a_prefix),
        cmocka_unit_test(test_probes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
