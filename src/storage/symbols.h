/* symbols.h - a partition's intern tables of strings, mappings, functions, lines and locations.
 *
 * Ids are dense, given in the order of first use, and mean the same for as long as the generation lives. String 0 is ""
 * and mapping 0 is "none" from the start. Keys are what survives a restart of the profiled program, which loads the same
 * file elsewhere:
 *   mapping    (file name, build id, file offset, flags): not where it was loaded; the first load's addresses are kept
 *   location   symbolised: (mapping, lines): not the address; else (mapping, address rebased to the stored load)
 *   function   (name, system name, file name, first line)
 * Writers hold the partition's lock; readers use published counts (chunked.h). */
#ifndef PYR_STORAGE_SYMBOLS_H
#define PYR_STORAGE_SYMBOLS_H
#include "base/index.h"
#include "profile/profile.h"
#include "storage/byte_heap.h"
#include "storage/chunked.h"

struct pyr_symbols {
    struct pyr_chunked strings, mappings, functions, lines, locations;
    struct pyr_byte_heap text;
    /* Write side only; gone once the generation is frozen. */
    struct pyr_index string_index, mapping_index, function_index, location_index;
};

static inline struct pyr_str pyr_symbols_string(const struct pyr_symbols *s, uint32_t id)
{
    return *(const struct pyr_str *)pyr_chunked_at(&s->strings, id, sizeof(struct pyr_str));
}
static inline struct pyr_mapping pyr_symbols_mapping(const struct pyr_symbols *s, uint32_t id)
{
    return *(const struct pyr_mapping *)pyr_chunked_at(&s->mappings, id, sizeof(struct pyr_mapping));
}
static inline struct pyr_function pyr_symbols_function(const struct pyr_symbols *s, uint32_t id)
{
    return *(const struct pyr_function *)pyr_chunked_at(&s->functions, id, sizeof(struct pyr_function));
}
static inline struct pyr_line pyr_symbols_line(const struct pyr_symbols *s, uint32_t id)
{
    return *(const struct pyr_line *)pyr_chunked_at(&s->lines, id, sizeof(struct pyr_line));
}
static inline struct pyr_location pyr_symbols_location(const struct pyr_symbols *s, uint32_t id)
{
    return *(const struct pyr_location *)pyr_chunked_at(&s->locations, id, sizeof(struct pyr_location));
}

/* PYR_E_NOMEM: nothing is held. */
PYR_MUST_USE pyr_err pyr_symbols_init(struct pyr_symbols *s, struct pyr_tally *tally);
void pyr_symbols_free(struct pyr_symbols *s);
/* No more interning: frees the hash tables. */
void pyr_symbols_freeze(struct pyr_symbols *s, struct pyr_tally *tally);

/* Find or add, many at a time: they are looked up side by side (index.h). Fields that are ids are this table's; lines are
 * the location's own, `line_first` into `lines`. PYR_E_NOMEM or PYR_E_TOOBIG; what was added before stays. */
PYR_MUST_USE pyr_err pyr_symbols_intern_strings(struct pyr_symbols *s, const struct pyr_str *texts, uint32_t count,
                                                struct pyr_tally *tally, uint32_t *ids);
PYR_MUST_USE pyr_err pyr_symbols_intern_functions(struct pyr_symbols *s, const struct pyr_function *functions,
                                                  uint32_t count, struct pyr_tally *tally, uint32_t *ids);
PYR_MUST_USE pyr_err pyr_symbols_intern_locations(struct pyr_symbols *s, const struct pyr_location *locations,
                                                  const struct pyr_line *lines, uint32_t count, struct pyr_tally *tally,
                                                  uint32_t *ids);
/* One. */
PYR_MUST_USE pyr_err pyr_symbols_intern_string(struct pyr_symbols *s, struct pyr_str text, struct pyr_tally *tally,
                                               uint32_t *id);
PYR_MUST_USE pyr_err pyr_symbols_intern_mapping(struct pyr_symbols *s, const struct pyr_mapping *m,
                                                struct pyr_tally *tally, uint32_t *id);

/* Replay: append without looking. */
PYR_MUST_USE pyr_err pyr_symbols_add_string(struct pyr_symbols *s, struct pyr_str text, struct pyr_tally *tally);
PYR_MUST_USE pyr_err pyr_symbols_add_mapping(struct pyr_symbols *s, const struct pyr_mapping *m,
                                             struct pyr_tally *tally);
PYR_MUST_USE pyr_err pyr_symbols_add_function(struct pyr_symbols *s, const struct pyr_function *f,
                                              struct pyr_tally *tally);
PYR_MUST_USE pyr_err pyr_symbols_add_location(struct pyr_symbols *s, uint64_t address, uint32_t mapping,
                                              const struct pyr_line *lines, uint32_t line_count,
                                              struct pyr_tally *tally);

/* pyr_index_insert with the table's growth counted. */
PYR_MUST_USE pyr_err pyr_index_insert_counted(struct pyr_index *ix, uint64_t hash, uint32_t id,
                                              struct pyr_tally *tally);
void pyr_index_free_counted(struct pyr_index *ix, struct pyr_tally *tally);
#endif
