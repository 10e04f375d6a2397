#include "base/version.h"
#include "cli/command.h"

static void help(FILE *out)
{
    (void)fputs("usage: pyroscope version\n\nPrints version and revision.\n", out);
}

static int run(int argc, char **argv)
{
    (void)argc, (void)argv;
    (void)printf("pyroscope %s (%s)\n", pyr_version, pyr_revision);
    return 0;
}

const struct pyr_command pyr_command_version = {"version", "print the version", help, run};
