/* Starting and stopping the whole server with each allocation failing in turn: it starts, or says why not, and gives
 * everything back (the sanitizer looks for leaks); afterwards it starts on the same folder. */
#include "base/mem.h"
#include "server/server.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/pyr-fault-start-XXXXXX";

static pyr_err start_and_stop(uint64_t failing, bool *fired, struct pyr_diag *diag)
{
    char storage[128], address[] = "--api-bind-addr=127.0.0.1:0", loops[] = "--http.loops=1";
    char *argv[] = {storage, address, loops}, *environment[] = {NULL};
    struct pyr_settings settings;
    struct pyr_server *server = NULL;
    (void)snprintf(storage, sizeof(storage), "--storage-path=%s/store", folder);
    assert_int_equal(pyr_settings_load(&settings, PYR_COUNT_OF(argv), argv, environment, diag), PYR_OK);
    pyr_mem_fail_nth(failing);
    const pyr_err err = pyr_server_start(&settings, &server, diag);
    if (err == PYR_OK)
        pyr_server_stop(server);
    *fired = pyr_mem_failed();
    pyr_mem_fail_nth(0);
    pyr_settings_free(&settings);
    return err;
}

static void test_every_allocation(void **state)
{
    (void)state;
    bool fired = true;
    unsigned refused = 0;
    for (uint64_t nth = 1; fired; nth++) {
        struct pyr_diag diag = {0};
        const pyr_err err = start_and_stop(nth, &fired, &diag);
        if (err != PYR_OK && (!fired || diag.message[0] == '\0'))
            fail_msg("allocation %llu: %s: %s", (unsigned long long)nth, pyr_err_name(err), diag.message);
        refused += err != PYR_OK;
    }
    assert_true(refused > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation)};
    char command[64];
    pyr_logging_setup(PYR_LOG_ERROR, PYR_LOG_LOGFMT, open("/dev/null", O_WRONLY)); /* it has much to complain about */
    if (mkdtemp(folder) == NULL)
        return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command) != 0 || failed != 0;
}
