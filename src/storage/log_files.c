#include "storage/log_files.h"
#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include <stdatomic.h>
#include <string.h>

pyr_err pyr_log_files_init(struct pyr_log_files *fs, struct pyr_vfs *vfs, const char *dir, struct pyr_diag *diag)
{
    *fs = (struct pyr_log_files){.vfs = vfs, .next_number = 1};
    if (strlen(dir) + PYR_LOG_NAME_BYTES > PYR_LOG_PATH_BYTES)
        return pyr_fail(diag, PYR_E_INVALID, "log: the path of the folder is too long");
    fs->dir = pyr_strdup(dir);
    if (fs->dir == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "log: no memory");
    pyr_mutex_init(&fs->lock, PYR_RANK_LOG_FILES, "log files");
    return PYR_OK;
}

static void close_handle(struct pyr_log_files *fs, struct pyr_log_segment *seg)
{
    if (seg->file == NULL)
        return;
    seg->file->ops->close(seg->file);
    seg->file = NULL;
    fs->open_handles--;
}

void pyr_log_files_free(struct pyr_log_files *fs)
{
    for (size_t i = 0; i < fs->count; i++) {
        PYR_ASSERT(fs->segments[i]->pins == 0);
        close_handle(fs, fs->segments[i]);
        pyr_free(fs->segments[i]);
    }
    pyr_free(fs->segments);
    pyr_free(fs->dir);
    pyr_mutex_destroy(&fs->lock);
}

/* ---- the table ---- */

