#include "load/source.h"
#include "base/hash.h"
#include "base/index.h"
#include "load/fail.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum { SOURCE_ITEMS_MAX = 1 << 20, SOURCE_FILE_BYTES_MAX = 16 << 20 };

struct tables {
    struct pyr_index strings, frames, stacks, labels;
    uint32_t *frame_uses; /* (stack, depth) pairs by frame, for splicing */
    uint32_t *use_first;  /* frame f: frame_uses[use_first[f] .. use_first[f + 1]) holds stacks */
};

static uint32_t intern_string(struct load_source *s, struct tables *t, struct pyr_str text)
{
    const uint64_t h = pyr_hash_str(text);
    struct pyr_index_cursor c;
    for (uint32_t id = pyr_index_first(&t->strings, h, &c); id != PYR_INDEX_NONE; id = pyr_index_next(&t->strings, &c))
        if (pyr_str_eq(s->strings[id], text))
            return id;
    LOAD_CHECK(s->string_count < SOURCE_ITEMS_MAX && pyr_index_insert(&t->strings, h, s->string_count) == PYR_OK);
    s->strings[s->string_count] = pyr_arena_str(&s->arena, text);
    return s->string_count++;
}

static bool same_frame(const struct load_source *s, uint32_t id, uint64_t address, const struct load_line *lines,
                       uint32_t count)
{
    const struct load_frame *f = &s->frames[id];
    return f->address == address && f->line_count == count &&
           memcmp(s->lines + f->line_first, lines, count * sizeof(*lines)) == 0;
}

static uint32_t intern_frame(struct load_source *s, struct tables *t, uint64_t address, const struct load_line *lines,
                             uint32_t count)
{
    const uint64_t h = pyr_hash_mix(pyr_hash_bytes(lines, count * sizeof(*lines)), address);
    struct pyr_index_cursor c;
    for (uint32_t id = pyr_index_first(&t->frames, h, &c); id != PYR_INDEX_NONE; id = pyr_index_next(&t->frames, &c))
        if (same_frame(s, id, address, lines, count))
            return id;
    LOAD_CHECK(s->frame_count < SOURCE_ITEMS_MAX && s->line_count + count < SOURCE_ITEMS_MAX);
    LOAD_CHECK(pyr_index_insert(&t->frames, h, s->frame_count) == PYR_OK);
    s->frames[s->frame_count] = (struct load_frame){address, s->line_count, count};
    memcpy(s->lines + s->line_count, lines, count * sizeof(*lines));
    s->line_count += count;
    return s->frame_count++;
}

static uint32_t intern_label(struct load_source *s, struct tables *t, struct pyr_str key, struct pyr_str value)
{
    const uint64_t h = pyr_hash_mix(pyr_hash_str(key), pyr_hash_str(value));
    struct pyr_index_cursor c;
    for (uint32_t id = pyr_index_first(&t->labels, h, &c); id != PYR_INDEX_NONE; id = pyr_index_next(&t->labels, &c))
        if (pyr_str_eq(s->labels[id].key, key) && pyr_str_eq(s->labels[id].value, value))
            return id;
    LOAD_CHECK(s->label_count < SOURCE_ITEMS_MAX && pyr_index_insert(&t->labels, h, s->label_count) == PYR_OK);
    s->labels[s->label_count] = (struct load_label){pyr_arena_str(&s->arena, key), pyr_arena_str(&s->arena, value)};
    return s->label_count++;
}

static void count_stack(struct load_source *s, struct tables *t, const uint32_t *frames, uint32_t depth, uint32_t label,
                        int64_t weight)
{
    const uint64_t h = pyr_hash_mix(pyr_hash_bytes(frames, depth * sizeof(*frames)), label);
    struct pyr_index_cursor c;
    for (uint32_t id = pyr_index_first(&t->stacks, h, &c); id != PYR_INDEX_NONE; id = pyr_index_next(&t->stacks, &c)) {
        const struct load_stack *k = &s->stacks[id];
        if (k->depth == depth && k->label == label && memcmp(k->frames, frames, depth * sizeof(*frames)) == 0) {
            s->weights[id] += weight;
            return;
        }
    }
    LOAD_CHECK(s->stack_count < SOURCE_ITEMS_MAX && pyr_index_insert(&t->stacks, h, s->stack_count) == PYR_OK);
    uint32_t *kept = PYR_ARENA_ARRAY(&s->arena, uint32_t, depth);
    LOAD_CHECK(kept != NULL);
    memcpy(kept, frames, depth * sizeof(*frames));
    s->stacks[s->stack_count] = (struct load_stack){kept, depth, label};
    s->weights[s->stack_count++] = weight;
}

