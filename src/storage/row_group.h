/* row_group.h - one profile of one series as the log keeps it, and the loop that sums it.
 *
 * Bytes (integers are little endian; uvarint and zigzag as in codec/varint.h):
 *
 *     u32 head check       XXH3-64, lower half, of the head's bytes after this field
 *     u32 body check       the same over the body
 *     u8  flags            bit 0: span ids, 1: trace ids, 2: times; a set bit that is not known here refuses the row
 *     u8  type count       1..16
 *     u8  identity[16]
 *     zigzag time_ns, duration_ns, period
 *     uvarint entry count
 *     uvarint bytes of the stack column
 *     per sample type:     zigzag total (saturated), u8 kind, then
 *         0 ZERO           nothing: all values are 0
 *         1 UNSIGNED       uvarint scale, uvarint bytes: value = scale x uvarint
 *         2 SIGNED         the same: value = scale x zigzag
 *         3 SCALED         u8 column, uvarint scale: the bytes of that earlier column (1 or 2), another scale
 *     with times:          uvarint bytes of the time column
 *     body:                stack column: uvarint differences of ascending stack ids, the first from 0
 *                          value columns that have bytes, in order
 *                          span ids (8 bytes each), trace ids (16), times (zigzag differences, the first from time_ns)
 *
 * Entries ascend by (stack, span id, trace id, time), each combination once. The head never takes more than
 * PYR_ROW_HEAD_BYTES_MAX, so that time lines read no more. Both checks hold for a row read without its frame: a damaged
 * sector found by a query is an error, not a wrong number. */
#ifndef PYR_STORAGE_ROW_GROUP_H
#define PYR_STORAGE_ROW_GROUP_H
#include "base/buf.h"
#include "base/err.h"
#include "base/saturate.h"
#include "base/span.h"

enum { PYR_ROW_TYPES_MAX = 16, PYR_ROW_HEAD_BYTES_MAX = 640 };

/* Columns of canonical entries. */
struct pyr_row_group {
    int64_t time_ns, duration_ns, period;
    uint8_t identity[16];
    uint32_t type_count, entry_count;
    const uint32_t *stacks;
    const int64_t *values; /* type k, entry e: values[k * entry_count + e] */
    /* NULL where the source has none. */
    const uint64_t *span_ids;
    const uint8_t (*trace_ids)[16];
    const int64_t *times_ns;
};

/* Most bytes that `entries` entries of `types` types can take. */
size_t pyr_row_group_bytes_max(uint64_t entries, uint32_t types, bool spans, bool traces, bool times);
/* Appends it; errors are the buffer's. */
void pyr_row_group_encode(const struct pyr_row_group *rg, struct pyr_buf *out);

enum pyr_row_column_kind { PYR_ROW_ZERO, PYR_ROW_UNSIGNED, PYR_ROW_SIGNED, PYR_ROW_SCALED };

struct pyr_row_column {
    uint8_t kind; /* never SCALED: the source's kind, offset and bytes with its own scale */
    uint64_t scale;
    uint32_t offset, bytes; /* in the body */
};

/* A parsed head. */
struct pyr_row_head {
    int64_t time_ns, duration_ns, period;
    uint8_t identity[16];
    uint8_t flags, type_count;
    uint32_t entry_count;
    uint32_t head_bytes, body_bytes, body_check;
    uint32_t stack_bytes, spans_at, traces_at, times_at; /* in the body */
    int64_t totals[PYR_ROW_TYPES_MAX];
    struct pyr_row_column columns[PYR_ROW_TYPES_MAX];
};
enum { PYR_ROW_HAS_SPANS = 1, PYR_ROW_HAS_TRACES = 2, PYR_ROW_HAS_TIMES = 4 };

/* `in` begins with a row group and may end anywhere after its head; `row_bytes` is the length of the whole. PYR_E_CORRUPT. */
PYR_MUST_USE pyr_err pyr_row_head_parse(struct pyr_span in, size_t row_bytes, struct pyr_row_head *out,
                                        struct pyr_diag *diag);
/* `body` is what follows the head, head.body_bytes long. PYR_E_CORRUPT. */
PYR_MUST_USE pyr_err pyr_row_body_check(const struct pyr_row_head *h, const uint8_t *body, struct pyr_diag *diag);

/* sums[stack] += value of each entry, saturating. A stack id of `stack_count` or more is PYR_E_CORRUPT, as is a column that
 * does not decode; what came before it has been added then (which only a forged row with valid checks can cause). */
PYR_MUST_USE pyr_err pyr_row_add_column(const struct pyr_row_head *h, const uint8_t *body, uint32_t type, int64_t *sums,
                                        uint32_t stack_count, struct pyr_diag *diag);
/* The columns decoded, each of head.entry_count places. Those of optional columns may be NULL and are left alone where the
 * row has none. */
PYR_MUST_USE pyr_err pyr_row_decode_stacks(const struct pyr_row_head *h, const uint8_t *body, uint32_t stack_count,
                                           uint32_t *stacks, struct pyr_diag *diag);
PYR_MUST_USE pyr_err pyr_row_decode_values(const struct pyr_row_head *h, const uint8_t *body, uint32_t type,
                                           int64_t *values, struct pyr_diag *diag);
PYR_MUST_USE pyr_err pyr_row_decode_optional(const struct pyr_row_head *h, const uint8_t *body, uint64_t *span_ids,
                                             uint8_t (*trace_ids)[16], int64_t *times_ns, struct pyr_diag *diag);
#endif
