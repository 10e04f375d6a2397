/* json_writer.h - JSON text, appended to a buffer as it is told: no tree, no allocation but the buffer's. Commas are put
 * by the writer; that keys and values alternate and that brackets match is up to the caller. Ask out->err at the end.
 *
 * Strings may hold any bytes: what is not UTF-8 is written as U+FFFD. */
#ifndef PYR_CODEC_JSON_WRITER_H
#define PYR_CODEC_JSON_WRITER_H
#include "base/buf.h"

struct pyr_json_writer {
    struct pyr_buf *out;
    bool follows; /* something precedes on this level: a comma is due */
};

static inline struct pyr_json_writer pyr_json_writer(struct pyr_buf *out)
{
    return (struct pyr_json_writer){.out = out};
}

void pyr_json_begin_object(struct pyr_json_writer *w);
void pyr_json_end_object(struct pyr_json_writer *w);
void pyr_json_begin_array(struct pyr_json_writer *w);
void pyr_json_end_array(struct pyr_json_writer *w);
void pyr_json_key(struct pyr_json_writer *w, struct pyr_str key);
void pyr_json_str(struct pyr_json_writer *w, struct pyr_str v);
void pyr_json_base64(struct pyr_json_writer *w, struct pyr_span v); /* as a string */
void pyr_json_int(struct pyr_json_writer *w, int64_t v);
void pyr_json_uint(struct pyr_json_writer *w, uint64_t v);
/* In quotes, for readers whose numbers are doubles. */
void pyr_json_int_str(struct pyr_json_writer *w, int64_t v);
void pyr_json_uint_str(struct pyr_json_writer *w, uint64_t v);
/* The fewest digits that read back as the same number; "NaN", "Infinity" and "-Infinity" in quotes. */
void pyr_json_real(struct pyr_json_writer *w, double v);
void pyr_json_real32(struct pyr_json_writer *w, float v);
void pyr_json_bool(struct pyr_json_writer *w, bool v);
void pyr_json_null(struct pyr_json_writer *w);
#endif
