#include "cli/profile_table.h"
#include "profile/frame_name.h"
#include "profile/tree_top.h"
#include <string.h>

enum { NODES_MAX = 1 << 26, VALUE_BYTES = 40 };

/* One stack being named, root first. */
struct frames {
    struct pyr_str *names;
    uint32_t count, cap;
};

static bool push_frame(struct frames *f, struct pyr_str name, struct pyr_arena *arena)
{
    if (f->count == f->cap) {
        const uint32_t cap = f->cap != 0 ? f->cap * 2 : 256;
        struct pyr_str *names = pyr_arena_regrow(arena, f->names, f->cap * sizeof(*names), cap * sizeof(*names));
        if (names == NULL)
            return false;
        f->names = names;
        f->cap = cap;
    }
    f->names[f->count++] = name;
    return true;
}

static bool push_location(struct frames *f, const struct pyr_profile *p, const struct pyr_location *location,
                          struct pyr_arena *arena)
{
    if (location->line_count == 0) {
        char buf[PYR_FRAME_ADDRESS_BYTES];
        const struct pyr_mapping *m = location->mapping != 0 ? &p->mappings[location->mapping] : NULL;
        const struct pyr_str file = m != NULL ? p->strings[m->filename] : PYR_STR("");
        const struct pyr_str name = pyr_arena_str(arena, pyr_frame_address(location->address, m, file, buf));
        return name.ptr != NULL && push_frame(f, name, arena);
    }
    /* A location's lines are leaf-most first. */
    for (uint32_t i = location->line_count; i-- > 0;) {
        const struct pyr_function *function = &p->functions[p->lines[location->line_first + i].function];
        if (!push_frame(f, pyr_frame_name(p->strings[function->name], p->strings[function->system_name]), arena))
            return false;
    }
    return true;
}

static pyr_err add_sample(struct pyr_tree_builder *b, struct frames *f, const struct pyr_profile *p, uint32_t sample,
                          struct pyr_arena *arena)
{
    const struct pyr_sample *s = &p->samples[sample];
    f->count = 0;
    for (uint32_t i = s->stack_count; i-- > 0;)
        if (!push_location(f, p, &p->locations[p->stack_locations[s->stack_first + i]], arena))
            return PYR_E_NOMEM;
    if (f->count == 0 && !push_frame(f, PYR_FRAME_EMPTY_STACK, arena))
        return PYR_E_NOMEM;
    return pyr_tree_builder_add_stack(b, f->names, f->count, p->values[(size_t)sample * p->type_count]);
}

pyr_err pyr_profile_to_tree(const struct pyr_profile *p, struct pyr_arena *arena, struct pyr_tree *out,
                            struct pyr_diag *diag)
{
    struct pyr_tree_builder b;
    struct frames frames = {0};
    pyr_err err = pyr_tree_builder_init(&b, arena, NODES_MAX);
    for (uint32_t i = 0; err == PYR_OK && p->type_count != 0 && i < p->sample_count; i++)
        err = add_sample(&b, &frames, p, i, arena);
    if (err == PYR_OK)
        *out = pyr_tree_builder_finish(&b);
    else
        (void)pyr_fail(diag, err, "the profile is too large");
    pyr_tree_builder_free(&b);
    return err;
}

static void scale(double v, const char *const *units, const double *sizes, size_t count, char out[VALUE_BYTES])
{
    size_t i = 0;
    while (i + 1 < count && (v < 0 ? -v : v) < sizes[i])
        i++;
    (void)snprintf(out, VALUE_BYTES, "%.2f%s", v / sizes[i], units[i]);
}

static void format_value(int64_t v, struct pyr_str unit, char out[VALUE_BYTES])
{
    static const char *const times[] = {"h", "m", "s", "ms", "us", "ns"};
    static const double time_sizes[] = {3600e9, 60e9, 1e9, 1e6, 1e3, 1};
    static const char *const sizes[] = {"TiB", "GiB", "MiB", "KiB", "B"};
    static const double size_sizes[] = {0x1p40, 0x1p30, 0x1p20, 0x1p10, 1};
    if (v == 0)
        (void)snprintf(out, VALUE_BYTES, "0");
    else if (pyr_str_eq(unit, PYR_STR("nanoseconds")))
        scale((double)v, times, time_sizes, PYR_COUNT_OF(times), out);
    else if (pyr_str_eq(unit, PYR_STR("bytes")))
        scale((double)v, sizes, size_sizes, PYR_COUNT_OF(sizes), out);
    else
        (void)snprintf(out, VALUE_BYTES, "%lld", (long long)v);
}

/* Names come from whoever sent the profile: what would steer the terminal is shown as '?'. */
static void print_name(FILE *out, struct pyr_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const unsigned char c = (unsigned char)name.ptr[i];
        const bool c1 = c == 0xC2 && i + 1 < name.len && (unsigned char)name.ptr[i + 1] < 0xA0;
        (void)fputc(c < ' ' || c == 0x7F || c1 ? '?' : c, out);
        i += c1;
    }
}

static void print_row(FILE *out, const struct pyr_tree *tree, const struct pyr_top_row *row, struct pyr_str unit)
{
    const double whole = tree->nodes[0].total != 0 ? (double)tree->nodes[0].total : 1;
    char self[VALUE_BYTES], total[VALUE_BYTES];
    format_value(row->self, unit, self);
    format_value(row->total, unit, total);
    (void)fprintf(out, "%12s %6.2f%% %12s %6.2f%%  ", self, 100 * (double)row->self / whole, total,
                  100 * (double)row->total / whole);
    print_name(out, tree->names[row->name]);
    (void)fputc('\n', out);
}

pyr_err pyr_print_top(FILE *out, const struct pyr_tree *tree, struct pyr_str unit, uint32_t rows,
                      struct pyr_arena *arena, struct pyr_diag *diag)
{
    struct pyr_top_row *top;
    uint32_t count;
    char total[VALUE_BYTES];
    if (pyr_tree_top(tree, arena, &top, &count) != PYR_OK)
        return pyr_fail(diag, PYR_E_NOMEM, "the profile is too large");
    const uint32_t shown = rows != 0 && rows < count ? rows : count;
    format_value(tree->nodes[0].total, unit, total);
    (void)fprintf(out, "%s in all, %u of %u functions\n", total, shown, count);
    (void)fprintf(out, "%12s %7s %12s %7s  %s\n", "self", "", "total", "", "function");
    for (uint32_t i = 0; i < shown; i++)
        print_row(out, tree, &top[i], unit);
    return PYR_OK;
}
