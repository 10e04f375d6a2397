/* Header values, percent-encoding, routes, status words, gRPC framing: tables. */
#include "base/time.h"
#include "net/grpc_frame.h"
#include "net/header_value.h"
#include "net/routes.h"
#include "net/status.h"

static void accept(void **state)
{
    (void)state;
    static const char *const good[] = {
        "",
        "*/*",
        "text/html",
        "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
        "*/*;allow-utf8-labelnames=true",
        "application/json;v=\"a,b;c\\\"d\";x=y , text/plain",
        "text/plain;",
        "text/plain; q=0.5;",
        "text",
        ",text/plain,,",
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,*/*;q=0.1",
    };
    static const char *const bad[] = {
        "/",         "text/",       "/html", "text/html/x", "text html", "text/html;q", "text/html;=1", "text/html;q=",
        "a/b;c=\"d", "a/b;c=\"d\\", "a/b c", "\"a\"/b",     "a/b;c=d e", "a@b/c",       "(a)",
    };
    for (size_t i = 0; i < PYR_COUNT_OF(good); i++)
        if (!pyr_accept_valid(pyr_str_of(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < PYR_COUNT_OF(bad); i++)
        if (pyr_accept_valid(pyr_str_of(bad[i])))
            fail_msg("taken: %s", bad[i]);
}

static void accept_encoding(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool gzip;
    } cases[] = {
        {"", false},
        {"gzip", true},
        {"GZIP", true},
        {"x-gzip", true},
        {"deflate, gzip;q=1.0, *;q=0.5", true},
        {"gzip;q=0", false},
        {"gzip; q=0.000", false},
        {"gzip;q=0.001", true},
        {"*", true},
        {"*;q=0", false},
        {"*;q=1, gzip;q=0", false},
        {"gzip;q=0, *", false},
        {"identity", false},
        {"br, zstd", false},
        {"gzipx", false},
        {"identity;q=1, *;q=0", false},
        {"br;q=1.0, gzip;q=0.8, *;q=0.1", true},
        {"gzip;Q=0", false},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++)
        if (pyr_accept_encoding_gzip(pyr_str_of(cases[i].value)) != cases[i].gzip)
            fail_msg("%s", cases[i].value);
}

static void media_types(void **state)
{
    (void)state;
    assert_true(pyr_str_eq(pyr_media_type(PYR_STR(" application/json ; charset=utf-8")), PYR_STR("application/json")));
    assert_true(pyr_media_charset_utf8(PYR_STR("application/json")));
    assert_true(pyr_media_charset_utf8(PYR_STR("application/json; charset=UTF-8")));
    assert_true(pyr_media_charset_utf8(PYR_STR("application/json;x=y;charset=\"utf-8\"")));
    assert_false(pyr_media_charset_utf8(PYR_STR("application/json; charset=latin1")));
}

static void percent(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out; /* NULL: refused */
        bool plus;
    } cases[] = {
        {"", "", false},       {"abc", "abc", false},       {"a%20b", "a b", false},
        {"a+b", "a+b", false}, {"a+b", "a b", true},        {"%7Bk%3dv%7d", "{k=v}", false},
        {"%", NULL, false},    {"%2", NULL, false},         {"%2g", NULL, false},
        {"a%zz", NULL, true},  {"%25%32%35", "%25", false}, {"%d0%bf", "\xd0\xbf", false},
    };
    struct pyr_arena arena;
    pyr_arena_init(&arena, 1 << 16, NULL);
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        struct pyr_str out;
        const bool ok = pyr_percent_decode(&arena, pyr_str_of(cases[i].in), cases[i].plus, &out);
        assert_int_equal(ok, cases[i].out != NULL);
        if (ok)
            assert_true(pyr_str_eq(out, pyr_str_of(cases[i].out)));
    }
    pyr_arena_free(&arena);
}

