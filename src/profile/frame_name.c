#include "profile/frame_name.h"
#include <inttypes.h>
#include <stdio.h>

struct pyr_str pyr_frame_address(uint64_t address, const struct pyr_mapping *mapping, struct pyr_str file,
                                 char buf[static PYR_FRAME_ADDRESS_BYTES])
{
    enum { MODULE_BYTES_MAX = PYR_FRAME_ADDRESS_BYTES - 24 };
    if (mapping != NULL && address >= mapping->start && address < mapping->limit)
        address = address - mapping->start + mapping->offset;
    const size_t skip = (size_t)(pyr_str_find_last(file, '/') + 1);
    struct pyr_str module = {file.ptr + skip, file.len - skip};
    if (module.len > MODULE_BYTES_MAX)
        module.len = MODULE_BYTES_MAX;
    const int len = snprintf(buf, PYR_FRAME_ADDRESS_BYTES, "%.*s%s0x%" PRIx64, PYR_STR_ARG(module),
                             module.len != 0 ? "+" : "", address);
    return (struct pyr_str){buf, (size_t)len};
}
