#include "ingest/function_names.h"

#define SHAPE PYR_STR("[go.shape.")

/* Length of the bracket group that starts at s.ptr[0]; all that is left when it does not end. */
static size_t group_len(struct pyr_str s)
{
    size_t depth = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '[')
            depth++;
        else if (s.ptr[i] == ']' && --depth == 0)
            return i + 1;
    }
    return s.len;
}

static const char *find_shape(struct pyr_str s)
{
    /* Most names have no bracket at all: that is found out quickly. */
    const char *bracket = s.len != 0 ? memchr(s.ptr, '[', s.len) : NULL;
    return bracket != NULL ? memmem(bracket, s.len - (size_t)(bracket - s.ptr), SHAPE.ptr, SHAPE.len) : NULL;
}

/* Writes `s` without its shape groups to `to`, which has s.len bytes of room. */
static size_t copy_without_shapes(char *to, struct pyr_str s)
{
    size_t len = 0;
    for (;;) {
        const char *shape = find_shape(s);
        const size_t before = shape != NULL ? (size_t)(shape - s.ptr) : s.len;
        if (before != 0)
            memcpy(to + len, s.ptr, before);
        len += before;
        if (shape == NULL)
            return len;
        const size_t group = group_len((struct pyr_str){shape, s.len - before});
        s = (struct pyr_str){shape + group, s.len - before - group};
    }
}

static bool simplify(struct pyr_str *name, struct pyr_arena *arena)
{
    const char *shape = find_shape(*name);
    if (shape == NULL)
        return true;
    const size_t before = (size_t)(shape - name->ptr);
    if (before + group_len((struct pyr_str){shape, name->len - before}) == name->len) {
        name->len = before; /* the usual case: the group ends the name */
        return true;
    }
    char *text = pyr_arena_alloc_aligned(arena, name->len, 1);
    if (text == NULL)
        return false;
    *name = (struct pyr_str){text, copy_without_shapes(text, *name)};
    return true;
}

bool pyr_function_names_go(struct pyr_profile *p, bool is_go, struct pyr_arena *arena)
{
    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct pyr_function *f = &p->functions[i];
        if (!is_go && !pyr_str_ends(p->strings[f->filename], PYR_STR(".go")))
            continue;
        /* Names are strings that other functions may share: they are all the better for it. */
        if (!simplify(&p->strings[f->name], arena) ||
            (f->system_name != f->name && !simplify(&p->strings[f->system_name], arena)))
            return false;
    }
    return true;
}

static struct pyr_str join(struct pyr_str file, struct pyr_str name, struct pyr_arena *arena)
{
    char *text = pyr_arena_alloc_aligned(arena, file.len + 1 + name.len, 1);
    if (text == NULL)
        return (struct pyr_str){NULL, 0};
    memcpy(text, file.ptr, file.len);
    text[file.len] = ' ';
    if (name.len != 0)
        memcpy(text + file.len + 1, name.ptr, name.len);
    return (struct pyr_str){text, file.len + 1 + name.len};
}

bool pyr_function_names_script(struct pyr_profile *p, struct pyr_str spy, struct pyr_arena *arena)
{
    const bool python = pyr_str_eq(spy, PYR_STR("pyspy"));
    if (!python && !pyr_str_eq(spy, PYR_STR("rbspy")) && !pyr_str_eq(spy, PYR_STR("scripting")))
        return true;
    /* A name may be shared by functions of several files, so each gets a string of its own. */
    struct pyr_str *strings = PYR_ARENA_ARRAY(arena, struct pyr_str, (size_t)p->string_count + p->function_count);
    if (strings == NULL)
        return false;
    memcpy(strings, p->strings, p->string_count * sizeof(*strings));
    for (uint32_t i = 0; i < p->function_count; i++) {
        struct pyr_function *f = &p->functions[i];
        const struct pyr_str file = strings[f->filename];
        if (file.len == 0 || (python && file.ptr[0] == '/'))
            continue;
        const struct pyr_str joined = join(file, strings[f->name], arena);
        if (joined.ptr == NULL)
            return false;
        f->name = p->string_count;
        strings[p->string_count++] = joined;
    }
    p->strings = strings;
    return true;
}

bool pyr_sample_types_dotnet(struct pyr_profile *p, struct pyr_arena *arena)
{
    for (uint32_t i = 0; i < p->type_count; i++) {
        struct pyr_str *type = &p->types[i].type;
        if (pyr_str_find(*type, '-') < 0)
            continue;
        const struct pyr_str copy = pyr_arena_str(arena, *type);
        if (copy.ptr == NULL)
            return false;
        char *text = (char *)(uintptr_t)copy.ptr; /* just made, nobody else's */
        for (size_t k = 0; k < copy.len; k++)
            text[k] = text[k] == '-' ? '_' : text[k];
        *type = copy;
    }
    return true;
}
