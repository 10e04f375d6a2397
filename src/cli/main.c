/* main.c - the program: a table of its commands. */
#include "base/span.h"
#include "cli/command.h"
#include "server/options.h"

const struct pyr_command *const pyr_commands[] = {
    &pyr_command_server, &pyr_command_push, &pyr_command_query, &pyr_command_version, &pyr_command_help, NULL,
};

static const struct pyr_command *find(struct pyr_str name)
{
    if (pyr_str_eq(name, PYR_STR("-h")) || pyr_str_eq(name, PYR_STR("--help")))
        return &pyr_command_help;
    if (pyr_str_eq(name, PYR_STR("--version")))
        return &pyr_command_version;
    for (const struct pyr_command *const *c = pyr_commands; *c != NULL; c++)
        if (pyr_str_eq(name, pyr_str_of((*c)->name)))
            return *c;
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        pyr_cli_overview(stderr);
        return PYR_EXIT_USAGE;
    }
    const struct pyr_command *command = find(pyr_str_of(argv[1]));
    if (command == NULL) {
        (void)fprintf(stderr, "pyroscope: there is no command '%s'; 'pyroscope help' lists them\n", argv[1]);
        return PYR_EXIT_USAGE;
    }
    if (pyr_options_want_help(argc - 2, argv + 2)) {
        command->help(stdout);
        return 0;
    }
    return command->run(argc - 2, argv + 2);
}
