/* header_value.h - what header values and URLs mean: media types, q-values, percent-encoding. Pure functions. */
#ifndef PYR_NET_HEADER_VALUE_H
#define PYR_NET_HEADER_VALUE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

/* A list of media ranges as Accept has it ("text/html;q=0.8, *; q=.2"): types, parameters, quoted strings. */
bool pyr_accept_valid(struct pyr_str value);
/* The media type without parameters and spaces: "application/json" of "application/json; charset=utf-8". */
struct pyr_str pyr_media_type(struct pyr_str content_type);
/* False when there is a charset parameter and it is not UTF-8. */
bool pyr_media_charset_utf8(struct pyr_str content_type);
/* Whether Accept-Encoding lets an answer be gzipped (RFC 9110 12.5.3: q=0 forbids, "*" stands for the unnamed). */
bool pyr_accept_encoding_gzip(struct pyr_str value);

/* Decodes %XX (and '+' as a space where asked) into the arena. False: a '%' without two hexadecimal digits; ptr is NULL
 * when the arena is at its limit. Returns `s` itself where nothing is to decode. */
bool pyr_percent_decode(struct pyr_arena *arena, struct pyr_str s, bool plus, struct pyr_str *out);
/* The first item of a comma-separated list, trimmed; *rest gets what follows. False at the end. Empty items are skipped. */
bool pyr_list_item(struct pyr_str *rest, struct pyr_str *item);
#endif
