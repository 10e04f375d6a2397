#include "http_client/http_client.h"
#include "base/time.h"
#include "base/version.h"
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>

/* The program's whole life: libcurl's own clean-up is for libraries that get unloaded. */
static void set_up(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct pyr_buf *body = ctx;
    pyr_buf_append(body, bytes, size * count);
    return body->err == PYR_OK ? size * count : CURL_WRITEFUNC_ERROR;
}

static struct curl_slist *header_list(const char *const *headers)
{
    /* Without an "Expect: 100-continue" that costs a round trip. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (; list != NULL && headers != NULL && *headers != NULL; headers++) {
        struct curl_slist *longer = curl_slist_append(list, *headers);
        if (longer == NULL)
            curl_slist_free_all(list);
        list = longer;
    }
    return list;
}

static pyr_err error_of(CURLcode code, bool connected, const struct pyr_http_reply *reply)
{
    switch (code) {
    case CURLE_OK:
        return PYR_OK;
    case CURLE_URL_MALFORMAT:
        return PYR_E_INVALID;
    case CURLE_UNSUPPORTED_PROTOCOL: /* of the URL; or the answer is no HTTP, once there is a connection */
        return connected ? PYR_E_UNAVAILABLE : PYR_E_INVALID;
    case CURLE_OPERATION_TIMEDOUT:
        return PYR_E_DEADLINE;
    case CURLE_OUT_OF_MEMORY:
        return PYR_E_NOMEM;
    case CURLE_WRITE_ERROR:
        return reply->body.err != PYR_OK ? reply->body.err : PYR_E_UNAVAILABLE;
    default:
        return PYR_E_UNAVAILABLE;
    }
}

static void set_options(CURL *curl, const struct pyr_http_call *call, struct curl_slist *headers,
                        struct pyr_http_reply *reply, char *why)
{
    (void)curl_easy_setopt(curl, CURLOPT_URL, call->url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(call->timeout_ns / PYR_NS_PER_MS) + 1); /* 0 is for ever */
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply->body);
}

static void set_user_agent(CURL *curl)
{
    char agent[64];
    (void)snprintf(agent, sizeof(agent), "pyroscope/%s", pyr_version);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, agent); /* copied */
}

static pyr_err run(CURL *curl, const struct pyr_http_call *call, const struct pyr_span *body,
                   struct pyr_http_reply *reply, struct pyr_diag *diag)
{
    char why[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = header_list(call->headers);
    if (headers == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "%s: no memory for the request", call->url);
    set_options(curl, call, headers, reply, why);
    set_user_agent(curl);
    if (body != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->len != 0 ? (const char *)body->ptr : "");
    }
    const CURLcode code = curl_easy_perform(curl);
    long status = 0, port = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(curl, CURLINFO_PRIMARY_PORT, &port);
    curl_slist_free_all(headers);
    reply->status = (int)status;
    const pyr_err err = error_of(code, port != 0, reply);
    if (err == PYR_E_TOOBIG)
        return pyr_fail(diag, err, "%s: the answer is larger than %zu bytes", call->url, reply->body.max);
    return err == PYR_OK ? err
                         : pyr_fail(diag, err, "%s: %s", call->url, why[0] != '\0' ? why : curl_easy_strerror(code));
}

static pyr_err request(const struct pyr_http_call *call, const struct pyr_span *body, struct pyr_http_reply *reply,
                       struct pyr_diag *diag)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, set_up);
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "%s: no memory for the request", call->url);
    const pyr_err err = run(curl, call, body, reply, diag);
    curl_easy_cleanup(curl);
    return err;
}

pyr_err pyr_http_get(const struct pyr_http_call *call, struct pyr_http_reply *reply, struct pyr_diag *diag)
{
    return request(call, NULL, reply, diag);
}

pyr_err pyr_http_post(const struct pyr_http_call *call, struct pyr_span body, struct pyr_http_reply *reply,
                      struct pyr_diag *diag)
{
    return request(call, &body, reply, diag);
}
