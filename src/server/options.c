#include "server/options.h"
#include "base/assert.h"
#include "server/option_value.h"
#include <string.h>

enum { NAME_BYTES_MAX = 80 };

static const struct pyr_option *find(const struct pyr_options *o, struct pyr_str name)
{
    for (size_t i = 0; i < o->count; i++)
        if (pyr_str_eq(pyr_str_of(o->table[i].name), name))
            return &o->table[i];
    return NULL;
}

/* Levenshtein's distance, one row at a time. */
static size_t distance(struct pyr_str a, struct pyr_str b)
{
    size_t row[NAME_BYTES_MAX + 1];
    if (a.len > NAME_BYTES_MAX || b.len > NAME_BYTES_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            const size_t replaced = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            const size_t shorter = row[j] < row[j - 1] ? row[j] : row[j - 1];
            diagonal = row[j];
            row[j] = replaced < shorter + 1 ? replaced : shorter + 1;
        }
    }
    return row[b.len];
}

/* The option whose name is likest, if no more than a third of it (or two letters) differs. */
static const struct pyr_option *nearest(const struct pyr_options *o, struct pyr_str name)
{
    const struct pyr_option *best = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < o->count; i++) {
        const struct pyr_str candidate = pyr_str_of(o->table[i].name);
        const size_t d = distance(candidate, name), longer = candidate.len > name.len ? candidate.len : name.len;
        if (d < least && (d <= 2 || d <= longer / 3)) {
            best = &o->table[i];
            least = d;
        }
    }
    return best;
}

static pyr_err unknown(const struct pyr_options *o, struct pyr_str name, const char *where, struct pyr_diag *diag)
{
    const struct pyr_option *like = nearest(o, name);
    if (like != NULL)
        return pyr_fail(diag, PYR_E_INVALID, "%s: unknown setting '%.*s'; did you mean '%s'?", where, PYR_STR_ARG(name),
                        like->name);
    return pyr_fail(diag, PYR_E_INVALID, "%s: unknown setting '%.*s'", where, PYR_STR_ARG(name));
}

static pyr_err check_range(const struct pyr_option *option, uint64_t v, struct pyr_str text, struct pyr_diag *diag)
{
    if (v < option->least)
        return pyr_fail(diag, PYR_E_INVALID, "'%.*s' is too small", PYR_STR_ARG(text));
    if (option->most != 0 && v > option->most)
        return pyr_fail(diag, PYR_E_INVALID, "'%.*s' is too large", PYR_STR_ARG(text));
    return PYR_OK;
}

static pyr_err assign_text(const struct pyr_option *option, void *field, struct pyr_str text, struct pyr_diag *diag)
{
    if (option->type == PYR_OPTION_ADDRESS)
        PYR_TRY(pyr_value_address(text, diag));
    *(const char **)field = text.ptr;
    return PYR_OK;
}

/* `text` is the arena's, and terminated. */
static pyr_err assign(const struct pyr_option *option, void *field, struct pyr_str text, struct pyr_diag *diag)
{
    switch (option->type) {
    case PYR_OPTION_STRING:
    case PYR_OPTION_ADDRESS:
        return assign_text(option, field, text, diag);
    case PYR_OPTION_BOOL:
        return pyr_value_bool(text, field, diag);
    case PYR_OPTION_BYTES:
        PYR_TRY(pyr_value_bytes(text, field, diag));
        return check_range(option, *(uint64_t *)field, text, diag);
    case PYR_OPTION_DURATION:
        PYR_TRY(pyr_value_duration(text, field, diag));
        return check_range(option, (uint64_t) * (int64_t *)field, text, diag);
    case PYR_OPTION_COUNT:
        PYR_TRY(pyr_value_count(text, field, diag));
        return check_range(option, *(uint32_t *)field, text, diag);
    case PYR_OPTION_WORD:
        return pyr_value_word(text, option->words, field, diag);
    }
    return PYR_E_INTERNAL;
}

static void *field_of(const struct pyr_options *o, const struct pyr_option *option)
{
    return (uint8_t *)o->values + option->offset;
}

