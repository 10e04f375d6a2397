/* libdeflate does the work, several times faster than zlib because it has the whole of both buffers at hand. But it says
 * only that data is bad; what is bad, and where, is found by a second reading with zlib, once it has failed. */
#include "codec/gzip.h"
#include "base/assert.h"
#include "codec/varint.h"
#include <libdeflate.h>
#include <pthread.h>
#include <zlib.h>

enum {
    CAP_MIN = 256,
    FOOTER_BYTES = 8, /* checksum, length modulo 2^32 */
    RATIO_MAX = 1032, /* deflate's best: 258 bytes by two bits */
    SCRATCH_BYTES = 16 << 10,
};

struct coders {
    struct libdeflate_decompressor *decompressor;
    struct libdeflate_compressor *compressor;
    int level; /* of the compressor */
};
static _Thread_local struct coders coders;
static pthread_key_t at_thread_end;

static void free_coders(void *of_thread)
{
    struct coders *c = of_thread;
    libdeflate_free_decompressor(c->decompressor);
    libdeflate_free_compressor(c->compressor);
    *c = (struct coders){NULL, NULL, 0};
}

static void set_up(void)
{
    libdeflate_set_memory_allocator(pyr_malloc, pyr_free);
    const int err = pthread_key_create(&at_thread_end, free_coders);
    PYR_ASSERT(err == 0);
}

static struct coders *coders_of_thread(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, set_up);
    /* Fails only without memory for the key's table: then this thread's coders are not freed when it ends. */
    (void)pthread_setspecific(at_thread_end, &coders);
    return &coders;
}

static struct libdeflate_decompressor *decompressor(void)
{
    struct coders *c = coders_of_thread();
    if (c->decompressor == NULL)
        c->decompressor = libdeflate_alloc_decompressor();
    return c->decompressor;
}

static struct libdeflate_compressor *compressor(int level)
{
    struct coders *c = coders_of_thread();
    if (c->compressor != NULL && c->level == level)
        return c->compressor;
    libdeflate_free_compressor(c->compressor);
    c->compressor = libdeflate_alloc_compressor(level);
    c->level = level;
    return c->compressor;
}

static void *zlib_alloc(void *unused, unsigned count, unsigned bytes)
{
    (void)unused;
    return pyr_calloc(count, bytes);
}

static void zlib_free(void *unused, void *p)
{
    (void)unused;
    pyr_free(p);
}

/* Why the member at `in` is bad: a phrase of zlib's (static) or ours. `*at`: the offset in `in` where it is noticed.
 * libdeflate has found fault within `max_out` bytes: should zlib find none there, it is not asked about terabytes. */
static const char *find_fault(struct pyr_span in, size_t max_out, size_t *at)
{
    uint8_t scratch[SCRATCH_BYTES];
    z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free};
    const char *fault = "invalid compressed data";
    *at = 0;
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return fault;
    int status = Z_OK;
    while (status == Z_OK && z.total_out <= max_out) {
        if (z.avail_in == 0 && *at < in.len) {
            /* zlib's counts are 32 bits wide and its input is not const. */
            z.next_in = (Bytef *)(uintptr_t)(in.ptr + *at);
            z.avail_in = in.len - *at > SCRATCH_BYTES ? SCRATCH_BYTES : (uInt)(in.len - *at);
            *at += z.avail_in;
        }
        z.next_out = scratch;
        z.avail_out = sizeof(scratch);
        status = inflate(&z, Z_NO_FLUSH);
    }
    *at -= z.avail_in;
    if (status == Z_BUF_ERROR)
        fault = "truncated";
    else if (status == Z_DATA_ERROR && z.msg != NULL)
        fault = z.msg;
    inflateEnd(&z);
    return fault;
}

struct inflate {
    struct pyr_span all;  /* the whole input */
    struct pyr_span left; /* what was not inflated yet */
    uint8_t *data;        /* in the arena */
    size_t len, cap, max;
    struct pyr_arena *arena;
    struct pyr_diag *diag;
};