static struct pyr_str text_of(const struct pyr_google_v1_Profile *p, int64_t index)
{
    LOAD_CHECK(index >= 0 && (size_t)index < p->string_table.count);
    return p->string_table.items[index];
}

static uint32_t frame_of(struct load_source *s, struct tables *t, const struct pyr_google_v1_Profile *p, uint64_t id)
{
    LOAD_CHECK(id >= 1 && id <= p->location.count); /* the Go runtime numbers 1..n */
    const struct pyr_google_v1_Location *l = &p->location.items[id - 1];
    struct load_line lines[64];
    LOAD_CHECK(l->id == id && l->line.count <= PYR_COUNT_OF(lines));
    for (size_t i = 0; i < l->line.count; i++) {
        const uint64_t function = l->line.items[i].function_id;
        LOAD_CHECK(function >= 1 && function <= p->function.count);
        const struct pyr_google_v1_Function *f = &p->function.items[function - 1];
        lines[i] =
            (struct load_line){intern_string(s, t, text_of(p, f->name)), intern_string(s, t, text_of(p, f->filename)),
                               l->line.items[i].line, f->start_line};
    }
    return intern_frame(s, t, l->address, lines, (uint32_t)l->line.count);
}

static void take_sample(struct load_source *s, struct tables *t, const struct pyr_google_v1_Profile *p,
                        const struct pyr_google_v1_Sample *sample)
{
    uint32_t frames[LOAD_STACK_DEPTH_MAX];
    if (sample->location_id.count > LOAD_STACK_DEPTH_MAX || sample->value.count < 1)
        return;
    for (size_t i = 0; i < sample->location_id.count; i++)
        frames[i] = frame_of(s, t, p, sample->location_id.items[i]);
    uint32_t label = 0;
    for (size_t i = 0; i < sample->label.count; i++)
        if (sample->label.items[i].str != 0)
            label = intern_label(s, t, text_of(p, sample->label.items[i].key), text_of(p, sample->label.items[i].str));
    count_stack(s, t, frames, (uint32_t)sample->location_id.count, label, sample->value.items[0]);
    s->draws_all += (double)sample->value.items[0];
}

static struct pyr_span read_gz(struct pyr_arena *arena, const char *path)
{
    gzFile f = gzopen(path, "rb");
    LOAD_CHECK(f != NULL);
    uint8_t *bytes = pyr_arena_alloc(arena, SOURCE_FILE_BYTES_MAX);
    const int n = gzread(f, bytes, SOURCE_FILE_BYTES_MAX);
    LOAD_CHECK(n > 0 && n < SOURCE_FILE_BYTES_MAX);
    gzclose(f);
    return (struct pyr_span){bytes, (size_t)n};
}

static void take_file(struct load_source *s, struct tables *t, const char *path)
{
    struct pyr_arena scratch;
    pyr_arena_init(&scratch, SIZE_MAX, NULL);
    struct pyr_google_v1_Profile p;
    struct pyr_diag diag = {0};
    const struct pyr_span bytes = read_gz(&scratch, path);
    if (pyr_pb_decode(&pyr_google_v1_Profile_pb, bytes, &scratch, &p, &diag) != PYR_OK)
        load_fail("%s: %s", path, diag.message);
    for (size_t i = 0; i < p.sample.count; i++)
        take_sample(s, t, &p, &p.sample.items[i]);
    if (s->draws_one == 0) {
        s->draws_one = s->draws_all;
        s->distinct_one = s->stack_count;
    }
    pyr_arena_free(&scratch);
}

struct weighted {
    struct load_stack stack;
    int64_t weight;
};

static int heavier_first(const void *a, const void *b)
{
    const struct weighted *x = a, *y = b;
    return (x->weight < y->weight) - (x->weight > y->weight);
}

static void sort_by_weight(struct load_source *s)
{
    struct weighted *all = pyr_malloc(s->stack_count * sizeof(*all));
    LOAD_CHECK(all != NULL);
    for (uint32_t i = 0; i < s->stack_count; i++)
        all[i] = (struct weighted){s->stacks[i], s->weights[i]};
    qsort(all, s->stack_count, sizeof(*all), heavier_first);
    for (uint32_t i = 0; i < s->stack_count; i++) {
        s->stacks[i] = all[i].stack;
        s->weights[i] = all[i].weight;
    }
    pyr_free(all);
}

