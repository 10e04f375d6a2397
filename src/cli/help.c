#include "cli/command.h"
#include <string.h>

void pyr_cli_overview(FILE *out)
{
    (void)fputs("usage: pyroscope COMMAND [ARGUMENTS]\n\n", out);
    for (const struct pyr_command *const *c = pyr_commands; *c != NULL; c++)
        (void)fprintf(out, "  %-9s %s\n", (*c)->name, (*c)->summary);
    (void)fputs("\n'pyroscope help COMMAND' says more about one of them.\n", out);
}

int pyr_cli_fail(const char *command, int status, const struct pyr_diag *diag)
{
    (void)fprintf(stderr, "pyroscope %s: %s\n", command,
                  diag->message[0] != '\0' ? diag->message : pyr_err_name(diag->code));
    if (status == PYR_EXIT_USAGE)
        (void)fprintf(stderr, "'pyroscope help %s' tells how to ask\n", command);
    return status;
}

static int run(int argc, char **argv)
{
    if (argc == 0) {
        pyr_cli_overview(stdout);
        return 0;
    }
    for (const struct pyr_command *const *c = pyr_commands; *c != NULL; c++) {
        if (strcmp((*c)->name, argv[0]) == 0) {
            (*c)->help(stdout);
            return 0;
        }
    }
    (void)fprintf(stderr, "pyroscope: there is no command '%s'\n", argv[0]);
    return PYR_EXIT_USAGE;
}

const struct pyr_command pyr_command_help = {"help", "list the commands, or explain one", pyr_cli_overview, run};
