#include "cli/remote.h"
#include "base/time.h"
#include "codec/json.h"
#include "http_client/http_client.h"
#include <stdlib.h>

enum { URL_BYTES_MAX = 64 << 10, ERROR_ARENA_BYTES = 1 << 20, TIMEOUT_S = 120 };

static pyr_err take_variable(struct pyr_options *o, const char *name, const char *variable, struct pyr_diag *diag)
{
    const char *value = getenv(variable);
    return value == NULL
               ? PYR_OK
               : pyr_options_set(o, pyr_str_of(name), pyr_str_of(value), PYR_FROM_ENVIRONMENT, variable, diag);
}

pyr_err pyr_remote_options(struct pyr_options *o, const struct pyr_option *table, size_t count, void *values,
                           struct pyr_arena *arena, int argc, char **argv, const char **rest, int *rest_count,
                           struct pyr_diag *diag)
{
    PYR_TRY(pyr_options_init(o, table, count, values, arena, diag));
    PYR_TRY(take_variable(o, "server", "PYROSCOPE_SERVER", diag));
    PYR_TRY(take_variable(o, "tenant", "PYROSCOPE_TENANT", diag));
    return pyr_options_flags(o, argc, argv, rest, rest_count, diag);
}

static bool unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;
}

void pyr_remote_param(struct pyr_buf *path, const char *name, const char *value)
{
    const bool first = pyr_str_find(pyr_span_str(pyr_buf_span(path)), '?') < 0;
    pyr_buf_printf(path, "%c%s=", first ? '?' : '&', name);
    for (; *value != '\0'; value++) {
        if (unreserved(*value))
            pyr_buf_byte(path, (uint8_t)*value);
        else
            pyr_buf_printf(path, "%%%02X", (unsigned char)*value);
    }
}

/* The "message" of a JSON error; otherwise the first line of the text. */
static struct pyr_str error_message(struct pyr_span body, struct pyr_arena *arena)
{
    const json_t *json;
    if (pyr_json_load(body, arena, &json, NULL) == PYR_OK && json_is_string(json_object_get(json, "message")))
        return pyr_json_text(json_object_get(json, "message"));
    struct pyr_str text = pyr_span_str(body);
    const ptrdiff_t newline = pyr_str_find(text, '\n');
    text.len = newline >= 0 ? (size_t)newline : text.len;
    return text;
}

static pyr_err check_status(const struct pyr_http_reply *reply, struct pyr_diag *diag)
{
    if (reply->status == 200)
        return PYR_OK;
    struct pyr_arena arena;
    pyr_arena_init(&arena, ERROR_ARENA_BYTES, NULL);
    const struct pyr_str message = error_message(pyr_buf_span(&reply->body), &arena);
    const pyr_err err =
        pyr_fail(diag, PYR_E_INVALID, "the server answered %d: %.*s", reply->status, PYR_STR_ARG(message));
    pyr_arena_free(&arena);
    return err;
}

/* The URL's own path stays, its trailing slash goes. Without a scheme it is http. */
static void put_url(struct pyr_buf *url, const char *server, struct pyr_str path)
{
    struct pyr_str base = pyr_str_of(server);
    while (pyr_str_ends(base, PYR_STR("/")))
        base.len--;
    if (strstr(server, "://") == NULL)
        pyr_buf_str(url, PYR_STR("http://"));
    pyr_buf_str(url, base);
    pyr_buf_str(url, path);
    pyr_buf_byte(url, '\0');
}

pyr_err pyr_remote_post(const struct pyr_remote *r, struct pyr_str path, const char *content_type, struct pyr_span body,
                        struct pyr_buf *reply, struct pyr_diag *diag)
{
    struct pyr_buf url;
    char type[128], tenant[256];
    pyr_buf_init(&url, URL_BYTES_MAX);
    put_url(&url, r->server, path);
    (void)snprintf(type, sizeof(type), "Content-Type: %s", content_type);
    (void)snprintf(tenant, sizeof(tenant), "X-Scope-OrgID: %s", r->tenant);
    const char *const headers[] = {type, r->tenant[0] != '\0' ? tenant : NULL, NULL};
    const struct pyr_http_call call = {(const char *)url.data, headers, TIMEOUT_S * PYR_NS_PER_S};
    struct pyr_http_reply answer = {.body = *reply};
    pyr_err err =
        url.err != PYR_OK ? pyr_fail(diag, url.err, "the URL is too long") : pyr_http_post(&call, body, &answer, diag);
    *reply = answer.body;
    if (err == PYR_OK)
        err = check_status(&answer, diag);
    pyr_buf_free(&url);
    return err;
}
