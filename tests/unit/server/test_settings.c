/* Settings from all four sources, what each refuses and in which words, and what is left to the machine. */
#include "base/mem.h"
#include "server/machine.h"
#include "server/option_value.h"
#include "server/settings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGS_MAX = 16 };

static char yaml_path[64];

/* Loads from the given flags and environment (both end with NULL) and the YAML text, if any, as the file of --config. */
static pyr_err load(struct pyr_settings *s, const char *const *flags, const char *const *environment, const char *yaml,
                    struct pyr_diag *diag)
{
    char *argv[ARGS_MAX + 1], *env[ARGS_MAX + 1], config[128];
    int argc = 0, envc = 0;
    if (yaml != NULL) {
        (void)snprintf(yaml_path, sizeof(yaml_path), "/tmp/pyr-settings-%d.yml", (int)getpid());
        FILE *file = fopen(yaml_path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(yaml, 1, strlen(yaml), file), strlen(yaml));
        assert_int_equal(fclose(file), 0);
        (void)snprintf(config, sizeof(config), "--config=%s", yaml_path);
        argv[argc++] = config;
    }
    for (; flags != NULL && *flags != NULL; flags++)
        argv[argc++] = strdup(*flags);
    for (; environment != NULL && *environment != NULL; environment++)
        env[envc++] = strdup(*environment);
    env[envc] = NULL;
    *diag = (struct pyr_diag){0};
    const pyr_err err = pyr_settings_load(s, argc, argv, env, diag);
    for (int i = yaml != NULL; i < argc; i++)
        free(argv[i]);
    for (int i = 0; i < envc; i++)
        free(env[i]);
    if (yaml != NULL)
        (void)unlink(yaml_path);
    return err;
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct pyr_settings must_load(const char *const *flags, const char *const *environment, const char *yaml)
{
    struct pyr_settings s;
    struct pyr_diag diag;
    if (load(&s, flags, environment, yaml, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
    return s;
}

/* The message must contain all of `words` (separated by '|'). */
static void refused(const char *const *flags, const char *const *environment, const char *yaml, const char *words)
{
    struct pyr_settings s;
    struct pyr_diag diag;
    char list[256];
    if (load(&s, flags, environment, yaml, &diag) == PYR_OK)
        fail_msg("accepted; expected: %s", words);
    (void)snprintf(list, sizeof(list), "%s", words);
    for (char *word = strtok(list, "|"); word != NULL; word = strtok(NULL, "|"))
        if (strstr(diag.message, word) == NULL)
            fail_msg("'%s' is missing in: %s", word, diag.message);
}

static void test_defaults(void **state)
{
    (void)state;
    struct pyr_settings s = must_load(NULL, NULL, NULL);
    assert_string_equal(s.api_bind_addr, ":4040");
    assert_int_equal(s.body_bytes_max, 64 << 20);
    assert_int_equal(s.log_sync, PYR_LOG_SYNC_BATCH);
    assert_int_equal(s.log_level, PYR_LOG_INFO);
    assert_false(s.multitenancy);
    assert_int_equal(s.limits.nodes_default, 65536);
    assert_int_equal(s.limits.nodes_max, 1048576);
    assert_false(s.limits.sanitize_label_names);
    assert_int_equal(s.limits.query_timeout_ns, INT64_C(60000000000));
    assert_true(s.loops >= 1 && s.ingest_workers >= 1 && s.query_workers >= 1);
    const uint64_t half = pyr_machine_memory() / 2;
    assert_true(s.memory_limit == (half < UINT64_C(1) << 30 ? half : UINT64_C(1) << 30));
    assert_true(s.table_bytes + s.request_bytes + s.inflight_bytes + s.log_queue_bytes <= s.memory_limit);
    assert_true(s.inflated_bytes_max <= s.memory_limit / 16);
    assert_int_equal(s.storage_path[0], '/');
    assert_true(s.free_bytes_min <= UINT64_C(1) << 30);
    pyr_settings_free(&s);
}

static void test_forms_of_flags(void **state)
{
    (void)state;
    struct pyr_settings s = must_load(LIST("--log-level=debug", "--log-format", "json", "-storage-path", "/a b",
                                           "-auth.multitenancy-enabled", "--memory-limit=512MiB",
                                           "--http.idle-timeout=1h30m", "--path-prefix=/pyro/"),
                                      NULL, NULL);
    assert_int_equal(s.log_level, PYR_LOG_DEBUG);
    assert_int_equal(s.log_format, PYR_LOG_JSON);
    assert_string_equal(s.storage_path, "/a b");
    assert_true(s.multitenancy);
    assert_int_equal(s.memory_limit, 512 << 20);
    assert_true(s.idle_timeout_ns == INT64_C(5400000000000));
    assert_string_equal(s.path_prefix, "/pyro");
    pyr_settings_free(&s);
    s = must_load(LIST("--auth.multitenancy-enabled=false", "--storage-path=", "--log-level=warn", "--log-level=warn"),
                  NULL, NULL);
    assert_false(s.multitenancy);
    pyr_settings_free(&s);
}

/* Where 0 stands for "any", the limit is none. */
static void test_no_limit(void **state)
{
    (void)state;
    struct pyr_settings s = must_load(
        LIST("--validation.max-profile-stacktrace-depth=0", "--validation.max-profile-stacktrace-sample-labels=0"),
        NULL, NULL);
    assert_true(s.limits.stack_depth_max == UINT32_MAX && s.limits.sample_labels_max == UINT32_MAX);
    pyr_settings_free(&s);
}

static void test_precedence(void **state)
{
    (void)state;
    const char *yaml = "log-level: error\nlog-format: json\nstorage-path: /from/file\n";
    const char *const *env = LIST("PYROSCOPE_LOG_LEVEL=warn", "PYROSCOPE_LOG_FORMAT=logfmt", "HOME=/x",
                                  "PYROSCOPE_QUERIER_MAX_FLAMEGRAPH_NODES_DEFAULT=77");
    struct pyr_settings s = must_load(LIST("--log-level=debug"), env, yaml);
    assert_int_equal(s.log_level, PYR_LOG_DEBUG);      /* flag > environment > file */
    assert_int_equal(s.log_format, PYR_LOG_LOGFMT);    /* environment > file */
    assert_string_equal(s.storage_path, "/from/file"); /* file > default */
    assert_int_equal(s.limits.nodes_default, 77);
    pyr_settings_free(&s);
}

static void test_yaml(void **state)
{
    (void)state;
    assert_int_equal(setenv("PYR_TEST_WORD", "/expanded", 1), 0);
    struct pyr_settings s = must_load(NULL, NULL,
                                      "# a comment\n"
                                      "auth:\n"
                                      "  multitenancy-enabled: true\n"
                                      "querier.max-flamegraph-nodes-default: 10\n"
                                      "querier:\n"
                                      "  max-query-length: 7d\n"
                                      "storage-path: ${PYR_TEST_WORD}/${PYR_TEST_ABSENT:deep}/$${x}$1\n"
                                      "api-bind-addr: \"[::1]:4041\"\n");
    assert_true(s.multitenancy);
    assert_int_equal(s.limits.nodes_default, 10);
    assert_true(s.limits.query_length_ns_max == INT64_C(7) * 86400 * 1000000000);
    assert_string_equal(s.storage_path, "/expanded/deep/${x}$1");
    assert_string_equal(s.api_bind_addr, "[::1]:4041");
    pyr_settings_free(&s);
    s = must_load(NULL, NULL, "# nothing but a comment\n");
    pyr_settings_free(&s);
    s = must_load(NULL, NULL, "");
    pyr_settings_free(&s);
}

static void test_unknown_names(void **state)
{
    (void)state;
    refused(LIST("--api-bind-adr=:1"), NULL, NULL, "--api-bind-adr|unknown setting|did you mean 'api-bind-addr'?");
    refused(LIST("--bind-addr=:1"), NULL, NULL, "'api-bind-addr'");
    refused(LIST("--zzzzzzzz"), NULL, NULL, "--zzzzzzzz: unknown setting");
    refused(NULL, LIST("PYROSCOPE_LOG_LEVL=debug"), NULL, "PYROSCOPE_LOG_LEVL|did you mean PYROSCOPE_LOG_LEVEL?");
    refused(NULL, NULL, "log-level: info\nstorage_path: /x\n", ".yml:2: unknown setting 'storage_path'|'storage-path'");
    refused(NULL, NULL, "auth:\n  multitenancy-enable: true\n", ".yml:2:|'auth.multitenancy-enabled'");
    refused(NULL, NULL, "config: x\n", ".yml:1:|cannot be set in a file");
    /* What Kubernetes and clients put into the environment is not ours. */
    struct pyr_settings s = must_load(NULL,
                                      LIST("PYROSCOPE_PORT=tcp://10.0.0.1:4040", "PYROSCOPE_SERVICE_HOST=10.0.0.1",
                                           "PYROSCOPE_PORT_4040_TCP_ADDR=10.0.0.1", "PYROSCOPE_SERVER_ADDRESS=http://x",
                                           "PYROSCOPE_APPLICATION_NAME=app", "PYROSCOPE_AUTH_TOKEN=x"),
                                      NULL);
    pyr_settings_free(&s);
}

static void test_bad_values(void **state)
{
    (void)state;
    refused(LIST("--memory-limit=lots"), NULL, NULL, "--memory-limit|'lots'|64MiB");
    refused(LIST("--memory-limit=1MiB"), NULL, NULL, "--memory-limit|'1MiB'|less than 64MiB");
    refused(LIST("--log-level"), NULL, NULL, "--log-level needs a value");
    refused(LIST("--log-level=loud"), NULL, NULL, "'loud' is not one of debug, info, warn or error");
    refused(LIST("--drain-timeout=5"), NULL, NULL, "'5' is not a duration");
    refused(LIST("--api-bind-addr=4040"), NULL, NULL, "'4040' is not an address");
    refused(LIST("--http.max-streams=0"), NULL, NULL, "'0' is too small");
    refused(LIST("--validation.max-length-label-name=70000"), NULL, NULL, "'70000' is too large");
    refused(LIST("stray"), NULL, NULL, "'stray' is not a flag");
    refused(LIST("--path-prefix=pyro"), NULL, NULL, "path-prefix|'pyro'");
    refused(LIST("--config=/nowhere/at/all.yml"), NULL, NULL, "/nowhere/at/all.yml|No such file");
    refused(NULL, LIST("PYROSCOPE_AUTH_MULTITENANCY_ENABLED=maybe"), NULL,
            "PYROSCOPE_AUTH_MULTITENANCY_ENABLED|'maybe'");
    refused(NULL, NULL, "a: [1, 2]\n", ".yml:1: a list is not expected");
    refused(NULL, NULL, "log-level: info\n\tx: y\n", ".yml:2:");
    refused(NULL, NULL, "just words\n", ".yml:1: expected 'name: value'");
    refused(NULL, NULL, "storage-path: ${PYR_TEST_NOT_SET}\n", ".yml:1: ${PYR_TEST_NOT_SET} is not set");
    refused(NULL, NULL, "a: &x 1\nb: *x\n", ".yml:");
}

static void test_contradictions(void **state)
{
    (void)state;
    refused(LIST("--log-level=debug", "--log-level=info"), NULL, NULL, "'info' here|'debug' before");
    refused(NULL, NULL, "auth.multitenancy-enabled: true\nauth:\n  multitenancy-enabled: false\n", ".yml:3:|.yml:1");
    refused(LIST("--querier.max-flamegraph-nodes-default=100"), NULL, "querier:\n  max-flamegraph-nodes-max: 50\n",
            "'100' by --querier.max-flamegraph-nodes-default|'50' by|.yml:2");
    refused(LIST("--log-sync-interval=1s"), NULL, NULL, "log-sync is 'batch' by the default|no effect");
    refused(LIST("--http.max-inflated-size=1MiB"), NULL, NULL, "http.max-body-size");
    struct pyr_settings s = must_load(LIST("--log-sync-interval=1s", "--log-sync=interval"), NULL, NULL);
    assert_int_equal(s.log_sync, PYR_LOG_SYNC_INTERVAL);
    pyr_settings_free(&s);
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } sizes[] = {{"0", 0},
                 {"17", 17},
                 {"1B", 1},
                 {"1k", 1000},
                 {"1.5 GB", 1500000000},
                 {"64MiB", 64 << 20},
                 {"2Ki", 2048},
                 {"0.5KiB", 512},
                 {"16777215TiB", UINT64_C(16777215) << 40}};
    for (size_t i = 0; i < PYR_COUNT_OF(sizes); i++) {
        uint64_t v;
        assert_int_equal(pyr_value_bytes(pyr_str_of(sizes[i].text), &v, NULL), PYR_OK);
        assert_true(v == sizes[i].bytes);
    }
    static const struct {
        const char *text;
        int64_t ns;
    } durations[] = {{"0", 0},
                     {"0s", 0},
                     {"15s", INT64_C(15000000000)},
                     {"1h30m", INT64_C(5400000000000)},
                     {"250ms", 250000000},
                     {"1.5s", 1500000000},
                     {"7d", INT64_C(604800000000000)},
                     {"1m500ms", INT64_C(60500000000)},
                     {"3us4ns", 3004}};
    for (size_t i = 0; i < PYR_COUNT_OF(durations); i++) {
        int64_t v;
        assert_int_equal(pyr_value_duration(pyr_str_of(durations[i].text), &v, NULL), PYR_OK);
        assert_true(v == durations[i].ns);
    }
    const char *not_sizes[] = {"", "MiB", "-1", "1..5GB", "1.", "16777216TiB", "99999999999999999999", "1 2", "1MiBs"};
    const char *not_durations[] = {"", "5", "s", "-5s", "5x", "5s3", "300y", "1h-30m", "1.s"};
    const char *not_addresses[] = {"", "4040", "localhost", "a:b:1", ":65536", ":-1", ":", "[]:1", "::1:4040"};
    const char *addresses[] = {":0", ":4040", "localhost:80", "0.0.0.0:65535", "[::1]:4040", "[fe80::1%eth0]:1"};
    for (size_t i = 0; i < PYR_COUNT_OF(not_sizes); i++) {
        uint64_t v;
        assert_int_equal(pyr_value_bytes(pyr_str_of(not_sizes[i]), &v, NULL), PYR_E_INVALID);
    }
    for (size_t i = 0; i < PYR_COUNT_OF(not_durations); i++) {
        int64_t v;
        assert_int_equal(pyr_value_duration(pyr_str_of(not_durations[i]), &v, NULL), PYR_E_INVALID);
    }
    for (size_t i = 0; i < PYR_COUNT_OF(not_addresses); i++)
        assert_int_equal(pyr_value_address(pyr_str_of(not_addresses[i]), NULL), PYR_E_INVALID);
    for (size_t i = 0; i < PYR_COUNT_OF(addresses); i++)
        assert_int_equal(pyr_value_address(pyr_str_of(addresses[i]), NULL), PYR_OK);
}

/* Whichever allocation fails: loaded, or an error that says so; nothing leaks (the sanitizer looks). */
static void test_no_memory(void **state)
{
    (void)state;
    struct pyr_settings s;
    struct pyr_diag diag;
    bool fired = true;
    for (uint64_t nth = 1; fired; nth++) {
        pyr_mem_fail_nth(nth);
        const pyr_err err = load(&s, LIST("--storage-path=/x"), NULL, "log-level: debug\n", &diag);
        fired = pyr_mem_failed();
        pyr_mem_fail_nth(0);
        assert_true(err == PYR_OK || (fired && err == PYR_E_NOMEM && diag.message[0] != '\0'));
        if (err == PYR_OK)
            pyr_settings_free(&s);
    }
}

static void test_machine(void **state)
{
    (void)state;
    assert_true(pyr_machine_cores() >= 1);
    assert_true(pyr_machine_memory() >= 16 << 20);
    assert_true(pyr_machine_disk("/tmp") > 0);
    assert_true(pyr_machine_disk("/tmp/not/there/yet/") == pyr_machine_disk("/tmp"));
    assert_true(pyr_machine_disk("not/there") == pyr_machine_disk("."));
    assert_true(pyr_machine_disk("/") > 0);
}

/* docs/configuration.md lists exactly the settings there are, in the words of the help. */
static void test_documented(void **state)
{
    (void)state;
    char *help = NULL, *docs = NULL;
    size_t help_len = 0, docs_len = 0;
    FILE *out = open_memstream(&help, &help_len);
    pyr_settings_help(out);
    assert_int_equal(fclose(out), 0);
    FILE *file = fopen("docs/configuration.md", "r");
    assert_non_null(file);
    assert_true(getdelim(&docs, &docs_len, '\0', file) > 0);
    assert_int_equal(fclose(file), 0);
    if (strstr(docs, help) == NULL)
        fail_msg("docs/configuration.md does not contain what `pyroscope help server` lists; put this there:\n%s",
                 help);
    free(help);
    free(docs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),       cmocka_unit_test(test_forms_of_flags), cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_yaml),           cmocka_unit_test(test_unknown_names),  cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_contradictions), cmocka_unit_test(test_values),         cmocka_unit_test(test_documented),
        cmocka_unit_test(test_no_memory),      cmocka_unit_test(test_machine),        cmocka_unit_test(test_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
