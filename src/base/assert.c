#include "base/assert.h"
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void pyr_assert_failed(const char *expr, const char *file, int line)
{
    void *frames[64];
    (void)fprintf(stderr, "assertion failed: %s, at %s:%d\n", expr, file, line);
    (void)fflush(stderr);
    backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
    abort();
}
