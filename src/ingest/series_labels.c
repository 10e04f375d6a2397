#include "ingest/series_labels.h"
#include "base/assert.h"

#define UNKNOWN_SERVICE PYR_STR("unknown_service")
#define NAME_REPLACED PYR_STR("__name_replaced__")

/* As much of a label's name as fits in a message, whole characters only. */
static int shown(struct pyr_str name)
{
    enum { MOST = 64 };
    size_t len = 0;
    while (len < name.len) {
        const size_t step = pyr_utf8_len((struct pyr_str){name.ptr + len, name.len - len});
        if (step == 0 || len + step > MOST)
            break;
        len += step;
    }
    return (int)len;
}

bool pyr_series_label_allowed(struct pyr_str name)
{
    static const struct pyr_str ours[] = {
        PYR_STR("__type__"),         PYR_STR("__unit__"),       PYR_STR("__period_type__"),
        PYR_STR("__period_unit__"),  PYR_STR("__delta__"),      PYR_STR("__order__"),
        PYR_STR("__profile_type__"), PYR_STR("__session_id__"), PYR_STR("__service_name__"),
    };
    if (!pyr_str_starts(name, PYR_STR("__")))
        return name.len != 0;
    for (size_t i = 0; i < PYR_COUNT_OF(ours); i++)
        if (pyr_str_eq(name, ours[i]))
            return false;
    return true;
}

static bool is_legacy_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Dots become underscores; anything else outside [A-Za-z0-9_] is refused. */
static pyr_err make_legacy(struct pyr_label *label, struct pyr_arena *arena, struct pyr_diag *diag)
{
    const struct pyr_str old = label->name;
    bool dots = false;
    for (size_t i = 0; i < old.len; i++) {
        dots |= old.ptr[i] == '.';
        if (old.ptr[i] != '.' && (!is_legacy_char(old.ptr[i]) || (i == 0 && old.ptr[0] >= '0' && old.ptr[0] <= '9')))
            return pyr_fail(diag, PYR_E_INVALID, "invalid label name '%.*s'", shown(old), old.ptr);
    }
    if (!dots)
        return PYR_OK;
    char *text = pyr_arena_alloc_aligned(arena, old.len, 1);
    if (text == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "no memory for labels");
    for (size_t i = 0; i < old.len; i++)
        text[i] = old.ptr[i] == '.' ? '_' : old.ptr[i];
    label->name = (struct pyr_str){text, old.len};
    return PYR_OK;
}

pyr_err pyr_series_label_check(struct pyr_label *label, const struct pyr_limits *limits, struct pyr_arena *arena,
                               struct pyr_diag *diag)
{
    const struct pyr_str name = label->name, value = label->value;
    size_t bad_at;
    if (name.len == 0)
        return pyr_fail(diag, PYR_E_INVALID, "a label has no name");
    if (!pyr_utf8_valid(name, &bad_at))
        return pyr_fail(diag, PYR_E_INVALID, "label name '%.*s...' is no UTF-8", shown(name), name.ptr);
    if (!pyr_utf8_valid(value, &bad_at))
        return pyr_fail(diag, PYR_E_INVALID, "value of label '%.*s' is no UTF-8 at byte %zu", shown(name), name.ptr,
                        bad_at);
    if (limits->label_name_bytes_max != 0 && name.len > limits->label_name_bytes_max)
        return pyr_fail(diag, PYR_E_INVALID, "label name '%.*s...' has %zu bytes, the limit is %u", shown(name),
                        name.ptr, name.len, limits->label_name_bytes_max);
    if (limits->label_value_bytes_max != 0 && value.len > limits->label_value_bytes_max)
        return pyr_fail(diag, PYR_E_INVALID, "value of label '%.*s' has %zu bytes, the limit is %u", shown(name),
                        name.ptr, value.len, limits->label_value_bytes_max);
    return limits->sanitize_label_names ? make_legacy(label, arena, diag) : PYR_OK;
}

pyr_err pyr_series_labels_check_count(uint32_t count, const struct pyr_limits *limits, struct pyr_diag *diag)
{
    if (limits->label_names_max != 0 && count > limits->label_names_max)
        return pyr_fail(diag, PYR_E_INVALID, "profile series has %u label names, the limit is %u", count,
                        limits->label_names_max);
    return PYR_OK;
}

/* 16 hex digits are 8 bytes, little endian: taken modulo the limit, so that the processes of a service fold onto few
 * series. False: not such an id, or none wanted. */
