/* name.h - the parameter `name` of /ingest: "app.name{key=value,key2=value2}".
 *
 * The application: letters, digits and "_./-"; a key: letters, digits, '_' and '.'; a value: anything up to ',' or '}'.
 * All are trimmed; there is no quoting. As in the servers before us, a last pair that neither ends is left out, and so is
 * what follows the '}'. An empty value means no such tag; of a key given twice the last counts. */
#ifndef PYR_INGEST_NAME_H
#define PYR_INGEST_NAME_H
#include "base/err.h"
#include "profile/labels.h"

struct pyr_ingest_name {
    struct pyr_str app;
    struct pyr_label *tags; /* the arena's; views into the text */
    uint32_t tag_count;
};

/* PYR_E_INVALID says what and where. */
PYR_MUST_USE pyr_err pyr_ingest_name_parse(struct pyr_str text, struct pyr_arena *arena, struct pyr_ingest_name *out,
                                           struct pyr_diag *diag);
#endif