static void query(void **state)
{
    (void)state;
    static const char text[] =
        "name=a%7Bk%3Dv%7D&matchers=x&empty=&bare&matchers=y+z&%6d%61x=5&bad=%zz&a=b=c&&&name=second";
    static const struct {
        const char *name;
        size_t k;
        const char *value; /* NULL: absent */
    } cases[] = {
        {"name", 0, "a{k=v}"}, {"name", 1, "second"}, {"name", 2, NULL}, {"matchers", 0, "x"}, {"matchers", 1, "y z"},
        {"matchers", 2, NULL}, {"empty", 0, ""},      {"bare", 0, ""},   {"max", 0, "5"},      {"bad", 0, NULL},
        {"a", 0, "b=c"},       {"nam", 0, NULL},      {"Name", 0, NULL},
    };
    struct pyr_arena arena;
    pyr_arena_init(&arena, 1 << 16, NULL);
    const struct pyr_http_request req = {.query = pyr_str_of(text), .arena = &arena};
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        struct pyr_str value;
        const bool found = pyr_http_query(&req, cases[i].name, cases[i].k, &value);
        if (found != (cases[i].value != NULL) || (found && !pyr_str_eq(value, pyr_str_of(cases[i].value))))
            fail_msg("%s[%zu]", cases[i].name, cases[i].k);
    }
    pyr_arena_free(&arena);
}

/* Headers keep their one value; what could end a header or overflow the list is left out. */
static void response_headers(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i",
                                        "j", "k", "l", "m", "n", "o", "p", "q", "r"};
    struct pyr_http_response res = {.status = 200};
    pyr_http_set_header(&res, "a", PYR_STR("1"));
    pyr_http_set_header(&res, "a", PYR_STR("2"));
    pyr_http_set_header(&res, "b", PYR_STR("x\r\nSet-Cookie: y"));
    assert_int_equal(res.header_count, 1);
    assert_true(pyr_str_eq(res.headers[0].value, PYR_STR("2")));
    for (size_t i = 0; i < PYR_COUNT_OF(names); i++)
        pyr_http_set_header(&res, names[i], PYR_STR("v"));
    assert_int_equal(res.header_count, PYR_HTTP_RESPONSE_HEADERS_MAX);
}

static enum pyr_outcome nothing(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx;
    (void)req;
    (void)res;
    return PYR_RESPONSE_READY;
}

static void routes(void **state)
{
    (void)state;
    static const struct pyr_route table[] = {
        {.methods = "GET", .path = "/assets/*", .handler = nothing},
        {.methods = "POST", .path = "/ingest", .handler = nothing},
        {.methods = "GET", .path = "/x", .handler = nothing},
        {.methods = "POST,PUT", .path = "/x", .handler = nothing},
        {.methods = "GET", .path = "/assets/js/*", .handler = nothing},
        {.methods = "GET", .path = "/", .handler = nothing},
    };
    static const struct {
        const char *path, *method;
        int found; /* index, or -1 */
        const char *allow;
    } cases[] = {
        {"/ingest", "POST", 1, ""},
        {"/ingest", "GET", -1, "POST"},
        {"/ingest/", "POST", -1, ""},
        {"/ingesT", "POST", -1, ""},
        {"/x", "GET", 2, ""},
        {"/x", "HEAD", 2, ""},
        {"/x", "PUT", 3, ""},
        {"/x", "get", -1, "GET, POST, PUT"},
        {"/assets/", "GET", 0, ""},
        {"/assets/a", "GET", 0, ""},
        {"/assets/js/a", "GET", 4, ""},
        {"/assets/js/a", "POST", -1, "GET"},
        {"/assets", "GET", -1, ""},
        {"/", "GET", 5, ""},
        {"", "GET", -1, ""},
    };
    struct pyr_routes r;
    assert_int_equal(pyr_routes_init(&r, table, PYR_COUNT_OF(table), "/base/"), PYR_OK);
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        char allow[64];
        const struct pyr_route *found =
            pyr_routes_find(&r, pyr_str_of(cases[i].path), pyr_str_of(cases[i].method), allow, sizeof(allow));
        const struct pyr_route *expected = cases[i].found >= 0 ? &table[cases[i].found] : NULL;
        if (found != expected || strcmp(allow, cases[i].allow) != 0)
            fail_msg("%s %s: allow \"%s\"", cases[i].method, cases[i].path, allow);
    }
    assert_true(pyr_str_eq(pyr_routes_strip(&r, PYR_STR("/base/x")), PYR_STR("/x")));
    assert_true(pyr_str_eq(pyr_routes_strip(&r, PYR_STR("/base")), PYR_STR("/")));
    assert_true(pyr_str_eq(pyr_routes_strip(&r, PYR_STR("/basement")), PYR_STR("/basement")));
    assert_true(pyr_str_eq(pyr_routes_strip(&r, PYR_STR("/x")), PYR_STR("/x")));
    pyr_routes_free(&r);
}

/* Every code has a row, and gRPC numbers, Connect words and Connect's HTTP statuses belong together as the Connect
 * protocol's own table has it. */
