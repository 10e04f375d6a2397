/* flameql.h - queries of legacy Pyroscope: `app.cpu{tag="value",other!~"re"}`. Values are in double quotes; regular expressions
 * are not anchored; a tag that is absent is the empty value. */
#ifndef PYR_QUERY_FLAMEQL_H
#define PYR_QUERY_FLAMEQL_H
#include "query/selector.h"

/* `app.cpu` as matchers on service_name and on the profile type (profile/suffix.h), then the tags' matchers; *app is a
 * view into `text`. PYR_E_INVALID: "query: invalid tag value syntax: region=us". */
PYR_MUST_USE pyr_err pyr_flameql_parse(struct pyr_selector *s, struct pyr_str text, struct pyr_str *app,
                                       struct pyr_diag *diag);
/* The other form, `app.cpu{tag=value,other=value}`, as names are sent to /ingest. */
PYR_MUST_USE pyr_err pyr_flameql_parse_key(struct pyr_selector *s, struct pyr_str text, struct pyr_str *app,
                                           struct pyr_diag *diag);
/* The name under which the legacy API knows a stream: service_name "." suffix, in the arena; ptr NULL when it is full. */
struct pyr_str pyr_flameql_app_of(struct pyr_str service, struct pyr_str profile_type, struct pyr_arena *arena);
#endif
