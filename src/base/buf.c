#include "base/buf.h"
#include "base/mem.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CAP_MIN = 255 };

void pyr_buf_free(struct pyr_buf *b)
{
    pyr_free(b->data);
    pyr_buf_init(b, b->max);
}

/* One byte more than `cap` is allocated, for the terminator that printf insists on. */
uint8_t *pyr_buf_reserve_slow(struct pyr_buf *b, size_t extra)
{
    if (b->err != PYR_OK)
        return NULL;
    if (extra > b->max - b->len) {
        b->err = PYR_E_TOOBIG;
        return NULL;
    }
    const size_t need = b->len + extra;
    size_t cap = b->cap <= b->max / 2 ? b->cap * 2 + 1 : b->max;
    cap = cap < CAP_MIN ? CAP_MIN : cap;
    cap = cap > b->max ? b->max : cap;
    cap = cap < need ? need : cap;
    uint8_t *data = cap < SIZE_MAX ? pyr_realloc(b->data, cap + 1) : NULL;
    if (data == NULL) {
        b->err = PYR_E_NOMEM;
        return NULL;
    }
    b->data = data;
    b->cap = cap;
    return data + b->len;
}

void pyr_buf_append(struct pyr_buf *b, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    uint8_t *at = pyr_buf_reserve(b, len);
    if (at == NULL)
        return;
    memcpy(at, bytes, len);
    b->len += len;
}

void pyr_buf_printf(struct pyr_buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    const int len = vsnprintf(NULL, 0, fmt, args);
    uint8_t *at = len > 0 ? pyr_buf_reserve(b, (size_t)len) : NULL;
    if (at != NULL) {
        (void)vsnprintf((char *)at, (size_t)len + 1, fmt, again);
        b->len += (size_t)len;
    }
    va_end(again);
    va_end(args);
}
