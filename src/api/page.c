/* page.c - the archive of the web page (assets.h) as bytes of the program. PYR_PAGE_FILE comes from CMakeLists.txt. */
#include "api/assets.h"

__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        "pyr_page_begin: .incbin \"" PYR_PAGE_FILE "\"\n"
        "pyr_page_end: .byte 0\n"
        ".popsection\n");

extern const uint8_t pyr_page_begin[], pyr_page_end[];

struct pyr_span pyr_assets_embedded(void)
{
    return (struct pyr_span){pyr_page_begin, (size_t)(pyr_page_end - pyr_page_begin)};
}
