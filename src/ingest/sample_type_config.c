#include "ingest/sample_type_config.h"
#include "codec/json.h"

static const struct pyr_sample_type_setting defaults[] = {
    {PYR_STR("samples"), PYR_STR("cpu"), false},
    {PYR_STR("alloc_objects"), PYR_STR(""), true},
    {PYR_STR("alloc_space"), PYR_STR(""), true},
    {PYR_STR("goroutine"), PYR_STR("goroutines"), false},
    {PYR_STR("contentions"), PYR_STR("mutex_count"), true},
    {PYR_STR("delay"), PYR_STR("mutex_duration"), true},
};
const struct pyr_sample_type_config pyr_sample_type_config_default = {defaults, PYR_COUNT_OF(defaults)};

static pyr_err read_setting(const char *type, const json_t *value, struct pyr_sample_type_setting *out,
                            struct pyr_diag *diag)
{
    if (!json_is_object(value))
        return pyr_fail(diag, PYR_E_CORRUPT, "sample_type_config: the setting of a sample type is not an object");
    const json_t *display_name = json_object_get(value, "display-name");
    out->type = pyr_str_of(type);
    out->display_name = json_is_string(display_name) ? pyr_json_text(display_name) : PYR_STR("");
    out->cumulative = json_is_true(json_object_get(value, "cumulative"));
    return PYR_OK;
}

pyr_err pyr_sample_type_config_parse(struct pyr_span json, struct pyr_arena *arena, struct pyr_sample_type_config *out,
                                     struct pyr_diag *diag)
{
    const json_t *root;
    const pyr_err err = pyr_json_load(json, arena, &root, diag);
    if (err != PYR_OK) {
        pyr_diag_prefix(diag, "sample_type_config");
        return err;
    }
    if (!json_is_object(root))
        return pyr_fail(diag, PYR_E_CORRUPT, "sample_type_config: not an object");
    struct pyr_sample_type_setting *items =
        PYR_ARENA_ARRAY(arena, struct pyr_sample_type_setting, json_object_size(root));
    if (items == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "no memory for sample_type_config");
    uint32_t count = 0;
    /* jansson iterates with a pointer that is not const; nothing is changed. */
    json_t *object = (json_t *)(uintptr_t)root;
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        PYR_TRY(read_setting(json_object_iter_key(at), json_object_iter_value(at), &items[count], diag));
        count++;
    }
    *out = (struct pyr_sample_type_config){items, count};
    return PYR_OK;
}

const struct pyr_sample_type_setting *pyr_sample_type_setting(const struct pyr_sample_type_config *config,
                                                              struct pyr_str type)
{
    for (uint32_t i = 0; i < config->count; i++)
        if (pyr_str_eq(config->items[i].type, type))
            return &config->items[i];
    return NULL;
}