static void statuses(void **state)
{
    (void)state;
    static const struct {
        int grpc;
        const char *connect;
        int http;
    } protocol[] = {
        {1, "canceled", 499},           {3, "invalid_argument", 400}, {4, "deadline_exceeded", 504},
        {5, "not_found", 404},          {6, "already_exists", 409},   {7, "permission_denied", 403},
        {8, "resource_exhausted", 429}, {12, "unimplemented", 501},   {13, "internal", 500},
        {14, "unavailable", 503},       {16, "unauthenticated", 401},
    };
    for (int code = 1; code < PYR_E_COUNT; code++) {
        const struct pyr_status *s = pyr_status_of(-code);
        bool known = false;
        for (size_t i = 0; i < PYR_COUNT_OF(protocol); i++)
            known = known || (protocol[i].grpc == s->grpc && strcmp(protocol[i].connect, s->connect) == 0);
        assert_true(known);
        assert_true(s->http >= 400 && s->http < 600);
        assert_string_not_equal(pyr_status_reason(s->http), "Status");
    }
    assert_int_equal(pyr_status_of(PYR_E_LIMIT)->http, 429);
    assert_int_equal(pyr_status_of(-999)->http, 500);
    assert_int_equal(pyr_status_of(7)->http, 500);
}

static void grpc_timeouts(void **state)
{
    (void)state;
    int64_t ns;
    assert_true(pyr_grpc_timeout(PYR_STR("100m"), &ns) && ns == 100 * PYR_NS_PER_MS);
    assert_true(pyr_grpc_timeout(PYR_STR("1S"), &ns) && ns == PYR_NS_PER_S);
    assert_true(pyr_grpc_timeout(PYR_STR("2M"), &ns) && ns == 120 * PYR_NS_PER_S);
    assert_true(pyr_grpc_timeout(PYR_STR("3u"), &ns) && ns == 3000);
    assert_true(pyr_grpc_timeout(PYR_STR("0n"), &ns) && ns == 0);
    assert_true(pyr_grpc_timeout(PYR_STR("99999999H"), &ns) && ns > 1000 * 3600 * PYR_NS_PER_S);
    static const char *const bad[] = {"", "S", "100", "100x", "-1S", "123456789S", "1 S", "1.5S", "1s"};
    for (size_t i = 0; i < PYR_COUNT_OF(bad); i++)
        assert_false(pyr_grpc_timeout(pyr_str_of(bad[i]), &ns));
}

static void grpc_messages(void **state)
{
    (void)state;
    struct pyr_buf out;
    pyr_buf_init(&out, 1024);
    pyr_grpc_message(&out, PYR_STR("100% \xc3\xa9\n~"));
    assert_true(pyr_str_eq(pyr_span_str(pyr_buf_span(&out)), PYR_STR("100%25 %C3%A9%0A~")));
    pyr_buf_free(&out);

    static const struct {
        pyr_err err;
        const char *body;
        size_t len, message_len;
    } cases[] = {
        {PYR_E_UNIMPLEMENTED, "", 0, 0},
        {PYR_E_INVALID, "\0\0\0\0", 4, 0},
        {PYR_OK, "\0\0\0\0\0", 5, 0},
        {PYR_OK, "\1\0\0\0\2ab", 7, 2},
        {PYR_E_INVALID, "\0\0\0\0\2a", 6, 0},
        {PYR_E_INVALID,
         "\0\xff\xff\xff\xff"
         "a",
         6, 0},
        {PYR_E_INVALID, "\2\0\0\0\0", 5, 0},
        {PYR_E_UNIMPLEMENTED, "\0\0\0\0\0\0\0\0\0\0", 10, 0},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        struct pyr_span message;
        bool compressed;
        const pyr_err err = pyr_grpc_unary((struct pyr_span){(const uint8_t *)cases[i].body, cases[i].len}, &message,
                                           &compressed, NULL);
        assert_int_equal(err, cases[i].err);
        if (err == PYR_OK) {
            assert_int_equal(message.len, cases[i].message_len);
            assert_int_equal(compressed, cases[i].body[0]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept),        cmocka_unit_test(accept_encoding), cmocka_unit_test(media_types),
        cmocka_unit_test(percent),       cmocka_unit_test(query),           cmocka_unit_test(response_headers),
        cmocka_unit_test(routes),        cmocka_unit_test(statuses),        cmocka_unit_test(grpc_timeouts),
        cmocka_unit_test(grpc_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