pyr_err pyr_options_init(struct pyr_options *o, const struct pyr_option *table, size_t count, void *values,
                         struct pyr_arena *arena, struct pyr_diag *diag)
{
    PYR_ASSERT(count <= PYR_OPTIONS_MAX);
    *o = (struct pyr_options){.table = table, .count = count, .values = values, .arena = arena};
    for (size_t i = 0; i < count; i++) {
        o->origins[i] = (struct pyr_option_origin){PYR_FROM_DEFAULT, "the default", table[i].fallback};
        PYR_TRY(assign(&table[i], field_of(o, &table[i]), pyr_str_of(table[i].fallback), diag));
    }
    return PYR_OK;
}

pyr_err pyr_options_set(struct pyr_options *o, struct pyr_str name, struct pyr_str text, enum pyr_option_source source,
                        const char *where, struct pyr_diag *diag)
{
    const struct pyr_option *option = find(o, name);
    if (option == NULL)
        return unknown(o, name, where, diag);
    if (source == PYR_FROM_FILE && option->not_in_files)
        return pyr_fail(diag, PYR_E_INVALID, "%s: '%s' cannot be set in a file", where, option->name);
    struct pyr_option_origin *origin = &o->origins[option - o->table];
    if (origin->source > source)
        return PYR_OK;
    if (origin->source == source && !pyr_str_eq(pyr_str_of(origin->text), text))
        return pyr_fail(diag, PYR_E_INVALID, "%s: '%s' is '%.*s' here, but was given as '%s' before (%s)", where,
                        option->name, PYR_STR_ARG(text), origin->text, origin->where);
    const struct pyr_str kept = pyr_arena_str(o->arena, text), place = pyr_arena_str(o->arena, pyr_str_of(where));
    if (kept.ptr == NULL || place.ptr == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "the settings take too much memory");
    const pyr_err err = assign(option, field_of(o, option), kept, diag);
    if (err != PYR_OK) {
        pyr_diag_prefix(diag, "%s: %s", where, option->name);
        return err;
    }
    *origin = (struct pyr_option_origin){source, place.ptr, kept.ptr};
    return PYR_OK;
}

/* "--name=value" without its dashes; `next` is the argument after it, or NULL. Sets *used to how many were taken. */
static pyr_err set_flag(struct pyr_options *o, struct pyr_str flag, const char *next, int *used, struct pyr_diag *diag)
{
    const ptrdiff_t equals = pyr_str_find(flag, '=');
    const struct pyr_str name = {flag.ptr, equals >= 0 ? (size_t)equals : flag.len};
    struct pyr_str value = PYR_STR("true");
    char where[NAME_BYTES_MAX + 8];
    (void)snprintf(where, sizeof(where), "--%.*s", PYR_STR_ARG(name));
    const struct pyr_option *option = find(o, name);
    *used = 1;
    if (option == NULL)
        return unknown(o, name, where, diag);
    if (equals >= 0) {
        value = (struct pyr_str){flag.ptr + equals + 1, flag.len - (size_t)equals - 1};
    } else if (option->type != PYR_OPTION_BOOL) {
        if (next == NULL)
            return pyr_fail(diag, PYR_E_INVALID, "%s needs a value", where);
        value = pyr_str_of(next);
        *used = 2;
    }
    return pyr_options_set(o, name, value, PYR_FROM_FLAG, where, diag);
}

/* The flag without its dashes; ptr NULL when the argument is none. */
static struct pyr_str flag_of(const char *argument)
{
    const struct pyr_str s = pyr_str_of(argument);
    if (s.len < 2 || s.ptr[0] != '-')
        return (struct pyr_str){NULL, 0};
    const size_t dashes = s.ptr[1] == '-' ? 2 : 1;
    return (struct pyr_str){s.ptr + dashes, s.len - dashes};
}

pyr_err pyr_options_flags(struct pyr_options *o, int argc, char *const *argv, const char **rest, int *rest_count,
                          struct pyr_diag *diag)
{
    bool flags_end = false;
    int used = 1, others = 0;
    for (int i = 0; i < argc; i += used) {
        const struct pyr_str flag = flag_of(argv[i]);
        used = 1;
        if (!flags_end && flag.ptr != NULL) {
            if (flag.len == 0)
                flags_end = true;
            else
                PYR_TRY(set_flag(o, flag, i + 1 < argc ? argv[i + 1] : NULL, &used, diag));
        } else if (rest != NULL) {
            rest[others++] = argv[i];
        } else {
            return pyr_fail(diag, PYR_E_INVALID, "'%s' is not a flag (settings are --name=value)", argv[i]);
        }
    }
    if (rest_count != NULL)
        *rest_count = others;
    return PYR_OK;
}