/* Lists, for each frame, the stacks it is in (a counting sort). */
static void list_uses(struct load_source *s, struct tables *t)
{
    t->use_first = pyr_calloc(s->frame_count + 2, sizeof(uint32_t));
    LOAD_CHECK(t->use_first != NULL);
    for (uint32_t i = 0; i < s->stack_count; i++)
        for (uint32_t d = 0; d < s->stacks[i].depth; d++)
            t->use_first[s->stacks[i].frames[d] + 2]++;
    for (uint32_t f = 2; f < s->frame_count + 2; f++)
        t->use_first[f] += t->use_first[f - 1];
    t->frame_uses = pyr_calloc(t->use_first[s->frame_count + 1] + 1, sizeof(uint32_t));
    LOAD_CHECK(t->frame_uses != NULL);
    for (uint32_t i = 0; i < s->stack_count; i++)
        for (uint32_t d = 0; d < s->stacks[i].depth; d++)
            t->frame_uses[t->use_first[s->stacks[i].frames[d] + 1]++] = i;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void load_source_open(struct load_source *s, const char *folder)
{
    *s = (struct load_source){0};
    pyr_arena_init(&s->arena, SIZE_MAX, NULL);
    s->strings = PYR_ARENA_ARRAY(&s->arena, struct pyr_str, SOURCE_ITEMS_MAX);
    s->lines = PYR_ARENA_ARRAY(&s->arena, struct load_line, SOURCE_ITEMS_MAX);
    s->frames = PYR_ARENA_ARRAY(&s->arena, struct load_frame, SOURCE_ITEMS_MAX);
    s->stacks = PYR_ARENA_ARRAY(&s->arena, struct load_stack, SOURCE_ITEMS_MAX);
    s->weights = PYR_ARENA_ARRAY(&s->arena, int64_t, SOURCE_ITEMS_MAX);
    s->labels = PYR_ARENA_ARRAY(&s->arena, struct load_label, SOURCE_ITEMS_MAX);
    struct tables *t = pyr_calloc(1, sizeof(*t));
    LOAD_CHECK(t != NULL && s->labels != NULL);
    struct pyr_index *all[] = {&t->strings, &t->frames, &t->stacks, &t->labels};
    for (size_t i = 0; i < PYR_COUNT_OF(all); i++)
        pyr_index_init(all[i], SOURCE_ITEMS_MAX);
    s->impl = t;
    intern_label(s, t, PYR_STR(""), PYR_STR("")); /* label 0 is none */

    char *names[64];
    size_t count = 0;
    DIR *d = opendir(folder);
    if (d == NULL)
        load_fail("cannot read the folder %s", folder);
    for (struct dirent *e; (e = readdir(d)) != NULL && count < PYR_COUNT_OF(names);)
        if (strncmp(e->d_name, "go-server-cpu-", 14) == 0)
            LOAD_CHECK(asprintf(&names[count++], "%s/%s", folder, e->d_name) > 0);
    closedir(d);
    if (count == 0)
        load_fail("no go-server-cpu-*.pb.gz in %s", folder);
    qsort(names, count, sizeof(names[0]), by_name);
    for (size_t i = 0; i < count; i++) {
        take_file(s, t, names[i]);
        free(names[i]);
    }
    s->distinct_all = s->stack_count;
    sort_by_weight(s);
    list_uses(s, t);
}

void load_source_close(struct load_source *s)
{
    struct tables *t = s->impl;
    struct pyr_index *all[] = {&t->strings, &t->frames, &t->stacks, &t->labels};
    for (size_t i = 0; i < PYR_COUNT_OF(all); i++)
        pyr_index_free(all[i]);
    pyr_free(t->use_first);
    pyr_free(t->frame_uses);
    pyr_free(t);
    pyr_arena_free(&s->arena);
}

static uint32_t depth_of(const struct load_stack *k, uint32_t frame)
{
    uint32_t d = 0;
    while (k->frames[d] != frame)
        d++;
    return d;
}

struct load_stack load_source_splice(struct load_source *s, uint64_t *random, struct pyr_arena *arena)
{
    const struct tables *t = s->impl;
    for (;;) {
        const struct load_stack *leaf = &s->stacks[load_random(random) % s->stack_count];
        if (leaf->depth < 2)
            continue;
        const uint32_t at = (uint32_t)(load_random(random) % leaf->depth);
        const uint32_t frame = leaf->frames[at];
        const uint32_t first = t->use_first[frame];
        const uint32_t uses = t->use_first[frame + 1] - first;
        const struct load_stack *root = &s->stacks[t->frame_uses[first + load_random(random) % uses]];
        const uint32_t root_at = depth_of(root, frame);
        const uint32_t depth = at + root->depth - root_at;
        if (root == leaf || depth > LOAD_STACK_DEPTH_MAX)
            continue;
        uint32_t *frames = PYR_ARENA_ARRAY(arena, uint32_t, depth);
        LOAD_CHECK(frames != NULL);
        memcpy(frames, leaf->frames, at * sizeof(*frames));
        memcpy(frames + at, root->frames + root_at, (root->depth - root_at) * sizeof(*frames));
        return (struct load_stack){frames, depth, leaf->label};
    }
}
