/* append_bound.h - how much room in the log's queue a write can need: asked before any lock is taken, so before it is known
 * what of it is new. Mostly far too much; what is not used is given back at once. */
#ifndef PYR_STORAGE_APPEND_BOUND_H
#define PYR_STORAGE_APPEND_BOUND_H
#include "storage/store.h"

/* Bytes of the frame if everything in the write is new. Sample indices are valid. */
size_t pyr_append_bound(const struct pyr_write *w);
#endif
