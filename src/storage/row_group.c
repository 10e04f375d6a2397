#include "storage/row_group.h"
#include "base/assert.h"
#include "codec/varint.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FIXED_BYTES = 4 + 4 + 1 + 1 + 16, FLAGS_KNOWN = PYR_ROW_HAS_SPANS | PYR_ROW_HAS_TRACES | PYR_ROW_HAS_TIMES };
static_assert(FIXED_BYTES + 3 * 10 + 2 * 10 + PYR_ROW_TYPES_MAX * (10 + 1 + 10 + 10) + 10 <= PYR_ROW_HEAD_BYTES_MAX,
              "every head fits");

static uint32_t check_of(const void *bytes, size_t len)
{
    return (uint32_t)XXH3_64bits(bytes, len);
}

/* ---- encoding ---- */

size_t pyr_row_group_bytes_max(uint64_t entries, uint32_t types, bool spans, bool traces, bool times)
{
    const uint64_t each = 5 + (uint64_t)types * 10 + (spans ? 8 : 0) + (traces ? 16 : 0) + (times ? 10 : 0);
    return PYR_ROW_HEAD_BYTES_MAX + (size_t)(entries * each);
}

static uint64_t magnitude(int64_t v)
{
    return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* How a column is written. */
struct plan {
    uint8_t kind, source;
    uint64_t scale;
    int64_t total;
};

static struct plan plan_column(const int64_t *values, uint32_t count)
{
    struct plan p = {.kind = PYR_ROW_ZERO};
    bool negative = false;
    for (uint32_t i = 0; i < count; i++) {
        negative |= values[i] < 0;
        p.total = pyr_add_saturating(p.total, values[i]);
        const uint64_t m = magnitude(values[i]);
        if (p.scale == 0 || (p.scale != 1 && m % p.scale != 0))
            p.scale = gcd(p.scale, m);
    }
    if (p.scale != 0)
        p.kind = negative ? PYR_ROW_SIGNED : PYR_ROW_UNSIGNED;
    return p;
}

/* What is written for a value: its quotient, which fits because scale is at least 1. */
static int64_t quotient(int64_t value, uint64_t scale)
{
    const uint64_t q = magnitude(value) / scale;
    return value < 0 ? (int64_t)-q : (int64_t)q;
}

static bool same_quotients(const int64_t *a, uint64_t a_scale, const int64_t *b, uint64_t b_scale, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (quotient(a[i], a_scale) != quotient(b[i], b_scale))
            return false;
    return true;
}

static void plan_columns(const struct pyr_row_group *rg, struct plan *plans)
{
    for (uint32_t k = 0; k < rg->type_count; k++) {
        const int64_t *values = rg->values + (size_t)k * rg->entry_count;
        plans[k] = plan_column(values, rg->entry_count);
        for (uint32_t j = 0; j < k && plans[k].kind != PYR_ROW_ZERO; j++) {
            if (plans[j].kind != plans[k].kind ||
                !same_quotients(rg->values + (size_t)j * rg->entry_count, plans[j].scale, values, plans[k].scale,
                                rg->entry_count))
                continue;
            plans[k].kind = PYR_ROW_SCALED;
            plans[k].source = (uint8_t)j;
        }
    }
}

static uint8_t *put_stacks(uint8_t *at, const struct pyr_row_group *rg)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < rg->entry_count; i++) {
        PYR_DASSERT(rg->stacks[i] >= last);
        at = pyr_uvarint_write(at, rg->stacks[i] - last);
        last = rg->stacks[i];
    }
    return at;
}

static uint8_t *put_values(uint8_t *at, const int64_t *values, uint32_t count, const struct plan *p)
{
    for (uint32_t i = 0; i < count; i++) {
        const int64_t q = p->scale == 1 ? values[i] : quotient(values[i], p->scale);
        at = pyr_uvarint_write(at, p->kind == PYR_ROW_SIGNED ? pyr_zigzag_encode(q) : (uint64_t)q);
    }
    return at;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t len)
{
    if (len != 0)
        memcpy(at, bytes, len);
    return at + len;
}

static uint8_t *put_times(uint8_t *at, const struct pyr_row_group *rg)
{
    int64_t last = rg->time_ns;
    for (uint32_t i = 0; i < rg->entry_count; i++) {
        at = pyr_uvarint_write(at, pyr_zigzag_encode((int64_t)((uint64_t)rg->times_ns[i] - (uint64_t)last)));
        last = rg->times_ns[i];
    }
    return at;
}

