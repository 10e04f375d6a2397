#include "ingest/profile_name.h"
#include "base/saturate.h"
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

const struct pyr_suffix *pyr_text_profile_type(struct pyr_str *app)
{
    struct pyr_str service;
    const struct pyr_suffix *suffix;
    /* A name of nothing but a suffix stays the service's. */
    if (!pyr_suffix_split(*app, &service, &suffix) || service.len == 0)
        return pyr_suffix_find(PYR_STR("cpu"));
    *app = service;
    return suffix;
}

void pyr_text_profile_apply(struct pyr_profile *p, const struct pyr_suffix *suffix, uint32_t sample_rate)
{
    p->types[0] = (struct pyr_value_type){suffix->type, suffix->unit};
    if (!suffix->sampled || sample_rate == 0)
        return;
    p->period_type = (struct pyr_value_type){suffix->period_type, suffix->period_unit};
    p->period = sample_rate < PYR_NS_PER_S ? PYR_NS_PER_S / sample_rate : 1;
    for (uint32_t i = 0; i < p->sample_count; i++)
        p->values[i] = pyr_mul_saturating(p->values[i], p->period);
}