static bool fold_session(struct pyr_str *value, uint32_t sessions_max, struct pyr_arena *arena)
{
    uint64_t id = 0;
    if (sessions_max == 0 || value->len != 16)
        return false;
    for (size_t i = 0; i < 16; i++) {
        const char c = value->ptr[i];
        const uint64_t digit = c >= '0' && c <= '9'   ? (uint64_t)(c - '0')
                               : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a') + 10
                               : c >= 'A' && c <= 'F' ? (uint64_t)(c - 'A') + 10
                                                      : 16;
        if (digit == 16)
            return false;
        id |= digit << (i / 2 * 8 + (i % 2 == 0 ? 4 : 0));
    }
    *value = pyr_arena_printf(arena, "%016llx", (unsigned long long)__builtin_bswap64(id % sessions_max));
    return value->ptr != NULL;
}

/* False: the label does not stay. */
static bool take_label(struct pyr_label *l, const struct pyr_limits *limits, struct pyr_arena *arena,
                       struct pyr_series_labels *out)
{
    if (l->value.len == 0)
        return false;
    if (pyr_str_eq(l->name, PYR_LABEL_SESSION)) {
        out->session = l->value;
        return fold_session(&l->value, limits->sessions_max, arena);
    }
    if (pyr_str_eq(l->name, PYR_LABEL_NAME))
        out->name = l->value;
    else if (pyr_str_eq(l->name, PYR_LABEL_SERVICE))
        out->service = l->value;
    else if (pyr_str_eq(l->name, PYR_LABEL_SPY))
        out->is_go = pyr_str_eq(l->value, PYR_STR("gospy"));
    else /* one without a name is refused later, not passed over */
        return l->name.len == 0 || pyr_series_label_allowed(l->name);
    return true;
}

static void put(struct pyr_series_labels *out, struct pyr_str name, struct pyr_str value)
{
    PYR_ASSERT(out->count < out->cap);
    out->items[out->count++] = (struct pyr_label){name, value};
}

/* The default relabelling: scraped delta profiles carry their kind in the name. */
static void relabel_name(struct pyr_series_labels *out)
{
    const struct pyr_str prefix = PYR_STR("godeltaprof_");
    if (!pyr_str_starts(out->name, prefix))
        return;
    const struct pyr_str original = out->name;
    out->name = (struct pyr_str){original.ptr + prefix.len, original.len - prefix.len};
    for (uint32_t i = 0; i < out->count; i++)
        if (pyr_str_eq(out->items[i].name, PYR_LABEL_NAME))
            out->items[i].value = out->name;
    put(out, NAME_REPLACED, original);
}

/* A name that comes twice is a mistake, unless it was made so from two names and both say the same. */
static pyr_err drop_repeated(struct pyr_series_labels *out, const struct pyr_limits *limits, struct pyr_diag *diag)
{
    uint32_t kept = 1;
    for (uint32_t i = 1; i < out->count; i++) {
        const struct pyr_label *a = &out->items[kept - 1], *b = &out->items[i];
        if (!pyr_str_eq(a->name, b->name))
            out->items[kept++] = *b;
        else if (!limits->sanitize_label_names || !pyr_str_eq(a->value, b->value))
            return pyr_fail(diag, PYR_E_INVALID, "profile series has the label '%.*s' twice", shown(b->name),
                            b->name.ptr);
    }
    out->count = kept;
    return pyr_series_labels_check_count(out->count, limits, diag);
}

static pyr_err check_all(struct pyr_series_labels *out, const struct pyr_limits *limits, struct pyr_arena *arena,
                         struct pyr_diag *diag)
{
    if (out->name.len == 0)
        return pyr_fail(diag, PYR_E_INVALID, "the label __name__ (what kind of profile it is) is missing");
    for (uint32_t i = 0; i < out->count; i++)
        PYR_TRY(pyr_series_label_check(&out->items[i], limits, arena, diag));
    pyr_labels_sort(out->items, out->count);
    return drop_repeated(out, limits, diag);
}

pyr_err pyr_series_labels_make(struct pyr_label *labels, uint32_t count, const struct pyr_limits *limits,
                               struct pyr_arena *arena, struct pyr_series_labels *out, struct pyr_diag *diag)
{
    /* service_name and __name_replaced__ may be added. */
    *out = (struct pyr_series_labels){.name = PYR_STR(""), .service = PYR_STR(""), .session = PYR_STR("")};
    const uint64_t cap = (uint64_t)count + 2;
    out->items = cap <= UINT32_MAX ? PYR_ARENA_ARRAY(arena, struct pyr_label, cap) : NULL;
    if (out->items == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "no memory for labels");
    out->cap = (uint32_t)cap;
    for (uint32_t i = 0; i < count; i++)
        if (take_label(&labels[i], limits, arena, out))
            put(out, labels[i].name, labels[i].value);
    if (out->service.len == 0) {
        out->service = UNKNOWN_SERVICE;
        put(out, PYR_LABEL_SERVICE, out->service);
    }
    relabel_name(out);
    return check_all(out, limits, arena, diag);
}
