/* http1_parse.h - HTTP/1.1 request heads and chunked bodies after RFC 9112, strictly: pure functions over bytes, no I/O,
 * no allocation. What is ambiguous on the wire (and so could be read differently by a proxy in front of us) is refused:
 * bare LF, obs-fold, space before the colon, Content-Length with Transfer-Encoding, repeated Content-Length or Host,
 * control characters, chunk sizes that are not plain hexadecimal.
 *
 * A head is parsed in one go once its end was found; the scan for the end can be continued as bytes arrive and never
 * looks at a byte twice. Whether a head is taken does not depend on how it was cut into reads. */
#ifndef PYR_NET_HTTP1_PARSE_H
#define PYR_NET_HTTP1_PARSE_H
#include "base/span.h"
#include "net/http.h"

struct pyr_h1_error {
    int status; /* HTTP status to answer; 0 = none */
    const char *reason;
};

/* Progress of the search for the empty line that ends a head. Zero-initialised for a new head. */
struct pyr_h1_scan {
    size_t start; /* of the request line: empty lines before it are skipped */
    size_t line;  /* of the line being looked at */
    size_t at;    /* first byte not looked at yet */
};
enum pyr_h1_scan_result { PYR_H1_MORE, PYR_H1_FOUND, PYR_H1_BAD };
/* `bytes` are all bytes since the head began. FOUND: the head is bytes [scan->start, *end). BAD: `error` says why (bare
 * LF; 414 or 431 when the head does not end within head_bytes_max). */
enum pyr_h1_scan_result pyr_h1_scan(struct pyr_h1_scan *scan, struct pyr_span bytes, size_t head_bytes_max, size_t *end,
                                    struct pyr_h1_error *error);

struct pyr_h1_head {
    struct pyr_str method;
    struct pyr_str path;             /* raw, starts with '/' (or is "*" for OPTIONS) */
    struct pyr_str query;            /* raw, without '?' */
    int minor;                       /* HTTP/1.<minor>: 0 or 1 */
    struct pyr_http_header *headers; /* the array given */
    size_t header_count;
    bool chunked, has_length, keep_alive, expect_continue;
    uint64_t content_length;
};
/* Parses one complete head, `bytes` as found by the scan; header names are put into lower case in place. All views point
 * into `bytes`. False: `error` says what to answer. */
bool pyr_h1_parse(uint8_t *bytes, size_t len, struct pyr_http_header *headers, size_t headers_max,
                  struct pyr_h1_head *out, struct pyr_h1_error *error);

/* A chunked body, bytes in, data out. Zero-initialised for a new body. */
struct pyr_h1_chunked {
    uint8_t state;
    uint8_t digits;
    uint64_t left;      /* bytes of the current chunk still to come */
    uint32_t ext_bytes; /* chunk extensions so far, all chunks: bounded, nobody needs them */
    uint32_t trailer_bytes;
    bool trailer_name; /* within a trailer's name */
};
enum pyr_h1_chunk_result { PYR_H1_CHUNK_MORE, PYR_H1_CHUNK_DATA, PYR_H1_CHUNK_END, PYR_H1_CHUNK_BAD };
/* Takes a prefix of `in` (its length to *used). DATA: `*data` is a part of `in`, call again with the rest. MORE: all of
 * `in` is used up. END: the body and its trailers are complete; what follows is the next request. Trailers are checked
 * and dropped. */
enum pyr_h1_chunk_result pyr_h1_chunked(struct pyr_h1_chunked *c, struct pyr_span in, size_t *used,
                                        struct pyr_span *data);

/* A request target: visible bytes, origin-form or absolute-form ("*" for OPTIONS); cut into raw path and query. */
bool pyr_h1_target(struct pyr_str target, struct pyr_str method, struct pyr_str *path, struct pyr_str *query);
/* token of RFC 9110 (names, methods). */
bool pyr_h1_is_token(struct pyr_str s);
/* A field value: no control characters but HTAB. */
bool pyr_h1_is_value(struct pyr_str s);
#endif
