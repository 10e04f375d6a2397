/* frame.h - the payload of a log record: what one request added to one partition, or a partition's tables once more.
 *
 *     u8      version (1)
 *     uvarint received, milliseconds since 1970
 *     uvarint bytes of tenant, 0 = not said; then the tenant, uvarint bytes of service, the service. Said by the first
 *             frame of a partition and by table copies
 *     strings:   uvarint count, then per string uvarint bytes; then all of their bytes
 *     mappings:  uvarint count, each: uvarint start, limit, offset, file name, build id, u8 flags
 *     functions: uvarint count, each: zigzag name - name before, zigzag system name - name, zigzag file name - file name
 *                before, zigzag first line
 *     locations: uvarint count, each: uvarint mapping, zigzag address - address before, uvarint lines, each: zigzag
 *                function - function before, zigzag line
 *     nodes:     uvarint count, each: uvarint own id - parent, zigzag location - location before
 *     stacks:    uvarint count, each: zigzag node - node before
 *     series:    uvarint count, each: uvarint labels, (uvarint name, value) each; uvarint types, (uvarint type, unit) each;
 *                u8 has period, (uvarint type, unit)
 *     rows:      uvarint count, each: uvarint series, uvarint bytes, the row group
 *
 * "Before" starts at 0 in each frame. Each table's entries have consecutive ids from the frame's first id on (lines: in
 * the order of the locations that have them). A frame may say again what is known, with the same ids; it must not leave a
 * gap. Everything read is checked: a frame that passed the log's checksum can still come from a newer version. */
#ifndef PYR_STORAGE_FRAME_H
#define PYR_STORAGE_FRAME_H
#include "base/buf.h"
#include "storage/tables.h"

enum { PYR_FRAME_APPEND = 1, PYR_FRAME_TABLES = 2 }; /* the log's frame types */
enum { PYR_FRAME_VERSION = 1 };

/* ---- writing: these three in a row, then the rows, each after pyr_frame_put_row ---- */

void pyr_frame_begin(struct pyr_buf *out, int64_t received_ns, struct pyr_str tenant, struct pyr_str service);
/* The entries from `from` to `until`. Reads only what is published: no lock is needed. */
void pyr_frame_put_tables(struct pyr_buf *out, struct pyr_tables *t, const struct pyr_table_ids *from,
                          const struct pyr_table_ids *until);
void pyr_frame_put_row_count(struct pyr_buf *out, uint32_t rows);
/* A row group, encoded. */
void pyr_frame_put_row(struct pyr_buf *out, uint32_t series, struct pyr_span row_group);
enum { PYR_FRAME_ROW_EXTRA_BYTES_MAX = 10, PYR_FRAME_EXTRA_BYTES_MAX = 128 };

/* ---- reading ---- */

struct pyr_frame_reader {
    const uint8_t *base, *at, *end;
    int64_t received_ns;
    struct pyr_str tenant, service; /* empty when not said */
    uint32_t rows_left;
};

/* Reads up to the tables. PYR_E_CORRUPT. */
PYR_MUST_USE pyr_err pyr_frame_open(struct pyr_frame_reader *r, struct pyr_span payload, struct pyr_diag *diag);
/* Appends what is new to the tables, all or nothing; nobody else uses them. PYR_E_CORRUPT (a gap, or bytes that make no
 * sense), PYR_E_NOMEM. Afterwards rows can be read. */
PYR_MUST_USE pyr_err pyr_frame_read_tables(struct pyr_frame_reader *r, const struct pyr_table_ids *first,
                                           struct pyr_tables *t, struct pyr_diag *diag);
/* *series: its number; not checked against the table. *offset: of the row group in the payload. False at the end; `*err`
 * tells whether because of bad bytes. */
bool pyr_frame_next_row(struct pyr_frame_reader *r, uint32_t *series, uint32_t *offset, uint32_t *bytes, pyr_err *err);
#endif
