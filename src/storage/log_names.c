#include "storage/log_names.h"
#include "base/assert.h"
#include "base/span.h"
#include "storage/log_format.h"
#include <stdio.h>

static const struct {
    const char *prefix, *suffix;
    int digits;
} forms[] = {[PYR_LOG_NAME_SEGMENT] = {"segment-", ".log", 10},
             [PYR_LOG_NAME_SPARE] = {"spare-", ".log", 10},
             [PYR_LOG_NAME_RELEASED] = {"released-", "", 19}};

void pyr_log_path(const char *dir, enum pyr_log_name kind, uint64_t number, char out[static PYR_LOG_PATH_BYTES])
{
    const int n = snprintf(out, PYR_LOG_PATH_BYTES, "%s/%s%0*llu%s", dir, forms[kind].prefix, forms[kind].digits,
                           (unsigned long long)number, forms[kind].suffix);
    PYR_ASSERT(n > 0 && n < PYR_LOG_PATH_BYTES);
}

bool pyr_log_name_parse(const char *name, enum pyr_log_name kind, uint64_t *number)
{
    const struct pyr_str s = pyr_str_of(name), prefix = pyr_str_of(forms[kind].prefix),
                         end = pyr_str_of(forms[kind].suffix);
    const size_t digits = (size_t)forms[kind].digits;
    return s.len == prefix.len + digits + end.len && pyr_str_starts(s, prefix) && pyr_str_ends(s, end) &&
           pyr_str_to_u64((struct pyr_str){s.ptr + prefix.len, digits}, number) &&
           *number < (kind == PYR_LOG_NAME_RELEASED ? PYR_LOG_NUMBER_MAX : UINT32_MAX);
}