struct body_sizes {
    size_t stacks, columns[PYR_ROW_TYPES_MAX], times;
};

static uint8_t *put_body(uint8_t *at, const struct pyr_row_group *rg, const struct plan *plans,
                         struct body_sizes *sizes)
{
    const size_t n = rg->entry_count;
    uint8_t *start = at;
    at = put_stacks(at, rg);
    sizes->stacks = (size_t)(at - start);
    for (uint32_t k = 0; k < rg->type_count; k++) {
        start = at;
        if (plans[k].kind == PYR_ROW_UNSIGNED || plans[k].kind == PYR_ROW_SIGNED)
            at = put_values(at, rg->values + k * n, rg->entry_count, &plans[k]);
        sizes->columns[k] = (size_t)(at - start);
    }
    if (rg->span_ids != NULL)
        at = put_bytes(at, rg->span_ids, n * sizeof(*rg->span_ids));
    if (rg->trace_ids != NULL)
        at = put_bytes(at, rg->trace_ids, n * sizeof(*rg->trace_ids));
    start = at;
    if (rg->times_ns != NULL)
        at = put_times(at, rg);
    sizes->times = (size_t)(at - start);
    return at;
}

static uint8_t *put_head(uint8_t *at, const struct pyr_row_group *rg, const struct plan *plans,
                         const struct body_sizes *sizes)
{
    *at++ =
        (uint8_t)((rg->span_ids != NULL ? PYR_ROW_HAS_SPANS : 0) | (rg->trace_ids != NULL ? PYR_ROW_HAS_TRACES : 0) |
                  (rg->times_ns != NULL ? PYR_ROW_HAS_TIMES : 0));
    *at++ = (uint8_t)rg->type_count;
    at = put_bytes(at, rg->identity, sizeof(rg->identity));
    at = pyr_uvarint_write(at, pyr_zigzag_encode(rg->time_ns));
    at = pyr_uvarint_write(at, pyr_zigzag_encode(rg->duration_ns));
    at = pyr_uvarint_write(at, pyr_zigzag_encode(rg->period));
    at = pyr_uvarint_write(at, rg->entry_count);
    at = pyr_uvarint_write(at, sizes->stacks);
    for (uint32_t k = 0; k < rg->type_count; k++) {
        at = pyr_uvarint_write(at, pyr_zigzag_encode(plans[k].total));
        *at++ = plans[k].kind;
        if (plans[k].kind == PYR_ROW_SCALED)
            *at++ = plans[k].source;
        if (plans[k].kind != PYR_ROW_ZERO)
            at = pyr_uvarint_write(at, plans[k].scale);
        if (plans[k].kind == PYR_ROW_UNSIGNED || plans[k].kind == PYR_ROW_SIGNED)
            at = pyr_uvarint_write(at, sizes->columns[k]);
    }
    if (rg->times_ns != NULL)
        at = pyr_uvarint_write(at, sizes->times);
    return at;
}

void pyr_row_group_encode(const struct pyr_row_group *rg, struct pyr_buf *out)
{
    PYR_ASSERT(rg->type_count >= 1 && rg->type_count <= PYR_ROW_TYPES_MAX);
    uint8_t *start = pyr_buf_reserve(out, pyr_row_group_bytes_max(rg->entry_count, rg->type_count, rg->span_ids != NULL,
                                                                  rg->trace_ids != NULL, rg->times_ns != NULL));
    if (start == NULL)
        return;
    /* The body is written first, behind room for the longest head, then moved up to the head. */
    struct plan plans[PYR_ROW_TYPES_MAX];
    struct body_sizes sizes;
    plan_columns(rg, plans);
    uint8_t *body = start + PYR_ROW_HEAD_BYTES_MAX;
    const size_t body_bytes = (size_t)(put_body(body, rg, plans, &sizes) - body);
    uint8_t *head_end = put_head(start + 8, rg, plans, &sizes);
    PYR_ASSERT(head_end <= body);
    const uint32_t body_check = check_of(body, body_bytes);
    memcpy(start + 4, &body_check, 4);
    const uint32_t head_check = check_of(start + 4, (size_t)(head_end - start) - 4);
    memcpy(start, &head_check, 4);
    memmove(head_end, body, body_bytes);
    out->len += (size_t)(head_end - start) + body_bytes;
}

/* ---- the head ---- */

static pyr_err corrupt(struct pyr_diag *diag, const char *what)
{
    return pyr_fail(diag, PYR_E_CORRUPT, "row group: %s", what);
}

