/* command.h - a subcommand of the program: one file each, listed in main.c. */
#ifndef PYR_CLI_COMMAND_H
#define PYR_CLI_COMMAND_H
#include "base/err.h"
#include <stdio.h>

struct pyr_command {
    const char *name;
    const char *summary; /* one line for the list */
    void (*help)(FILE *out);
    /* Arguments after the command's name, without -h and --help. Returns the exit status: 0, 1 (it did not work) or
     * 2 (it was asked wrongly). */
    int (*run)(int argc, char **argv);
};

extern const struct pyr_command pyr_command_server, pyr_command_push, pyr_command_query, pyr_command_version,
    pyr_command_help;
extern const struct pyr_command *const pyr_commands[]; /* main.c; NULL at the end */

enum { PYR_EXIT_FAILED = 1, PYR_EXIT_USAGE = 2 };

/* The list of commands. */
void pyr_cli_overview(FILE *out);
/* "pyroscope push: <message>", and for PYR_EXIT_USAGE where help is. Returns `status`. */
int pyr_cli_fail(const char *command, int status, const struct pyr_diag *diag);
#endif