static pyr_err refuse(const struct inflate *f)
{
    const size_t start = (size_t)(f->left.ptr - f->all.ptr);
    if (!pyr_is_gzip(f->left) && f->left.len >= 2)
        return pyr_fail(f->diag, PYR_E_CORRUPT, "gzip: %s at byte %zu",
                        start == 0 ? "no gzip header" : "garbage after the end", start);
    size_t at;
    const char *fault = find_fault(f->left, f->max, &at);
    return pyr_fail(f->diag, PYR_E_CORRUPT, "gzip: %s at byte %zu", fault, start + at);
}

static pyr_err refuse_size(const struct inflate *f)
{
    return pyr_fail(f->diag, PYR_E_TOOBIG, "gzip: inflates to more than the limit of %zu bytes", f->max);
}

static pyr_err grow(struct inflate *f, size_t cap)
{
    void *data = pyr_arena_regrow(f->arena, f->data, f->cap, cap);
    if (data == NULL)
        return pyr_fail(f->diag, PYR_E_NOMEM, "gzip: no memory left to inflate %zu bytes", cap);
    f->data = data;
    f->cap = cap;
    return PYR_OK;
}

/* The length that the last member claims: all of it where there is one member, and never more than all of it. */
static pyr_err make_first_room(struct inflate *f)
{
    size_t claim = 0;
    if (f->all.len >= FOOTER_BYTES)
        claim = pyr_load_le32(f->all.ptr + f->all.len - 4);
    if (claim == 0 || claim / RATIO_MAX > f->all.len)
        return grow(f, f->max < CAP_MIN ? f->max : CAP_MIN); /* nothing, a lie, or no gzip at all */
    return claim <= f->max ? grow(f, claim) : refuse_size(f);
}

static pyr_err inflate_member(struct inflate *f, struct libdeflate_decompressor *d)
{
    for (;;) {
        size_t used, made;
        const enum libdeflate_result result =
            libdeflate_gzip_decompress_ex(d, f->left.ptr, f->left.len, f->data + f->len, f->cap - f->len, &used, &made);
        if (result == LIBDEFLATE_SUCCESS) {
            f->left = (struct pyr_span){f->left.ptr + used, f->left.len - used};
            f->len += made;
            return PYR_OK;
        }
        if (result != LIBDEFLATE_INSUFFICIENT_SPACE)
            return refuse(f);
        if (f->cap == f->max)
            return refuse_size(f);
        PYR_TRY(grow(f, f->cap <= f->max / 2 ? f->cap * 2 : f->max));
    }
}

pyr_err pyr_gunzip(struct pyr_span in, size_t max_out, struct pyr_arena *arena, struct pyr_span *out,
                   struct pyr_diag *diag)
{
    struct inflate f = {.all = in, .left = in, .max = max_out, .arena = arena, .diag = diag};
    PYR_ASSERT(max_out != 0);
    if (in.len == 0)
        return pyr_fail(diag, PYR_E_CORRUPT, "gzip: empty");
    struct libdeflate_decompressor *d = decompressor();
    if (d == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "gzip: no memory left");
    PYR_TRY(make_first_room(&f));
    do {
        PYR_TRY(inflate_member(&f, d));
    } while (f.left.len != 0);
    *out = (struct pyr_span){f.data, f.len};
    return PYR_OK;
}

void pyr_gzip(struct pyr_span in, int level, struct pyr_buf *out)
{
    PYR_ASSERT(level >= PYR_GZIP_LEVEL_MIN && level <= PYR_GZIP_LEVEL_MAX);
    struct libdeflate_compressor *c = compressor(level);
    if (c == NULL) {
        out->err = out->err != PYR_OK ? out->err : PYR_E_NOMEM;
        return;
    }
    /* The bound is for data that does not shrink: the buffer's maximum may be less, and yet enough. */
    const size_t bound = libdeflate_gzip_compress_bound(c, in.len), most = out->max - out->len;
    const size_t room = bound < most ? bound : most;
    uint8_t *at = pyr_buf_reserve(out, room);
    if (at == NULL)
        return;
    const size_t made = libdeflate_gzip_compress(c, in.ptr, in.len, at, room);
    if (made == 0)
        out->err = PYR_E_TOOBIG;
    out->len += made;
}
