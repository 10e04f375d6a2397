#include "profile/suffix.h"
#include "base/err.h"

#define S(text)                                                                                                        \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }
#define SAMPLED(suffix, name, type, unit)                                                                              \
    {                                                                                                                  \
        S(suffix), S(name), S(type), S(unit), S("cpu"), S("nanoseconds"), true                                         \
    }
#define COUNTED(suffix, name, type, unit)                                                                              \
    {                                                                                                                  \
        S(suffix), S(name), S(type), S(unit), S(""), S(""), false                                                      \
    }

static const struct pyr_suffix table[] = {
    SAMPLED("cpu", "process_cpu", "cpu", "nanoseconds"),
    SAMPLED("itimer", "process_cpu", "cpu", "nanoseconds"),
    SAMPLED("wall", "wall", "wall", "nanoseconds"),
    SAMPLED("seconds", "wall", "wall", "nanoseconds"),
    SAMPLED("milliseconds", "wall", "wall", "nanoseconds"),
    SAMPLED("microseconds", "wall", "wall", "nanoseconds"),
    SAMPLED("nanoseconds", "wall", "wall", "nanoseconds"),
    COUNTED("inuse_objects", "memory", "inuse_objects", "count"),
    COUNTED("alloc_objects", "memory", "alloc_objects", "count"),
    COUNTED("live", "memory", "live", "count"),
    COUNTED("inuse_space", "memory", "inuse_space", "bytes"),
    COUNTED("alloc_space", "memory", "alloc_space", "bytes"),
    COUNTED("alloc_in_new_tlab_objects", "memory", "alloc_in_new_tlab_objects", "count"),
    COUNTED("alloc_in_new_tlab_bytes", "memory", "alloc_in_new_tlab_bytes", "bytes"),
    COUNTED("alloc_outside_tlab_objects", "memory", "alloc_outside_tlab_objects", "count"),
    COUNTED("alloc_outside_tlab_bytes", "memory", "alloc_outside_tlab_bytes", "bytes"),
    COUNTED("mutex_count", "mutex", "contentions", "count"),
    COUNTED("mutex_duration", "mutex", "delay", "nanoseconds"),
    COUNTED("block_count", "block", "contentions", "count"),
    COUNTED("lock_count", "block", "contentions", "count"),
    COUNTED("block_duration", "block", "delay", "nanoseconds"),
    COUNTED("lock_duration", "block", "delay", "nanoseconds"),
    COUNTED("goroutines", "goroutine", "goroutines", "count"),
    COUNTED("exceptions", "exceptions", "samples", "count"),
    COUNTED("bytes", "memory", "samples", "bytes"),
};

const struct pyr_suffix *pyr_suffix_table(size_t *count)
{
    *count = PYR_COUNT_OF(table);
    return table;
}

const struct pyr_suffix *pyr_suffix_find(struct pyr_str suffix)
{
    for (size_t i = 0; i < PYR_COUNT_OF(table); i++)
        if (pyr_str_eq(table[i].suffix, suffix))
            return &table[i];
    return NULL;
}

bool pyr_suffix_split(struct pyr_str app, struct pyr_str *service, const struct pyr_suffix **suffix)
{
    const ptrdiff_t dot = pyr_str_find_last(app, '.');
    *service = app;
    if (dot < 0) {
        *suffix = &table[0];
        return true;
    }
    const size_t cut = (size_t)dot;
    *suffix = pyr_suffix_find((struct pyr_str){app.ptr + cut + 1, app.len - cut - 1});
    if (*suffix == NULL)
        return false;
    service->len = cut;
    return true;
}

struct pyr_str pyr_suffix_of_type(struct pyr_str name, struct pyr_str type, struct pyr_str unit)
{
    for (size_t i = 0; i < PYR_COUNT_OF(table); i++)
        if (pyr_str_eq(table[i].name, name) && pyr_str_eq(table[i].type, type) && pyr_str_eq(table[i].unit, unit))
            return table[i].suffix;
    return pyr_str_eq(type, PYR_STR("goroutine")) ? PYR_STR("goroutines") : type;
}
