#include "ingest/profile_name.h"
#include "base/time.h"

static bool contains(struct pyr_str s, struct pyr_str part)
{
    return memmem(s.ptr, s.len, part.ptr, part.len) != NULL;
}

/* ptr NULL: nothing is known of such a type. */
static struct pyr_str name_of_type(struct pyr_str type)
{
    if (contains(type, PYR_STR("cpu")))
        return PYR_STR("process_cpu");
    if (contains(type, PYR_STR("alloc_")) || contains(type, PYR_STR("inuse_")) || pyr_str_eq(type, PYR_STR("space")) ||
        pyr_str_eq(type, PYR_STR("objects")))
        return PYR_STR("memory");
    if (contains(type, PYR_STR("mutex_")))
        return PYR_STR("mutex");
    if (contains(type, PYR_STR("block_")))
        return PYR_STR("block");
    if (pyr_str_eq(type, PYR_STR("goroutines")))
        return PYR_STR("goroutines");
    return (struct pyr_str){NULL, 0};
}

struct pyr_str pyr_pprof_profile_name(const struct pyr_profile *p, const struct pyr_sample_type_config *config)
{
    for (uint32_t i = 0; i < p->type_count; i++)
        if (pyr_str_eq(p->types[i].type, PYR_STR("wall")))
            return PYR_STR("wall");
    struct pyr_str type = PYR_STR("");
    for (uint32_t i = 0; i < p->type_count; i++) {
        type = p->types[i].type;
        const struct pyr_sample_type_setting *setting = pyr_sample_type_setting(config, type);
        if (setting != NULL && setting->display_name.len != 0)
            type = setting->display_name;
        const struct pyr_str name = name_of_type(type);
        if (name.ptr != NULL)
            return name;
    }
    return type;
}

#define COUNT PYR_STR("count")
#define BYTES PYR_STR("bytes")
#define NANOSECONDS PYR_STR("nanoseconds")
#define MEMORY PYR_STR("memory")

static const struct {
    struct pyr_str suffix;
    struct pyr_text_profile_type type;
} suffixes[] = {
    {PYR_STR("cpu"), {PYR_STR("process_cpu"), {PYR_STR("cpu"), NANOSECONDS}, true}}, /* first: the default */
    {PYR_STR("itimer"), {PYR_STR("process_cpu"), {PYR_STR("cpu"), NANOSECONDS}, true}},
    {PYR_STR("wall"), {PYR_STR("wall"), {PYR_STR("wall"), NANOSECONDS}, true}},
    {PYR_STR("seconds"), {PYR_STR("wall"), {PYR_STR("wall"), NANOSECONDS}, true}},
    {PYR_STR("milliseconds"), {PYR_STR("wall"), {PYR_STR("wall"), NANOSECONDS}, true}},
    {PYR_STR("microseconds"), {PYR_STR("wall"), {PYR_STR("wall"), NANOSECONDS}, true}},
    {PYR_STR("nanoseconds"), {PYR_STR("wall"), {PYR_STR("wall"), NANOSECONDS}, true}},
    {PYR_STR("inuse_objects"), {MEMORY, {PYR_STR("inuse_objects"), COUNT}, false}},
    {PYR_STR("alloc_objects"), {MEMORY, {PYR_STR("alloc_objects"), COUNT}, false}},
    {PYR_STR("inuse_space"), {MEMORY, {PYR_STR("inuse_space"), BYTES}, false}},
    {PYR_STR("alloc_space"), {MEMORY, {PYR_STR("alloc_space"), BYTES}, false}},
    {PYR_STR("live"), {MEMORY, {PYR_STR("live"), COUNT}, false}},
    {PYR_STR("alloc_in_new_tlab_objects"), {MEMORY, {PYR_STR("alloc_in_new_tlab_objects"), COUNT}, false}},
    {PYR_STR("alloc_in_new_tlab_bytes"), {MEMORY, {PYR_STR("alloc_in_new_tlab_bytes"), BYTES}, false}},
    {PYR_STR("alloc_outside_tlab_objects"), {MEMORY, {PYR_STR("alloc_outside_tlab_objects"), COUNT}, false}},
    {PYR_STR("alloc_outside_tlab_bytes"), {MEMORY, {PYR_STR("alloc_outside_tlab_bytes"), BYTES}, false}},
    {PYR_STR("mutex_count"), {PYR_STR("mutex"), {PYR_STR("contentions"), COUNT}, false}},
    {PYR_STR("mutex_duration"), {PYR_STR("mutex"), {PYR_STR("delay"), NANOSECONDS}, false}},
    {PYR_STR("block_count"), {PYR_STR("block"), {PYR_STR("contentions"), COUNT}, false}},
    {PYR_STR("lock_count"), {PYR_STR("block"), {PYR_STR("contentions"), COUNT}, false}},
    {PYR_STR("block_duration"), {PYR_STR("block"), {PYR_STR("delay"), NANOSECONDS}, false}},
    {PYR_STR("lock_duration"), {PYR_STR("block"), {PYR_STR("delay"), NANOSECONDS}, false}},
    {PYR_STR("goroutines"), {PYR_STR("goroutine"), {PYR_STR("goroutines"), COUNT}, false}},
    {PYR_STR("exceptions"), {PYR_STR("exceptions"), {PYR_STR("samples"), COUNT}, false}},
    {PYR_STR("bytes"), {MEMORY, {PYR_STR("samples"), BYTES}, false}},
};

struct pyr_text_profile_type pyr_text_profile_type(struct pyr_str *app)
{
    const ptrdiff_t dot = pyr_str_find_last(*app, '.');
    if (dot <= 0) /* a name of nothing but a suffix stays the service's */
        return suffixes[0].type;
    const struct pyr_str suffix = {app->ptr + dot + 1, app->len - (size_t)dot - 1};
    for (size_t i = 0; i < PYR_COUNT_OF(suffixes); i++)
        if (pyr_str_eq(suffixes[i].suffix, suffix)) {
            app->len = (size_t)dot;
            return suffixes[i].type;
        }
    return suffixes[0].type;
}

void pyr_text_profile_apply(struct pyr_profile *p, const struct pyr_text_profile_type *type, uint32_t sample_rate)
{
    p->types[0] = type->type;
    if (!type->is_time || sample_rate == 0)
        return;
    const int64_t period = sample_rate < PYR_NS_PER_S ? PYR_NS_PER_S / sample_rate : 1;
    p->period_type = (struct pyr_value_type){PYR_STR("cpu"), NANOSECONDS};
    p->period = period;
    for (uint32_t i = 0; i < p->sample_count; i++)
        if (__builtin_mul_overflow(p->values[i], period, &p->values[i]))
            p->values[i] = INT64_MAX;
}
