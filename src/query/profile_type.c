#include "query/profile_type.h"
#include "profile/labels.h"

enum { PARTS = 5 };

pyr_err pyr_profile_type_parse(struct pyr_str text, struct pyr_profile_type *out, struct pyr_diag *diag)
{
    struct pyr_str parts[PARTS + 1] = {{0}};
    size_t count = 1, start = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != ':')
            continue;
        if (count <= PARTS + 1)
            parts[count - 1] = (struct pyr_str){text.ptr + start, i - start};
        count += i < text.len;
        start = i + 1;
    }
    if (count != PARTS && count != PARTS + 1)
        return pyr_fail(diag, PYR_E_INVALID,
                        "profile-type selection must be of the form "
                        "<name>:<sample-type>:<sample-unit>:<period-type>:<period-unit>(:delta), got(%zu): \"%.*s\"",
                        count, PYR_STR_ARG(text));
    const struct pyr_str last = parts[PARTS - 1];
    *out = (struct pyr_profile_type){
        .id = {text.ptr, (size_t)(last.ptr + last.len - text.ptr)},
        .name = parts[0],
        .sample_type = parts[1],
        .sample_unit = parts[2],
        .period_type = parts[3],
        .period_unit = last,
    };
    return PYR_OK;
}

bool pyr_profile_type_gauge(const struct pyr_profile_type *t)
{
    return pyr_profile_type_is_gauge(t->name, t->sample_type);
}
