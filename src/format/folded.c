#include "format/folded.h"
#include "format/frames.h"

struct folded {
    struct pyr_frames frames;
    enum pyr_folded_kind kind;
    struct pyr_diag *diag;
    uint32_t line; /* from 1, for messages */
};

static pyr_err push_stack(struct folded *f, struct pyr_str stack)
{
    f->frames.count = 0;
    while (stack.len != 0) {
        const char *semicolon = memchr(stack.ptr, ';', stack.len);
        const size_t len = semicolon != NULL ? (size_t)(semicolon - stack.ptr) : stack.len;
        if (!pyr_frames_push(&f->frames, (struct pyr_str){stack.ptr, len}, false))
            return pyr_frames_full(f->diag);
        const size_t step = len + (semicolon != NULL);
        stack.ptr += step;
        stack.len -= step;
    }
    return PYR_OK;
}

static pyr_err read_line(struct folded *f, struct pyr_str line)
{
    int64_t value = 1;
    size_t bad_at;
    if (!pyr_utf8_valid(line, &bad_at))
        return pyr_fail(f->diag, PYR_E_CORRUPT, "line %u: invalid UTF-8 at byte %zu of it", f->line, bad_at);
    if (f->kind == PYR_FOLDED_GROUPS) {
        const ptrdiff_t space = pyr_str_find_last(line, ' ');
        if (space < 0)
            return PYR_OK;
        const struct pyr_str number = {line.ptr + space + 1, line.len - (size_t)space - 1};
        line.len = (size_t)space;
        if (!pyr_str_to_i64(number, &value))
            return pyr_fail(f->diag, PYR_E_CORRUPT, "line %u: no integer follows the last space", f->line);
    }
    if (line.len == 0 && f->kind == PYR_FOLDED_LINES)
        return PYR_OK;
    if (value < 0) {
        f->frames.builder.profile->dropped.negative++;
        return PYR_OK;
    }
    PYR_TRY(push_stack(f, line));
    const pyr_err err = pyr_frames_sample(&f->frames, (uint64_t)value, f->diag);
    if (err != PYR_OK)
        pyr_diag_prefix(f->diag, "line %u", f->line);
    return err;
}

pyr_err pyr_folded_decode(struct pyr_span in, enum pyr_folded_kind kind, const struct pyr_format_limits *limits,
                          struct pyr_arena *arena, struct pyr_profile *out, struct pyr_diag *diag)
{
    struct folded f = {.kind = kind, .diag = diag};
    if (!pyr_frames_init(&f.frames, limits, arena, out, in.len))
        return pyr_frames_full(diag);
    struct pyr_str left = pyr_span_str(in);
    while (left.len != 0) {
        const char *newline = memchr(left.ptr, '\n', left.len);
        struct pyr_str line = {left.ptr, newline != NULL ? (size_t)(newline - left.ptr) : left.len};
        const size_t step = line.len + (newline != NULL);
        left.ptr += step;
        left.len -= step;
        f.line++;
        if (line.len != 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        PYR_TRY(read_line(&f, line));
    }
    return PYR_OK;
}