struct reader {
    const uint8_t *at, *end;
    bool bad;
};

static uint64_t read_uvarint(struct reader *r)
{
    uint64_t v = 0;
    const uint8_t *next = r->bad ? NULL : pyr_uvarint_read(r->at, r->end, &v);
    r->bad = next == NULL;
    if (next != NULL)
        r->at = next;
    return v;
}

static int64_t read_zigzag(struct reader *r)
{
    return pyr_zigzag_decode(read_uvarint(r));
}

static uint32_t read_u32(struct reader *r)
{
    const uint64_t v = read_uvarint(r);
    r->bad |= v > UINT32_MAX;
    return (uint32_t)v;
}

static uint8_t read_byte(struct reader *r)
{
    r->bad |= r->at >= r->end;
    return r->bad ? 0 : *r->at++;
}

/* Reads one column; `*body` grows by its bytes. */
static void read_column(struct reader *r, struct pyr_row_head *h, uint32_t k, uint64_t *body)
{
    h->totals[k] = read_zigzag(r);
    struct pyr_row_column *c = &h->columns[k];
    *c = (struct pyr_row_column){.kind = read_byte(r)};
    if (c->kind == PYR_ROW_SCALED) {
        const uint8_t source = read_byte(r);
        r->bad |= source >= k || h->columns[source < k ? source : 0].kind == PYR_ROW_ZERO;
        if (!r->bad)
            *c = h->columns[source];
        c->scale = read_uvarint(r);
    } else if (c->kind == PYR_ROW_UNSIGNED || c->kind == PYR_ROW_SIGNED) {
        c->scale = read_uvarint(r);
        c->offset = (uint32_t)*body;
        c->bytes = read_u32(r);
        *body += c->bytes;
    } else {
        r->bad |= c->kind != PYR_ROW_ZERO;
    }
    r->bad |= *body > UINT32_MAX;
}

static void read_head(struct reader *r, struct pyr_row_head *h)
{
    h->time_ns = read_zigzag(r);
    h->duration_ns = read_zigzag(r);
    h->period = read_zigzag(r);
    h->entry_count = read_u32(r);
    h->stack_bytes = read_u32(r);
    uint64_t body = h->stack_bytes;
    for (uint32_t k = 0; k < h->type_count && !r->bad; k++)
        read_column(r, h, k, &body);
    h->spans_at = (uint32_t)body;
    body += (h->flags & PYR_ROW_HAS_SPANS) ? UINT64_C(8) * h->entry_count : 0;
    h->traces_at = (uint32_t)body;
    body += (h->flags & PYR_ROW_HAS_TRACES) ? UINT64_C(16) * h->entry_count : 0;
    h->times_at = (uint32_t)body;
    body += (h->flags & PYR_ROW_HAS_TIMES) ? read_u32(r) : 0;
    r->bad |= body > UINT32_MAX;
    h->body_bytes = (uint32_t)body;
}

pyr_err pyr_row_head_parse(struct pyr_span in, size_t row_bytes, struct pyr_row_head *out, struct pyr_diag *diag)
{
    if (in.len < FIXED_BYTES || in.len > row_bytes)
        return corrupt(diag, "cut short");
    out->body_check = pyr_load_le32(in.ptr + 4);
    out->flags = in.ptr[8];
    out->type_count = in.ptr[9];
    memcpy(out->identity, in.ptr + 10, sizeof(out->identity));
    if ((out->flags & ~FLAGS_KNOWN) != 0)
        return corrupt(diag, "it has a column that this version does not know");
    if (out->type_count == 0 || out->type_count > PYR_ROW_TYPES_MAX)
        return corrupt(diag, "impossible number of sample types");
    struct reader r = {.at = in.ptr + FIXED_BYTES, .end = in.ptr + in.len};
    read_head(&r, out);
    if (r.bad)
        return corrupt(diag, "head does not decode");
    out->head_bytes = (uint32_t)(r.at - in.ptr);
    if (check_of(in.ptr + 4, out->head_bytes - 4) != pyr_load_le32(in.ptr))
        return corrupt(diag, "head fails its check");
    /* An entry takes at least a byte of the stack column, which bounds what callers allocate. */
    if ((uint64_t)out->head_bytes + out->body_bytes != row_bytes || out->entry_count > out->stack_bytes)
        return corrupt(diag, "lengths contradict each other");
    return PYR_OK;
}

pyr_err pyr_row_body_check(const struct pyr_row_head *h, const uint8_t *body, struct pyr_diag *diag)
{
    return check_of(body, h->body_bytes) == h->body_check ? PYR_OK : corrupt(diag, "body fails its check");
}

