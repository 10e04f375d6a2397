#include "server/server.h"
#include "cli/command.h"
#include <unistd.h>

static void help(FILE *out)
{
    (void)fputs(
        "usage: pyroscope server [--NAME=VALUE ...]\n\n"
        "Receives profiles, keeps them, shows them at http://localhost:4040.\n\n"
        "Each setting is a flag, an environment variable (--storage-path is PYROSCOPE_STORAGE_PATH, with '-' and\n"
        "'.' as '_'), or a line of the YAML file that --config names ('storage-path: /data'; names with dots may\n"
        "be nested). A flag wins over the environment, the environment over the file.\n\n",
        out);
    pyr_settings_help(out);
}

static int run(int argc, char **argv)
{
    struct pyr_settings settings;
    struct pyr_diag diag = {0};
    if (pyr_settings_load(&settings, argc, argv, environ, &diag) != PYR_OK)
        return pyr_cli_fail("server", PYR_EXIT_USAGE, &diag);
    const pyr_err err = pyr_server_run(&settings, &diag);
    pyr_settings_free(&settings);
    return err == PYR_OK ? 0 : pyr_cli_fail("server", PYR_EXIT_FAILED, &diag);
}

const struct pyr_command pyr_command_server = {"server", "run the server", help, run};
