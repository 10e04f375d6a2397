/* limits.h - how much of a hostile input a decoder takes. Each decoder is bounded by its arena as well. */
#ifndef PYR_FORMAT_LIMITS_H
#define PYR_FORMAT_LIMITS_H
#include <stddef.h>
#include <stdint.h>

enum { PYR_FORMAT_TYPES_MAX = 16 }; /* sample types of a profile */

struct pyr_format_limits {
    uint32_t samples_max;       /* over it the profile is refused; 0 = as many as fit in memory */
    uint32_t sample_labels_max; /* of one sample; over it the profile is refused */
    uint32_t depth_max;         /* longer stacks keep the frames nearest the root; counted in dropped.truncated */
    uint32_t string_bytes_max;  /* longer strings keep their end */
    size_t expanded_bytes_max;  /* tree and trie: bytes of frame names that shared prefixes stand for */
};

#define PYR_FORMAT_LIMITS_DEFAULT                                                                                      \
    ((struct pyr_format_limits){.sample_labels_max = 100,                                                              \
                                .depth_max = 1000,                                                                     \
                                .string_bytes_max = 65535,                                                             \
                                .expanded_bytes_max = (size_t)32 << 20})
#endif
