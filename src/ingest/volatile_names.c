#include "ingest/volatile_names.h"

enum { ADDRESS_DIGITS_MIN = 6 };

static struct pyr_str skip(struct pyr_str s, size_t n)
{
    return (struct pyr_str){s.ptr + n, s.len - n};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Each of these says how many bytes at the start of `s` are others next time. */

static size_t number(struct pyr_str s)
{
    size_t n = 0;
    while (n < s.len && is_digit(s.ptr[n]))
        n++;
    return n;
}

static size_t hex_number(struct pyr_str s)
{
    size_t n = 0;
    while (n < s.len && is_hex(s.ptr[n]))
        n++;
    return n;
}

static size_t address(struct pyr_str s)
{
    if (!pyr_str_starts(s, PYR_STR("0x")))
        return 0;
    const size_t n = hex_number(skip(s, 2));
    return n < ADDRESS_DIGITS_MIN ? 0 : 2 + n;
}

/* "$225.0x00007fe8540236c8", "$1/471910020", "/0x00007fe8540236c8" */
static size_t lambda(struct pyr_str s)
{
    size_t n = s.len != 0 && s.ptr[0] == '$' ? number(skip(s, 1)) : 0;
    n += n != 0;
    if (n == s.len || (s.ptr[n] != '.' && s.ptr[n] != '/' && s.ptr[n] != '+'))
        return n;
    const struct pyr_str rest = skip(s, n + 1);
    const size_t where = address(rest) != 0 || s.ptr[n] != '/' ? address(rest) : number(rest);
    return where != 0 ? n + 1 + where : n;
}

/* What is put in place is never longer. */
static const struct {
    struct pyr_str before;
    size_t (*changing)(struct pyr_str s);
    struct pyr_str becomes;
} rules[] = {
    {PYR_STR("$$Lambda"), lambda, PYR_STR("$_")},
    {PYR_STR("GeneratedMethodAccessor"), number, PYR_STR("_")},
    {PYR_STR("ConstructorAccessor"), number, PYR_STR("_")},
    {PYR_STR("CGLIB$$"), hex_number, PYR_STR("_")},
    {PYR_STR("/"), address, PYR_STR("0x_")}, /* hidden classes */
    {PYR_STR("."), address, PYR_STR("0x_")},
    {PYR_STR(" at "), address, PYR_STR("0x_")},
};

/* Whether a rule can apply at all: looked for quickly. */
static bool is_suspect(struct pyr_str s)
{
    return s.len != 0 && (memchr(s.ptr, '$', s.len) != NULL || memmem(s.ptr, s.len, "0x", 2) != NULL ||
                          memmem(s.ptr, s.len, "Accessor", 8) != NULL);
}

/* Writes what stands for the start of *s to `to` and takes it off; returns how much was written. */
static size_t step(struct pyr_str *s, char *to)
{
    for (size_t i = 0; i < PYR_COUNT_OF(rules); i++) {
        const struct pyr_str before = rules[i].before, becomes = rules[i].becomes;
        if (!pyr_str_starts(*s, before))
            continue;
        const size_t changing = rules[i].changing(skip(*s, before.len));
        if (changing == 0)
            continue;
        memcpy(to, before.ptr, before.len);
        memcpy(to + before.len, becomes.ptr, becomes.len);
        *s = skip(*s, before.len + changing);
        return before.len + becomes.len;
    }
    *to = *s->ptr;
    *s = skip(*s, 1);
    return 1;
}

static bool settle(struct pyr_str *name, struct pyr_arena *arena)
{
    if (!is_suspect(*name))
        return true;
    char *text = pyr_arena_alloc_aligned(arena, name->len, 1);
    if (text == NULL)
        return false;
    size_t len = 0;
    for (struct pyr_str left = *name; left.len != 0;)
        len += step(&left, text + len);
    *name = (struct pyr_str){text, len};
    return true;
}

bool pyr_function_names_settle(struct pyr_profile *p, struct pyr_arena *arena)
{
    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct pyr_function *f = &p->functions[i];
        if (pyr_str_ends(p->strings[f->filename], PYR_STR(".go")))
            continue;
        /* As with Go's names: whoever shares the string is better off, too. */
        if (!settle(&p->strings[f->name], arena) ||
            (f->system_name != f->name && !settle(&p->strings[f->system_name], arena)))
            return false;
    }
    return true;
}
