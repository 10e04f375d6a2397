#include "api/assets.h"
#include "api/api.h"
#include "codec/gzip.h"
#include "net/header_value.h"
#include "net/rpc.h"

enum { PLAIN_BYTES_MAX = 16 << 20, INDEX_LEVEL = 9 };

/* Everything the page needs is its own; scripts and styles are files. */
static const struct pyr_str content_policy =
    PYR_STR("default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            "worker-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'");

/* Paths that the page itself understands: one page for all of them. */
static const char *const page_paths[] = {
    "/",       "/explore", "/comparison",        "/comparison-diff", "/heatmap",          "/adhoc",
    "/status", "/tracing", "/service-discovery", "/adhoc-single",    "/adhoc-comparison", "/adhoc-comparison-diff",
};

/* ---- the archive ---- */

struct reader {
    struct pyr_span left;
    const uint8_t *base;
    struct pyr_diag *diag;
    pyr_err err;
};

static const uint8_t *take(struct reader *r, size_t n)
{
    if (r->err == PYR_OK && n > r->left.len)
        r->err = pyr_fail(r->diag, PYR_E_CORRUPT, "the page's archive ends early at byte %td", r->left.ptr - r->base);
    if (r->err != PYR_OK)
        return NULL;
    const uint8_t *at = r->left.ptr;
    r->left = (struct pyr_span){at + n, r->left.len - n};
    return at;
}

static uint32_t take_uint(struct reader *r, size_t bytes)
{
    const uint8_t *at = take(r, bytes);
    uint32_t v = 0;
    for (size_t i = 0; at != NULL && i < bytes; i++)
        v |= (uint32_t)at[i] << (8 * i);
    return v;
}

static struct pyr_str take_str(struct reader *r)
{
    const size_t len = take_uint(r, 2);
    return (struct pyr_str){(const char *)take(r, len), len};
}

static struct pyr_asset take_asset(struct reader *r)
{
    struct pyr_asset a = {.path = take_str(r), .content_type = take_str(r), .etag = take_str(r)};
    a.immutable = take_uint(r, 1) != 0;
    a.plain_bytes = take_uint(r, 4);
    a.gzip.len = take_uint(r, 4);
    a.gzip.ptr = take(r, a.gzip.len);
    return a;
}

pyr_err pyr_assets_read(struct pyr_span archive, struct pyr_asset *out, size_t max, size_t *count,
                        struct pyr_diag *diag)
{
    static const char magic[] = "PYRPAGE1";
    struct reader r = {.left = archive, .base = archive.ptr, .diag = diag};
    const uint8_t *found = take(&r, sizeof(magic) - 1);
    if (found == NULL || memcmp(found, magic, sizeof(magic) - 1) != 0)
        return pyr_fail(diag, PYR_E_CORRUPT, "the page's archive does not begin with %s", magic);
    const uint32_t files = take_uint(&r, 4);
    if (files > max)
        return pyr_fail(diag, PYR_E_TOOBIG, "the page has %u files, more than %zu", files, max);
    for (*count = 0; *count < files && r.err == PYR_OK; ++*count) {
        out[*count] = take_asset(&r);
        if (r.err == PYR_OK && *count != 0 && pyr_str_cmp(out[*count - 1].path, out[*count].path) >= 0)
            r.err = pyr_fail(diag, PYR_E_CORRUPT, "the page's archive is not sorted at file %zu", *count);
    }
    if (r.err == PYR_OK && r.left.len != 0)
        r.err = pyr_fail(diag, PYR_E_CORRUPT, "%zu bytes follow the page's archive", r.left.len);
    return r.err;
}

/* ---- serving ---- */

/* A file as it is sent. */
struct served {
    struct pyr_asset asset;
    struct pyr_str etag, etag_gzip; /* quoted; the two encodings are two representations */
};

static bool is_etag(struct pyr_str wanted, const struct served *s)
{
    if (pyr_str_starts(wanted, PYR_STR("W/"))) /* If-None-Match compares weakly */
        wanted = (struct pyr_str){wanted.ptr + 2, wanted.len - 2};
    return pyr_str_eq(wanted, s->etag) || pyr_str_eq(wanted, s->etag_gzip) || pyr_str_eq(wanted, PYR_STR("*"));
}

static bool client_has_it(const struct pyr_http_request *req, const struct served *s)
{
    struct pyr_str list = pyr_http_header(req, "if-none-match"), item;
    while (pyr_list_item(&list, &item))
        if (is_etag(item, s))
            return true;
    return false;
}

static void set_headers(struct pyr_http_response *res, const struct served *s, bool gzip)
{
    pyr_http_set_header(res, "etag", gzip ? s->etag_gzip : s->etag);
    pyr_http_set_header(res, "vary", PYR_STR("accept-encoding"));
    pyr_http_set_header(res, "cache-control",
                        s->asset.immutable ? PYR_STR("public, max-age=31536000, immutable") : PYR_STR("no-cache"));
    pyr_http_set_header(res, "content-security-policy", content_policy);
    pyr_http_set_header(res, "x-content-type-options", PYR_STR("nosniff"));
    pyr_http_set_header(res, "referrer-policy", PYR_STR("same-origin"));
}

static enum pyr_outcome serve(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    const struct served *s = ctx;
    const bool gzip = pyr_accept_encoding_gzip(pyr_http_header(req, "accept-encoding"));
    set_headers(res, s, gzip);
    res->body_is_final = true;
    if (client_has_it(req, s)) {
        res->status = 304;
        return PYR_RESPONSE_READY;
    }
    pyr_http_set_header(res, "content-type", s->asset.content_type);
    res->body_view = s->asset.gzip;
    if (gzip) {
        pyr_http_set_header(res, "content-encoding", PYR_STR("gzip"));
        return PYR_RESPONSE_READY;
    }
    struct pyr_diag diag = {0};
    const pyr_err err = pyr_gunzip(s->asset.gzip, s->asset.plain_bytes, req->arena, &res->body_view, &diag);
    if (err != PYR_OK)
        pyr_rpc_http_error(res, err, diag.message);
    return PYR_RESPONSE_READY;
}

/* Old bookmarks. */
static enum pyr_outcome redirect_to_page(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    const struct pyr_api *api = ctx;
    const struct pyr_str root = pyr_arena_printf(req->arena, "%s/", api->path_prefix);
    pyr_http_set_header(res, "location", root.ptr != NULL ? root : PYR_STR("/"));
    pyr_http_text(res, 302, "the page is at %s/", api->path_prefix);
    return PYR_RESPONSE_READY;
}

/* ---- at the start ---- */

static bool find_base(struct pyr_str html, struct pyr_str *before, struct pyr_str *after)
{
    static const char element[] = "<base href=\"/\">";
    const char *at = memmem(html.ptr, html.len, element, sizeof(element) - 1);
    if (at == NULL)
        return false;
    *before = (struct pyr_str){html.ptr, (size_t)(at - html.ptr)};
    *after = (struct pyr_str){at + sizeof(element) - 1, html.len - before->len - (sizeof(element) - 1)};
    return true;
}

/* The page under a path prefix: <base> says it, and the entity tag is another's. */
static pyr_err rebase(struct pyr_asset *index, const char *prefix, struct pyr_arena *arena, struct pyr_diag *diag)
{
    struct pyr_span plain;
    struct pyr_str before, after;
    PYR_TRY(pyr_gunzip(index->gzip, PLAIN_BYTES_MAX, arena, &plain, diag));
    if (!find_base(pyr_span_str(plain), &before, &after))
        return pyr_fail(diag, PYR_E_CORRUPT, "index.html has no <base href=\"/\">");
    const struct pyr_str html =
        pyr_arena_printf(arena, "%.*s<base href=\"%s/\">%.*s", PYR_STR_ARG(before), prefix, PYR_STR_ARG(after));
    struct pyr_buf gzip;
    pyr_buf_init(&gzip, PLAIN_BYTES_MAX);
    pyr_gzip(pyr_str_span(html), INDEX_LEVEL, &gzip);
    index->gzip = pyr_str_span(pyr_arena_str(arena, pyr_span_str(pyr_buf_span(&gzip))));
    const pyr_err err = gzip.err != PYR_OK || html.ptr == NULL || index->gzip.ptr == NULL ? PYR_E_NOMEM : PYR_OK;
    pyr_buf_free(&gzip);
    index->plain_bytes = (uint32_t)html.len;
    index->etag = pyr_arena_printf(arena, "%.*s-%s", PYR_STR_ARG(index->etag), prefix);
    return err;
}

static struct served *prepare(struct pyr_route_list *list, struct pyr_asset asset)
{
    struct served *s = PYR_ARENA_NEW(&list->arena, struct served);
    if (s == NULL) {
        list->err = PYR_E_NOMEM;
        return NULL;
    }
    s->asset = asset;
    s->etag = pyr_arena_printf(&list->arena, "\"%.*s\"", PYR_STR_ARG(asset.etag));
    s->etag_gzip = pyr_arena_printf(&list->arena, "\"%.*s-gzip\"", PYR_STR_ARG(asset.etag));
    return s;
}

static void add_page(struct pyr_api *api, struct pyr_route_list *list, struct pyr_asset index)
{
    struct pyr_diag diag = {0};
    if (api->path_prefix[0] != '\0' && rebase(&index, api->path_prefix, &list->arena, &diag) != PYR_OK)
        list->err = diag.code != PYR_OK ? diag.code : PYR_E_NOMEM;
    struct served *page = prepare(list, index);
    for (size_t i = 0; page != NULL && i < PYR_COUNT_OF(page_paths); i++)
        pyr_route_add(list, (struct pyr_route){"GET", page_paths[i], PYR_WORK_LOOP, serve, page});
}

static void add_file(struct pyr_route_list *list, struct pyr_asset asset)
{
    struct served *s = prepare(list, asset);
    const struct pyr_str path = pyr_arena_printf(&list->arena, "/%.*s", PYR_STR_ARG(asset.path));
    if (path.ptr == NULL)
        list->err = PYR_E_NOMEM;
    else if (s != NULL)
        pyr_route_add(list, (struct pyr_route){"GET", path.ptr, PYR_WORK_LOOP, serve, s});
}

void pyr_api_assets_routes(struct pyr_api *api, struct pyr_route_list *list)
{
    struct pyr_asset assets[PYR_ASSETS_MAX];
    size_t count = 0;
    bool page = false;
    const pyr_err err = pyr_assets_read(pyr_assets_embedded(), assets, PYR_ASSETS_MAX, &count, NULL);
    for (size_t i = 0; err == PYR_OK && i < count; i++) {
        if (pyr_str_eq(assets[i].path, PYR_STR("index.html"))) {
            add_page(api, list, assets[i]);
            page = true;
        } else {
            add_file(list, assets[i]);
        }
    }
    if (err != PYR_OK || !page)
        list->err = PYR_E_CORRUPT;
    pyr_route_add(list, (struct pyr_route){"GET", "/ui", PYR_WORK_LOOP, redirect_to_page, api});
}