/* ---- the hot loop ---- */

/* The value of a varint of one or two bytes in the lower half of `w`, without a branch on which. */
static inline uint32_t short_varint(uint32_t w, uint32_t *bytes)
{
    const uint32_t two = w >> 7 & 1;
    *bytes = 1 + two;
    return (w & 0x7f) | (w >> 1 & 0x3f80 & (0u - two));
}

static inline uint32_t load_u16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

/* Not 0 when the varint at the start of `w` takes three bytes or more. */
static inline uint32_t is_long(uint32_t w)
{
    return w & w >> 8 & 0x80;
}

/* Products that can be formed without a check: a short varint has 14 bits. */
#define SCALE_UNCHECKED_MAX (UINT64_C(1) << 48)

struct sum_state {
    const uint8_t *ids, *ids_end, *values, *values_end;
    uint64_t id;
    uint32_t left;
};

static inline int64_t short_value(uint32_t raw, bool is_signed)
{
    return is_signed ? (int64_t)(int32_t)((raw >> 1) ^ (0u - (raw & 1))) : (int64_t)raw;
}

/* Eight entries whose varints are all of one byte. False, with nothing done: an id is out of range. */
static inline bool sum_eight(uint64_t ids, uint64_t values, uint64_t *id, bool is_signed, int64_t scale, int64_t *sums,
                             uint32_t stack_count)
{
    uint64_t at[8], next = *id;
    for (int k = 0; k < 8; k++)
        at[k] = next += ids >> 8 * k & 0x7f;
    if (__builtin_expect(next >= stack_count, 0))
        return false;
    for (int k = 0; k < 8; k++) {
        const int64_t value = short_value(values >> 8 * k & 0x7f, is_signed) * scale;
        sums[at[k]] = pyr_add_saturating(sums[at[k]], value);
    }
    *id = next;
    return true;
}

/* Entries whose two varints are short (one or two bytes), in groups of eight, until one is not, or an end is near, or an id
 * is out of range. Both varint chains run side by side, and a length steers no branch: it could not be predicted. Only
 * whether a whole group is of single bytes does. */
static inline void sum_short(struct sum_state *s, bool is_signed, int64_t scale, int64_t *sums, uint32_t stack_count)
{
    enum { GROUP = 8, GROUP_BYTES = 2 * GROUP };
    const uint64_t more = 0x8080808080808080u;
    const uint8_t *ids = s->ids, *values = s->values;
    uint64_t id = s->id;
    uint32_t left = s->left;
    while (left >= GROUP && s->ids_end - ids >= GROUP_BYTES && s->values_end - values >= GROUP_BYTES) {
        const uint64_t id_word = pyr_load_le64(ids), value_word = pyr_load_le64(values);
        if (((id_word | value_word) & more) == 0) {
            if (!sum_eight(id_word, value_word, &id, is_signed, scale, sums, stack_count))
                break;
            ids += GROUP;
            values += GROUP;
            left -= GROUP;
            continue;
        }
        uint32_t done = 0;
        for (; done < GROUP; done++) {
            const uint32_t w = load_u16(ids), v = load_u16(values);
            uint32_t id_bytes, value_bytes;
            const uint64_t next = id + short_varint(w, &id_bytes);
            if (__builtin_expect((is_long(w) | is_long(v)) != 0 || next >= stack_count, 0))
                break;
            const int64_t value = short_value(short_varint(v, &value_bytes), is_signed) * scale;
            sums[next] = pyr_add_saturating(sums[next], value);
            id = next;
            ids += id_bytes;
            values += value_bytes;
        }
        left -= done;
        if (done < GROUP)
            break;
    }
    s->ids = ids;
    s->values = values;
    s->id = id;
    s->left = left;
}

/* The value of a raw varint; false when scale times it does not fit. */
static inline bool scaled(uint64_t raw, bool is_signed, uint64_t scale, int64_t *out)
{
    const int64_t q = is_signed ? pyr_zigzag_decode(raw) : (int64_t)raw;
    if (!is_signed && q < 0)
        return false;
    const __int128 product = (__int128)q * (__int128)scale;
    *out = (int64_t)product;
    return product == *out;
}