/* "api-bind-addr" as it stands in a variable's name after the prefix: "API_BIND_ADDR". */
static void variable_of(const char *prefix, const char *name, char *out, size_t room)
{
    (void)snprintf(out, room, "%s%s", prefix, name);
    for (char *c = out + strlen(prefix); *c != '\0'; c++)
        *c = *c == '-' || *c == '.' ? '_' : (char)(*c >= 'a' && *c <= 'z' ? *c - ('a' - 'A') : *c);
}

/* Which option a variable is: exactly, or (`distance` > 0) nearly. */
static const struct pyr_option *option_of_variable(const struct pyr_options *o, const char *prefix,
                                                   struct pyr_str variable, size_t at_most)
{
    for (size_t i = 0; i < o->count; i++) {
        char expected[2 * NAME_BYTES_MAX];
        variable_of(prefix, o->table[i].name, expected, sizeof(expected));
        if (distance(pyr_str_of(expected), variable) <= at_most)
            return &o->table[i];
    }
    return NULL;
}

static pyr_err set_variable(struct pyr_options *o, const char *prefix, struct pyr_str entry, struct pyr_diag *diag)
{
    enum { TYPO = 2 };
    const size_t name_len = (size_t)pyr_str_find(entry, '=');
    const struct pyr_str name = {entry.ptr, name_len}, value = {entry.ptr + name_len + 1, entry.len - name_len - 1};
    if (name.len > NAME_BYTES_MAX)
        return PYR_OK;
    char where[NAME_BYTES_MAX + 1];
    (void)snprintf(where, sizeof(where), "%.*s", PYR_STR_ARG(name));
    const struct pyr_option *option = option_of_variable(o, prefix, name, 0);
    if (option != NULL)
        return pyr_options_set(o, pyr_str_of(option->name), value, PYR_FROM_ENVIRONMENT, where, diag);
    option = option_of_variable(o, prefix, name, TYPO);
    if (option == NULL)
        return PYR_OK;
    char meant[2 * NAME_BYTES_MAX];
    variable_of(prefix, option->name, meant, sizeof(meant));
    return pyr_fail(diag, PYR_E_INVALID, "%s: unknown setting in the environment; did you mean %s?", where, meant);
}

pyr_err pyr_options_environment(struct pyr_options *o, const char *prefix, char *const *environment,
                                struct pyr_diag *diag)
{
    for (; *environment != NULL; environment++) {
        const struct pyr_str entry = pyr_str_of(*environment);
        if (pyr_str_starts(entry, pyr_str_of(prefix)) && pyr_str_find(entry, '=') > 0)
            PYR_TRY(set_variable(o, prefix, entry, diag));
    }
    return PYR_OK;
}

bool pyr_options_want_help(int argc, char *const *argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "-help") == 0 || strcmp(argv[i], "--help") == 0)
            return true;
    return false;
}

static void help_type(FILE *out, const struct pyr_option *option)
{
    static const char *const types[] = {
        [PYR_OPTION_STRING] = "TEXT", [PYR_OPTION_ADDRESS] = "ADDRESS",   [PYR_OPTION_BOOL] = NULL,
        [PYR_OPTION_BYTES] = "SIZE",  [PYR_OPTION_DURATION] = "DURATION", [PYR_OPTION_COUNT] = "N",
    };
    if (option->type != PYR_OPTION_WORD) {
        if (types[option->type] != NULL)
            (void)fprintf(out, " %s", types[option->type]);
        return;
    }
    for (const char *const *word = option->words; *word != NULL; word++)
        (void)fprintf(out, "%c%s", word == option->words ? ' ' : '|', *word);
}

void pyr_options_help(FILE *out, const struct pyr_option *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *fallback = table[i].help_default != NULL ? table[i].help_default : table[i].fallback;
        (void)fprintf(out, "  --%s", table[i].name);
        help_type(out, &table[i]);
        (void)fprintf(out, "\n        %s", table[i].help);
        if (fallback[0] != '\0')
            (void)fprintf(out, " (default: %s)", fallback);
        (void)fputc('\n', out);
    }
}

const struct pyr_option_origin *pyr_options_origin(const struct pyr_options *o, const char *name)
{
    const struct pyr_option *option = find(o, pyr_str_of(name));
    return option != NULL ? &o->origins[option - o->table] : NULL;
}
