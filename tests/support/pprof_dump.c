/* Prints what our decoder makes of a pprof file (plain or gzipped), for a comparison with another reader:
 *   type <type> <unit>          one line a sample type; period, time, duration, dropped likewise
 *   sample <values> | <labels> | <frames>    one line a sample that was kept
 * Fields are separated by tabs; frames are "function@file:line", leaf first, an unsymbolised one "0xaddress". */
#include "base/buf.h"
#include "codec/gzip.h"
#include "format/pprof.h"
#include <stdio.h>
#include <stdlib.h>

static struct pyr_span read_file(const char *path, struct pyr_arena *arena)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return (struct pyr_span){NULL, 0};
    fseek(f, 0, SEEK_END);
    const size_t len = (size_t)ftell(f);
    rewind(f);
    uint8_t *bytes = pyr_arena_alloc(arena, len + 1);
    const size_t got = fread(bytes, 1, len, f);
    fclose(f);
    return (struct pyr_span){bytes, got};
}

static void write_line(struct pyr_buf *out, const struct pyr_profile *p, const struct pyr_line *line)
{
    const struct pyr_function *f = &p->functions[line->function];
    pyr_buf_byte(out, '\t');
    pyr_buf_str(out, p->strings[f->name]);
    pyr_buf_byte(out, '@');
    pyr_buf_str(out, p->strings[f->filename]);
    pyr_buf_printf(out, ":%lld", (long long)line->line);
}

static void write_key(struct pyr_buf *out, const struct pyr_profile *p, const struct pyr_sample *s)
{
    for (uint32_t i = 0; i < s->label_count; i++) {
        const struct pyr_sample_label *l = &p->labels[s->label_first + i];
        pyr_buf_byte(out, '\t');
        pyr_buf_str(out, p->strings[l->key]);
        pyr_buf_byte(out, '=');
        pyr_buf_str(out, p->strings[l->str]);
    }
    pyr_buf_printf(out, "\t|");
    for (uint32_t i = 0; i < s->stack_count; i++) {
        const struct pyr_location *l = &p->locations[p->stack_locations[s->stack_first + i]];
        for (uint32_t k = 0; k < l->line_count; k++)
            write_line(out, p, &p->lines[l->line_first + k]);
        if (l->line_count == 0)
            pyr_buf_printf(out, "\t0x%llx", (unsigned long long)l->address);
    }
}

static void print_samples(const struct pyr_profile *p)
{
    for (uint32_t i = 0; i < p->sample_count; i++) {
        struct pyr_buf key;
        pyr_buf_init(&key, SIZE_MAX / 2);
        write_key(&key, p, &p->samples[i]);
        printf("sample");
        for (uint32_t t = 0; t < p->type_count; t++)
            printf("\t%lld", (long long)p->values[(size_t)i * p->type_count + t]);
        printf("\t|");
        fwrite(key.data, 1, key.len, stdout);
        putchar('\n');
        pyr_buf_free(&key);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return fprintf(stderr, "usage: %s FILE\n", argv[0]), 2;
    struct pyr_arena arena;
    pyr_arena_init(&arena, (size_t)2 << 30, NULL);
    struct pyr_diag diag = {0};
    struct pyr_profile p;
    const struct pyr_format_limits limits = PYR_FORMAT_LIMITS_DEFAULT;
    struct pyr_span in = read_file(argv[1], &arena);
    pyr_err err = PYR_OK;
    if (pyr_is_gzip(in))
        err = pyr_gunzip(in, (size_t)1 << 30, &arena, &in, &diag);
    if (err == PYR_OK)
        err = pyr_pprof_decode(in, &limits, &arena, &p, &diag);
    if (err != PYR_OK)
        return fprintf(stderr, "%s: %s\n", argv[1], diag.message), 1;
    for (uint32_t i = 0; i < p.type_count; i++)
        printf("type\t%.*s\t%.*s\n", PYR_STR_ARG(p.types[i].type), PYR_STR_ARG(p.types[i].unit));
    printf("period\t%.*s\t%.*s\t%lld\n", PYR_STR_ARG(p.period_type.type), PYR_STR_ARG(p.period_type.unit),
           (long long)p.period);
    printf("time\t%lld\t%lld\n", (long long)p.time_ns, (long long)p.duration_ns);
    printf("default\t%.*s\n", PYR_STR_ARG(p.strings[p.default_type]));
    printf("dropped\t%u\t%u\t%u\t%u\n", p.dropped.dangling, p.dropped.negative, p.dropped.zero, p.dropped.truncated);
    print_samples(&p);
    pyr_arena_free(&arena);
    return 0;
}
