/* buf.h - a growing run of bytes with a maximum. Appends that do not fit set `err` and are dropped, as are all later
 * ones, so that an encoder appends freely and asks once at the end. */
#ifndef PYR_BASE_BUF_H
#define PYR_BASE_BUF_H
#include "base/err.h"
#include "base/span.h"

struct pyr_buf {
    uint8_t *data;
    size_t len, cap, max;
    pyr_err err; /* PYR_OK, PYR_E_TOOBIG (max) or PYR_E_NOMEM */
};

/* Allocates nothing yet. */
static inline void pyr_buf_init(struct pyr_buf *b, size_t max)
{
    *b = (struct pyr_buf){.max = max};
}
void pyr_buf_free(struct pyr_buf *b);
static inline void pyr_buf_clear(struct pyr_buf *b)
{
    b->len = 0;
    b->err = PYR_OK;
}
/* Room for `extra` more bytes past len; returns where to write them (then add to len), or NULL and sets err. */
uint8_t *pyr_buf_reserve_slow(struct pyr_buf *b, size_t extra);
static inline uint8_t *pyr_buf_reserve(struct pyr_buf *b, size_t extra)
{
    if (b->err == PYR_OK && extra <= b->cap - b->len)
        return b->data + b->len;
    return pyr_buf_reserve_slow(b, extra);
}
void pyr_buf_append(struct pyr_buf *b, const void *bytes, size_t len);
static inline void pyr_buf_byte(struct pyr_buf *b, uint8_t byte)
{
    uint8_t *at = pyr_buf_reserve(b, 1);
    if (at != NULL) {
        *at = byte;
        b->len++;
    }
}
static inline void pyr_buf_str(struct pyr_buf *b, struct pyr_str s)
{
    pyr_buf_append(b, s.ptr, s.len);
}
void pyr_buf_printf(struct pyr_buf *b, const char *fmt, ...) PYR_PRINTF(2, 3);
static inline struct pyr_span pyr_buf_span(const struct pyr_buf *b)
{
    return (struct pyr_span){b->data, b->len};
}
#endif
