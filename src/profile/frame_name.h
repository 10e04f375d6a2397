/* frame_name.h - what a frame is called on every tree, so that the totals of trees, series and pprof are equal: what has
 * no name of its own gets one. */
#ifndef PYR_PROFILE_FRAME_NAME_H
#define PYR_PROFILE_FRAME_NAME_H
#include "profile/profile.h"

/* The only frame of a stack without frames. */
#define PYR_FRAME_EMPTY_STACK PYR_STR("[empty stack]")

/* A function by its name, its system name, or as unknown. */
static inline struct pyr_str pyr_frame_name(struct pyr_str name, struct pyr_str system_name)
{
    return name.len != 0 ? name : system_name.len != 0 ? system_name : PYR_STR("[unknown]");
}

/* A location without symbols: `module+0xaddress`, the address being relative to where the module is mapped, and `file` the
 * mapping's. `mapping` NULL or the stub: `0xaddress`. Written to `buf`. */
enum { PYR_FRAME_ADDRESS_BYTES = 128 };
struct pyr_str pyr_frame_address(uint64_t address, const struct pyr_mapping *mapping, struct pyr_str file,
                                 char buf[static PYR_FRAME_ADDRESS_BYTES]);
#endif
