#include "load/fail.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void load_fail(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("bench: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}