/* Index of the first segment with at least this number. */
static size_t lower_bound(const struct pyr_log_files *fs, uint32_t number)
{
    size_t lo = 0, hi = fs->count;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (fs->segments[mid]->header.number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Keeps a place free for one insert(). */
static pyr_err promise_place(struct pyr_log_files *fs, struct pyr_diag *diag)
{
    if (fs->count + fs->promised < fs->cap) {
        fs->promised++;
        return PYR_OK;
    }
    const size_t cap = fs->cap != 0 ? fs->cap * 2 : 16;
    struct pyr_log_segment **grown = pyr_reallocarray(fs->segments, cap, sizeof(*grown));
    if (grown == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "log: no memory for the table of segments");
    fs->segments = grown;
    fs->cap = cap;
    fs->promised++;
    return PYR_OK;
}

static void insert(struct pyr_log_files *fs, struct pyr_log_segment *seg)
{
    PYR_ASSERT(fs->promised != 0 && fs->count < fs->cap);
    fs->promised--;
    const size_t at = lower_bound(fs, seg->header.number);
    memmove(fs->segments + at + 1, fs->segments + at, (fs->count - at) * sizeof(*fs->segments));
    fs->segments[at] = seg;
    fs->count++;
    atomic_fetch_add(&fs->segment_bytes, seg->bytes);
}

static void take_out(struct pyr_log_files *fs, size_t at)
{
    atomic_fetch_sub(&fs->segment_bytes, fs->segments[at]->bytes);
    fs->count--;
    memmove(fs->segments + at, fs->segments + at + 1, (fs->count - at) * sizeof(*fs->segments));
}

static struct pyr_log_segment *find(const struct pyr_log_files *fs, uint32_t number)
{
    const size_t at = lower_bound(fs, number);
    return at < fs->count && fs->segments[at]->header.number == number ? fs->segments[at] : NULL;
}

static struct pyr_log_segment *new_segment(struct pyr_log_header header)
{
    struct pyr_log_segment *seg = pyr_malloc(sizeof(*seg));
    if (seg != NULL)
        *seg = (struct pyr_log_segment){.header = header, .used = PYR_LOG_HEADER_BYTES, .moved_from = UINT64_MAX};
    return seg;
}

void pyr_log_files_grow(struct pyr_log_files *fs, struct pyr_log_segment *seg, uint64_t bytes)
{
    seg->bytes += bytes;
    atomic_fetch_add(&fs->segment_bytes, bytes);
}

/* ---- spares ---- */

uint32_t pyr_log_files_new_number(struct pyr_log_files *fs)
{
    pyr_mutex_lock(&fs->lock);
    PYR_ASSERT(fs->next_number != UINT32_MAX);
    const uint32_t number = fs->next_number++;
    pyr_mutex_unlock(&fs->lock);
    return number;
}

static void unlink_quietly(struct pyr_log_files *fs, enum pyr_log_name kind, uint64_t number)
{
    char path[PYR_LOG_PATH_BYTES];
    pyr_log_files_path(fs, kind, number, path);
    /* A file that stays behind is found by the next scan and does no harm until then. */
    (void)fs->vfs->ops->unlink(fs->vfs, path, NULL);
}

/* Lock held. False: the list is full. */
static bool add_spare(struct pyr_log_files *fs, struct pyr_log_spare spare)
{
    if (fs->spare_count == PYR_LOG_SPARES_MAX)
        return false;
    fs->spares[fs->spare_count++] = spare;
    atomic_fetch_add(&fs->spare_bytes, spare.bytes);
    return true;
}

void pyr_log_files_put_spare(struct pyr_log_files *fs, struct pyr_log_spare spare)
{
    pyr_mutex_lock(&fs->lock);
    const bool added = add_spare(fs, spare);
    pyr_mutex_unlock(&fs->lock);
    if (!added)
        unlink_quietly(fs, PYR_LOG_NAME_SPARE, spare.number);
}

/* Lock held. Takes the largest spare with bytes in [least, below). */
static bool take_spare(struct pyr_log_files *fs, uint64_t least, uint64_t below, struct pyr_log_spare *out)
{
    size_t best = fs->spare_count;
    for (size_t i = 0; i < fs->spare_count; i++)
        if (fs->spares[i].bytes >= least && fs->spares[i].bytes < below &&
            (best == fs->spare_count || fs->spares[i].bytes > fs->spares[best].bytes))
            best = i;
    if (best == fs->spare_count)
        return false;
    *out = fs->spares[best];
    fs->spares[best] = fs->spares[--fs->spare_count];
    atomic_fetch_sub(&fs->spare_bytes, out->bytes);
    return true;
}

bool pyr_log_files_take_short_spare(struct pyr_log_files *fs, uint64_t bytes, struct pyr_log_spare *out)
{
    pyr_mutex_lock(&fs->lock);
    const bool found = take_spare(fs, 0, bytes, out);
    pyr_mutex_unlock(&fs->lock);
    return found;
}

bool pyr_log_files_has_spare(struct pyr_log_files *fs, uint64_t bytes)
{
    bool found = false;
    pyr_mutex_lock(&fs->lock);
    for (size_t i = 0; i < fs->spare_count; i++)
        found |= fs->spares[i].bytes >= bytes;
    pyr_mutex_unlock(&fs->lock);
    return found;
}

/* ---- what is on disk at start ---- */

struct listing {
    struct pyr_log_files *fs;
    pyr_err err;
};

static void list_entry(void *ctx, const char *name)
{
    struct listing *l = ctx;
    uint64_t number;
    if (pyr_log_name_parse(name, PYR_LOG_NAME_RELEASED, &number) && number > l->fs->released)
        l->fs->released = number;
    const bool segment = pyr_log_name_parse(name, PYR_LOG_NAME_SEGMENT, &number);
    if (l->err != PYR_OK || (!segment && !pyr_log_name_parse(name, PYR_LOG_NAME_SPARE, &number)))
        return;
    if (number >= l->fs->next_number)
        l->fs->next_number = (uint32_t)number + 1;
    l->err = promise_place(l->fs, NULL);
    const struct pyr_log_header header = {.number = (uint32_t)number};
    struct pyr_log_segment *seg = l->err == PYR_OK ? new_segment(header) : NULL;
    if (seg == NULL) {
        l->err = PYR_E_NOMEM;
        return;
    }
    seg->retired = !segment; /* until scan has sorted them out */
    insert(l->fs, seg);
}

static pyr_err read_header(struct pyr_log_files *fs, struct pyr_log_segment *seg, struct pyr_diag *diag)
{
    const uint32_t number = seg->header.number;
    char path[PYR_LOG_PATH_BYTES];
    pyr_log_files_path(fs, PYR_LOG_NAME_SEGMENT, number, path);
    struct pyr_file *file;
    PYR_TRY(fs->vfs->ops->open(fs->vfs, path, PYR_OPEN_READ, &file, diag));
    uint8_t bytes[PYR_LOG_HEADER_BYTES] = {0};
    struct pyr_log_header header;
    struct pyr_diag why = {0};
    pyr_err err = file->ops->size(file, &seg->bytes, diag);
    if (err == PYR_OK && seg->bytes >= sizeof(bytes))
        err = file->ops->read_at(file, 0, bytes, sizeof(bytes), diag);
    if (err == PYR_OK) {
        err = pyr_log_header_decode(bytes, &header, &why);
        seg->readable = err == PYR_OK && header.number == number;
        if (seg->readable)
            seg->header = header;
        if (err == PYR_E_CORRUPT)
            err = PYR_OK; /* the table says so; whether that matters is replay's to judge */
        else if (err != PYR_OK)
            err = pyr_fail(diag, err, "%s: %s", path, why.message);
    }
    file->ops->close(file);
    return err;
}

static pyr_err note_spare(struct pyr_log_files *fs, uint32_t number, struct pyr_diag *diag)
{
    char path[PYR_LOG_PATH_BYTES];
    pyr_log_files_path(fs, PYR_LOG_NAME_SPARE, number, path);
    struct pyr_file *file;
    PYR_TRY(fs->vfs->ops->open(fs->vfs, path, PYR_OPEN_READ, &file, diag));
    struct pyr_log_spare spare = {.number = number};
    const pyr_err err = file->ops->size(file, &spare.bytes, diag);
    file->ops->close(file);
    if (err == PYR_OK)
        pyr_log_files_put_spare(fs, spare);
    return err;
}

static bool has_twin(const struct pyr_log_files *fs, size_t at)
{
    const uint32_t number = fs->segments[at]->header.number;
    return (at != 0 && fs->segments[at - 1]->header.number == number) ||
           (at + 1 < fs->count && fs->segments[at + 1]->header.number == number);
}

static pyr_err inspect(struct pyr_log_files *fs, size_t at, struct pyr_diag *diag)
{
    struct pyr_log_segment *seg = fs->segments[at];
    if (!seg->retired)
        return read_header(fs, seg, diag);
    if (!has_twin(fs, at))
        return note_spare(fs, seg->header.number, diag);
    /* Both names can only come from copying files about; releasing the segment would rename it over the spare. */
    unlink_quietly(fs, PYR_LOG_NAME_SPARE, seg->header.number);
    return PYR_OK;
}

pyr_err pyr_log_files_scan(struct pyr_log_files *fs, struct pyr_diag *diag)
{
    struct listing l = {fs, PYR_OK};
    PYR_TRY(fs->vfs->ops->list(fs->vfs, fs->dir, list_entry, &l, diag));
    if (l.err != PYR_OK)
        return pyr_fail(diag, l.err, "log: no memory for the table of segments");
    for (size_t i = 0; i < fs->count; i++) {
        PYR_TRY(inspect(fs, i, diag));
        atomic_fetch_add(&fs->segment_bytes, fs->segments[i]->bytes);
    }
    size_t kept = 0;
    for (size_t i = 0; i < fs->count; i++) {
        if (fs->segments[i]->retired)
            pyr_free(fs->segments[i]);
        else
            fs->segments[kept++] = fs->segments[i];
    }
    fs->count = kept;
    return PYR_OK;
}

/* ---- making and ending segments ---- */

static pyr_err open_begun(struct pyr_log_files *fs, struct pyr_log_segment *seg, bool prepared, struct pyr_diag *diag)
{
    uint8_t bytes[PYR_LOG_HEADER_BYTES];
    char path[PYR_LOG_PATH_BYTES];
    const struct pyr_span run = {bytes, sizeof(bytes)};
    pyr_log_header_encode(&seg->header, bytes);
    pyr_log_files_path(fs, PYR_LOG_NAME_SPARE, seg->spare_number, path);
    PYR_TRY(fs->vfs->ops->open(fs->vfs, path, prepared ? PYR_OPEN_WRITE : PYR_OPEN_CREATE, &seg->file, diag));
    return seg->file->ops->write_at(seg->file, 0, &run, 1, diag);
}

pyr_err pyr_log_files_begin(struct pyr_log_files *fs, struct pyr_log_header header, uint64_t prepared_bytes,
                            struct pyr_log_segment **out, struct pyr_diag *diag)
{
    struct pyr_log_spare spare = {.bytes = PYR_LOG_HEADER_BYTES};
    header.number = pyr_log_files_new_number(fs);
    header.salt = pyr_random_u64();
    struct pyr_log_segment *seg = new_segment(header);
    pyr_mutex_lock(&fs->lock);
    const pyr_err promised = seg != NULL ? promise_place(fs, diag) : PYR_E_NOMEM;
    const bool prepared = promised == PYR_OK && take_spare(fs, prepared_bytes, UINT64_MAX, &spare);
    pyr_mutex_unlock(&fs->lock);
    if (promised != PYR_OK) {
        pyr_free(seg);
        return pyr_fail(diag, promised, "log: no memory for a segment");
    }
    seg->spare_number = prepared ? spare.number : header.number;
    seg->bytes = spare.bytes;
    const pyr_err err = open_begun(fs, seg, prepared, diag);
    if (err != PYR_OK)
        pyr_log_files_abort(fs, seg);
    else
        *out = seg;
    return err;
}

void pyr_log_files_abort(struct pyr_log_files *fs, struct pyr_log_segment *seg)
{
    if (seg->file != NULL)
        seg->file->ops->close(seg->file);
    /* Under either name: which of them is there, or will be after a crash, is not known now. */
    unlink_quietly(fs, PYR_LOG_NAME_SPARE, seg->spare_number);
    unlink_quietly(fs, PYR_LOG_NAME_SEGMENT, seg->header.number);
    pyr_free(seg);
    pyr_mutex_lock(&fs->lock);
    fs->promised--;
    pyr_mutex_unlock(&fs->lock);
}

static pyr_err name_segment(struct pyr_log_files *fs, const struct pyr_log_segment *seg, struct pyr_diag *diag)
{
    char from[PYR_LOG_PATH_BYTES], to[PYR_LOG_PATH_BYTES];
    pyr_log_files_path(fs, PYR_LOG_NAME_SPARE, seg->spare_number, from);
    pyr_log_files_path(fs, PYR_LOG_NAME_SEGMENT, seg->header.number, to);
    PYR_TRY(seg->file->ops->sync(seg->file, diag));
    PYR_TRY(fs->vfs->ops->rename(fs->vfs, from, to, diag));
    return fs->vfs->ops->sync_dir(fs->vfs, fs->dir, diag);
}

pyr_err pyr_log_files_publish(struct pyr_log_files *fs, struct pyr_log_segment *seg, struct pyr_diag *diag)
{
    const pyr_err err = name_segment(fs, seg, diag);
    if (err != PYR_OK) {
        pyr_log_files_abort(fs, seg);
        return err;
    }
    seg->readable = true;
    seg->pins = 1;
    pyr_mutex_lock(&fs->lock);
    fs->open_handles++;
    insert(fs, seg);
    pyr_mutex_unlock(&fs->lock);
    return PYR_OK;
}

void pyr_log_files_discard(struct pyr_log_files *fs, struct pyr_log_segment *seg)
{
    pyr_mutex_lock(&fs->lock);
    PYR_ASSERT(seg->pins == 1);
    take_out(fs, lower_bound(fs, seg->header.number));
    close_handle(fs, seg);
    pyr_mutex_unlock(&fs->lock);
    unlink_quietly(fs, PYR_LOG_NAME_SEGMENT, seg->header.number);
    pyr_free(seg);
}

/* Takes the first useless segment out of the table. */
static struct pyr_log_segment *take_useless(struct pyr_log_files *fs,
                                            bool (*useless)(const void *ctx, const struct pyr_log_segment *seg),
                                            const void *ctx)
{
    struct pyr_log_segment *found = NULL;
    pyr_mutex_lock(&fs->lock);
    for (size_t i = 0; i + 1 < fs->count && found == NULL; i++) {
        if (useless(ctx, fs->segments[i])) {
            found = fs->segments[i];
            take_out(fs, i);
            fs->promised++;
        }
    }
    pyr_mutex_unlock(&fs->lock);
    return found;
}

/* A released segment that nobody has pinned becomes a spare, and is forgotten. */
static void bury(struct pyr_log_files *fs, struct pyr_log_segment *seg)
{
    pyr_mutex_lock(&fs->lock);
    close_handle(fs, seg);
    pyr_mutex_unlock(&fs->lock);
    /* Overwriting one whose old name may come back after a power cut would make damage of it: the next start finds it. */
    if (seg->reusable)
        pyr_log_files_put_spare(fs, (struct pyr_log_spare){seg->header.number, seg->bytes});
    pyr_free(seg);
}

static void retire(struct pyr_log_files *fs, struct pyr_log_segment *seg, bool reusable)
{
    pyr_mutex_lock(&fs->lock);
    seg->retired = true;
    seg->reusable = reusable;
    fs->promised--;
    const bool pinned = seg->pins != 0;
    pyr_mutex_unlock(&fs->lock);
    if (!pinned)
        bury(fs, seg);
}

pyr_err pyr_log_files_recycle(struct pyr_log_files *fs,
                              bool (*useless)(const void *ctx, const struct pyr_log_segment *seg), const void *ctx,
                              struct pyr_diag *diag)
{
    struct pyr_log_segment *released = NULL, *seg;
    char from[PYR_LOG_PATH_BYTES], to[PYR_LOG_PATH_BYTES];
    pyr_err err = PYR_OK;
    while (err == PYR_OK && (seg = take_useless(fs, useless, ctx)) != NULL) {
        pyr_log_files_path(fs, PYR_LOG_NAME_SEGMENT, seg->header.number, from);
        pyr_log_files_path(fs, PYR_LOG_NAME_SPARE, seg->header.number, to);
        err = fs->vfs->ops->rename(fs->vfs, from, to, diag);
        if (err != PYR_OK) {
            pyr_mutex_lock(&fs->lock);
            insert(fs, seg);
            pyr_mutex_unlock(&fs->lock);
        } else {
            seg->next_released = released;
            released = seg;
        }
    }
    const pyr_err synced = released != NULL ? fs->vfs->ops->sync_dir(fs->vfs, fs->dir, diag) : PYR_OK;
    while ((seg = released) != NULL) {
        released = seg->next_released;
        retire(fs, seg, synced == PYR_OK);
    }
    return err != PYR_OK ? err : synced;
}

static bool is_released(const void *ctx, const struct pyr_log_segment *seg)
{
    return seg->header.generation <= *(const uint64_t *)ctx;
}

pyr_err pyr_log_files_release(struct pyr_log_files *fs, uint64_t generation, struct pyr_diag *diag)
{
    char path[PYR_LOG_PATH_BYTES];
    struct pyr_file *file;
    struct pyr_diag why = {0};
    pyr_log_files_path(fs, PYR_LOG_NAME_RELEASED, generation, path);
    const pyr_err err = fs->vfs->ops->open(fs->vfs, path, PYR_OPEN_CREATE, &file, &why);
    if (err == PYR_OK)
        file->ops->close(file);
    else if (err != PYR_E_EXISTS)
        return pyr_fail(diag, err, "%s", why.message);
    PYR_TRY(fs->vfs->ops->sync_dir(fs->vfs, fs->dir, diag));
    pyr_mutex_lock(&fs->lock);
    const uint64_t before = fs->released;
    if (generation > before)
        fs->released = generation;
    pyr_mutex_unlock(&fs->lock);
    PYR_TRY(pyr_log_files_recycle(fs, is_released, &generation, diag));
    if (before != 0 && before < generation)
        unlink_quietly(fs, PYR_LOG_NAME_RELEASED, before);
    return PYR_OK;
}

/* ---- handles ---- */

static void close_least_used(struct pyr_log_files *fs)
{
    struct pyr_log_segment *least = NULL;
    for (size_t i = 0; i < fs->count; i++) {
        struct pyr_log_segment *seg = fs->segments[i];
        if (seg->file != NULL && seg->pins == 0 && (least == NULL || seg->last_pin < least->last_pin))
            least = seg;
    }
    if (least != NULL)
        close_handle(fs, least);
}

static pyr_err pin(struct pyr_log_files *fs, struct pyr_log_segment *seg, struct pyr_diag *diag)
{
    if (seg->file == NULL) {
        char path[PYR_LOG_PATH_BYTES];
        if (fs->open_handles >= PYR_LOG_HANDLES_MAX)
            close_least_used(fs);
        pyr_log_files_path(fs, PYR_LOG_NAME_SEGMENT, seg->header.number, path);
        PYR_TRY(fs->vfs->ops->open(fs->vfs, path, PYR_OPEN_READ, &seg->file, diag));
        fs->open_handles++;
    }
    seg->pins++;
    seg->last_pin = ++fs->pin_clock;
    return PYR_OK;
}

pyr_err pyr_log_files_pin(struct pyr_log_files *fs, uint32_t number, struct pyr_log_segment **out,
                          struct pyr_diag *diag)
{
    pyr_mutex_lock(&fs->lock);
    *out = find(fs, number);
    const pyr_err err = *out != NULL ? pin(fs, *out, diag)
                                     : pyr_fail(diag, PYR_E_NOTFOUND, "log segment %u is not there any more", number);
    pyr_mutex_unlock(&fs->lock);
    return err;
}

void pyr_log_files_unpin(struct pyr_log_files *fs, struct pyr_log_segment *seg)
{
    pyr_mutex_lock(&fs->lock);
    PYR_ASSERT(seg->pins != 0);
    const bool last = --seg->pins == 0 && seg->retired;
    pyr_mutex_unlock(&fs->lock);
    if (last)
        bury(fs, seg);
}

struct pyr_log_place pyr_log_files_resolve(struct pyr_log_files *fs, struct pyr_log_place place, size_t *len)
{
    pyr_mutex_lock(&fs->lock);
    const struct pyr_log_segment *seg;
    /* Each move goes to a segment of a higher number, so this ends. */
    while ((seg = find(fs, place.segment)) != NULL && place.offset >= seg->moved_from) {
        PYR_ASSERT(seg->moved_to.segment > place.segment);
        place.offset = (uint32_t)(place.offset - seg->moved_from + seg->moved_to.offset);
        place.segment = seg->moved_to.segment;
    }
    if (seg != NULL && *len > seg->moved_from - place.offset)
        *len = (size_t)(seg->moved_from - place.offset);
    pyr_mutex_unlock(&fs->lock);
    return place;
}

void pyr_log_files_move(struct pyr_log_files *fs, struct pyr_log_segment *seg, uint64_t from, struct pyr_log_place to)
{
    pyr_mutex_lock(&fs->lock);
    seg->moved_from = from;
    seg->moved_to = to;
    pyr_mutex_unlock(&fs->lock);
}

/* Lock held. More than an eighth of the file lies unused, and no later frame can come to lie there. */
static struct pyr_log_segment *find_slack(struct pyr_log_files *fs)
{
    for (size_t i = 0; i + 1 < fs->count; i++) {
        struct pyr_log_segment *seg = fs->segments[i];
        if (seg->readable && !seg->keep_tail && seg->pins == 0 && seg->bytes - seg->used > seg->bytes / 8)
            return seg;
    }
    return NULL;
}

static pyr_err truncate_segment(struct pyr_log_files *fs, uint32_t number, uint64_t bytes)
{
    char path[PYR_LOG_PATH_BYTES];
    struct pyr_file *file;
    pyr_log_files_path(fs, PYR_LOG_NAME_SEGMENT, number, path);
    PYR_TRY(fs->vfs->ops->open(fs->vfs, path, PYR_OPEN_WRITE, &file, NULL));
    const pyr_err err = file->ops->truncate(file, bytes, NULL);
    file->ops->close(file);
    return err;
}

bool pyr_log_files_trim(struct pyr_log_files *fs)
{
    pyr_mutex_lock(&fs->lock);
    struct pyr_log_segment *seg = find_slack(fs);
    if (seg != NULL)
        seg->pins++;
    pyr_mutex_unlock(&fs->lock);
    if (seg == NULL)
        return false;
    const bool cut = truncate_segment(fs, seg->header.number, seg->used) == PYR_OK;
    if (cut) {
        pyr_mutex_lock(&fs->lock);
        if (!seg->retired)
            atomic_fetch_sub(&fs->segment_bytes, seg->bytes - seg->used);
        seg->bytes = seg->used;
        pyr_mutex_unlock(&fs->lock);
    }
    pyr_log_files_unpin(fs, seg);
    return cut;
}
