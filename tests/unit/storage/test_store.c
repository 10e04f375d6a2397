/* The store end to end on the real disk: what goes in comes out, before and after a restart. */
#include "base/completion.h"
#include "support/store_model.h"
#include <unistd.h>

static const struct call_options options = {
    .tenants = 2, .services = 2, .pods = 3, .identities = true, .from_ns = 1000, .until_ns = 2000000000};

static char dir[] = "/tmp/pyr-store-XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static struct pyr_store_settings settings(void)
{
    struct pyr_store_settings s;
    pyr_store_settings_default(&s);
    s.dir = dir;
    s.free_bytes_min = 0;
    s.segment_bytes = 1 << 20;
    s.first_segment_bytes = 64 << 10;
    return s;
}

static struct pyr_store *open_store(const struct pyr_store_settings *s)
{
    struct pyr_store *store;
    struct pyr_diag diag = {0};
    if (pyr_store_open(s, &store, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
    return store;
}

static void append(struct pyr_store *store, struct call *call)
{
    struct pyr_waiter w;
    struct pyr_diag diag = {0};
    pyr_waiter_init(&w);
    if (pyr_store_append(store, call->writes, call->write_count, &w.completion, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
    assert_int_equal(pyr_waiter_wait(&w), PYR_OK);
}

static void goes_in_and_comes_out(void **state)
{
    (void)state;
    const struct pyr_store_settings s = settings();
    struct pyr_store *store = open_store(&s);
    struct chance c = {1};
    struct model m = {0};
    for (int i = 0; i < 50; i++) {
        struct call call;
        draw_call(&c, &options, &call);
        append(store, &call);
        model_take(&m, &call, false);
        call_free(&call);
    }
    compare_store(store, options.tenants, &m);
    pyr_store_close(store);
    store = open_store(&s);
    compare_store(store, options.tenants, &m);
    pyr_store_close(store);
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(goes_in_and_comes_out, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