/* One entry of any length. */
static bool sum_one(struct sum_state *s, bool is_signed, uint64_t scale, int64_t *sums, uint32_t stack_count)
{
    uint64_t delta, raw;
    int64_t value;
    s->ids = pyr_uvarint_read(s->ids, s->ids_end, &delta);
    s->values = pyr_uvarint_read(s->values, s->values_end, &raw);
    if (s->ids == NULL || s->values == NULL || delta > UINT32_MAX || s->id + delta >= stack_count ||
        !scaled(raw, is_signed, scale, &value))
        return false;
    s->id += delta;
    sums[s->id] = pyr_add_saturating(sums[s->id], value);
    s->left--;
    return true;
}

static bool sum_column(struct sum_state *s, bool is_signed, uint64_t scale, int64_t *sums, uint32_t stack_count)
{
    while (s->left != 0) {
        if (scale <= SCALE_UNCHECKED_MAX) {
            if (is_signed)
                sum_short(s, true, (int64_t)scale, sums, stack_count);
            else
                sum_short(s, false, (int64_t)scale, sums, stack_count);
        }
        if (s->left != 0 && !sum_one(s, is_signed, scale, sums, stack_count))
            return false;
    }
    return s->ids == s->ids_end && s->values == s->values_end;
}

pyr_err pyr_row_add_column(const struct pyr_row_head *h, const uint8_t *body, uint32_t type, int64_t *sums,
                           uint32_t stack_count, struct pyr_diag *diag)
{
    PYR_ASSERT(type < h->type_count);
    const struct pyr_row_column *c = &h->columns[type];
    if (c->kind == PYR_ROW_ZERO)
        return PYR_OK;
    struct sum_state s = {.ids = body,
                          .ids_end = body + h->stack_bytes,
                          .values = body + c->offset,
                          .values_end = body + c->offset + c->bytes,
                          .left = h->entry_count};
    if (!sum_column(&s, c->kind == PYR_ROW_SIGNED, c->scale, sums, stack_count))
        return corrupt(diag, "entries do not decode");
    return PYR_OK;
}

/* ---- entry by entry ---- */

pyr_err pyr_row_decode_stacks(const struct pyr_row_head *h, const uint8_t *body, uint32_t stack_count, uint32_t *stacks,
                              struct pyr_diag *diag)
{
    struct reader r = {.at = body, .end = body + h->stack_bytes};
    uint64_t id = 0;
    for (uint32_t i = 0; i < h->entry_count; i++) {
        id += read_u32(&r);
        if (r.bad || id >= stack_count)
            return corrupt(diag, "stack ids do not decode");
        stacks[i] = (uint32_t)id;
    }
    return r.at == r.end ? PYR_OK : corrupt(diag, "stack ids do not decode");
}

pyr_err pyr_row_decode_values(const struct pyr_row_head *h, const uint8_t *body, uint32_t type, int64_t *values,
                              struct pyr_diag *diag)
{
    PYR_ASSERT(type < h->type_count);
    const struct pyr_row_column *c = &h->columns[type];
    struct reader r = {.at = body + c->offset, .end = body + c->offset + c->bytes};
    for (uint32_t i = 0; i < h->entry_count; i++) {
        values[i] = 0;
        if (c->kind == PYR_ROW_ZERO)
            continue;
        const uint64_t raw = read_uvarint(&r);
        if (r.bad || !scaled(raw, c->kind == PYR_ROW_SIGNED, c->scale, &values[i]))
            return corrupt(diag, "values do not decode");
    }
    return r.at == r.end ? PYR_OK : corrupt(diag, "values do not decode");
}

pyr_err pyr_row_decode_optional(const struct pyr_row_head *h, const uint8_t *body, uint64_t *span_ids,
                                uint8_t (*trace_ids)[16], int64_t *times_ns, struct pyr_diag *diag)
{
    const size_t n = h->entry_count;
    if ((h->flags & PYR_ROW_HAS_SPANS) && span_ids != NULL && n != 0)
        memcpy(span_ids, body + h->spans_at, n * sizeof(*span_ids));
    if ((h->flags & PYR_ROW_HAS_TRACES) && trace_ids != NULL && n != 0)
        memcpy(trace_ids, body + h->traces_at, n * sizeof(*trace_ids));
    if (!(h->flags & PYR_ROW_HAS_TIMES) || times_ns == NULL)
        return PYR_OK;
    struct reader r = {.at = body + h->times_at, .end = body + h->body_bytes};
    uint64_t time = (uint64_t)h->time_ns;
    for (size_t i = 0; i < n; i++) {
        time += (uint64_t)read_zigzag(&r);
        times_ns[i] = (int64_t)time;
    }
    return !r.bad && r.at == r.end ? PYR_OK : corrupt(diag, "times do not decode");
}
