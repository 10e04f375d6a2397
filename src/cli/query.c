/* query.c - asks a server for the merged profile of a selection: as a table, as pprof, as folded stacks. It asks for
 * pprof, which is never truncated, and so every form is exact. */
#include "base/time.h"
#include "cli/command.h"
#include "cli/profile_table.h"
#include "cli/remote.h"
#include "codec/gen/querier.pb.h"
#include "codec/gzip.h"
#include "codec/pb.h"
#include "format/pprof.h"
#include "profile/collapsed.h"
#include "profile/time_arg.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { FORMAT_PPROF = 4, RESPONSE_PPROF = 5, PPROF_PROFILE = 1 }; /* querier.v1 */
enum { REPLY_BYTES_MAX = 1 << 30, GZIP_LEVEL = 6 };
static const size_t arena_bytes_max = (size_t)8 << 30;

enum form { FORM_TOP, FORM_COLLAPSED, FORM_PPROF };

struct query {
    struct pyr_remote remote;
    const char *query, *type, *from, *until, *output;
    uint32_t rows;
    struct pyr_arena arena;
};

static const struct pyr_option table[] = {
    {.name = "server",
     .type = PYR_OPTION_STRING,
     .offset = offsetof(struct query, remote.server),
     .fallback = PYR_REMOTE_DEFAULT,
     .help = "The server's URL; also PYROSCOPE_SERVER"},
    {.name = "tenant",
     .type = PYR_OPTION_STRING,
     .offset = offsetof(struct query, remote.tenant),
     .fallback = "",
     .help = "Tenant, sent as X-Scope-OrgID; also PYROSCOPE_TENANT"},
    {.name = "query",
     .type = PYR_OPTION_STRING,
     .offset = offsetof(struct query, query),
     .fallback = "{}",
     .help = "Which profiles: {service_name=\"app\",region=~\"eu.*\"}"},
    {.name = "type",
     .type = PYR_OPTION_STRING,
     .offset = offsetof(struct query, type),
     .fallback = "process_cpu:cpu:nanoseconds:cpu:nanoseconds",
     .help = "Profile type: name:sample type:unit:period type:period unit"},
    {.name = "from",
     .type = PYR_OPTION_STRING,
     .offset = offsetof(struct query, from),
     .fallback = "now-1h",
     .help = "Start: now-1h, 20260131, seconds since 1970"},
    {.name = "until",
     .type = PYR_OPTION_STRING,
     .offset = offsetof(struct query, until),
     .fallback = "now",
     .help = "End"},
    {.name = "output",
     .type = PYR_OPTION_STRING,
     .offset = offsetof(struct query, output),
     .fallback = "top",
     .help = "top, collapsed or pprof; the last two also as collapsed=FILE and pprof=FILE"},
    {.name = "rows",
     .type = PYR_OPTION_COUNT,
     .offset = offsetof(struct query, rows),
     .fallback = "30",
     .help = "Functions in the table; 0: all"},
};

static void help(FILE *out)
{
    (void)fputs("usage: pyroscope query [--NAME=VALUE ...]\n\n"
                "Asks a server for the sum of all profiles that match, and shows where the time or memory went.\n\n",
                out);
    pyr_options_help(out, table, PYR_COUNT_OF(table));
}

/* ---- asking ---- */

static void encode_request(const struct query *q, struct pyr_buf *out)
{
    const int64_t now = pyr_wall_ns();
    const struct pyr_querier_v1_SelectMergeStacktracesRequest request = {
        .profile_typeID = pyr_str_of(q->type),
        .label_selector = pyr_str_of(q->query),
        .start = pyr_time_arg(pyr_str_of(q->from), now) / PYR_NS_PER_MS,
        .end = pyr_time_arg(pyr_str_of(q->until), now) / PYR_NS_PER_MS,
        .format = FORMAT_PPROF,
    };
    pyr_pb_encode(&pyr_querier_v1_SelectMergeStacktracesRequest_pb, &request, out);
}

/* The bytes of a message within a message; empty when it is not there. */
static pyr_err find_field(struct pyr_span in, uint32_t number, struct pyr_span *out, struct pyr_diag *diag)
{
    struct pyr_pb_reader r = pyr_pb_reader(in);
    *out = (struct pyr_span){NULL, 0};
    while (pyr_pb_next(&r)) {
        if (r.tag == PYR_PB_TAG(number, PYR_PB_WIRE_LEN))
            (void)pyr_pb_read_bytes(&r, out);
        else
            (void)pyr_pb_skip(&r);
    }
    return r.error == NULL ? PYR_OK : pyr_pb_fail(&r, diag, "the server's answer");
}

static pyr_err ask(const struct query *q, struct pyr_buf *reply, struct pyr_span *pprof, struct pyr_diag *diag)
{
    struct pyr_buf request;
    struct pyr_span wrapper;
    pyr_buf_init(&request, 1 << 20);
    encode_request(q, &request);
    const pyr_err err = request.err != PYR_OK
                            ? pyr_fail(diag, request.err, "the query is too long")
                            : pyr_remote_post(&q->remote, PYR_STR("/querier.v1.QuerierService/SelectMergeStacktraces"),
                                              "application/proto", pyr_buf_span(&request), reply, diag);
    pyr_buf_free(&request);
    PYR_TRY(err);
    PYR_TRY(find_field(pyr_buf_span(reply), RESPONSE_PPROF, &wrapper, diag));
    return find_field(wrapper, PPROF_PROFILE, pprof, diag);
}

/* ---- showing ---- */

static pyr_err parse_output(const char *text, enum form *form, const char **file, struct pyr_diag *diag)
{
    const struct pyr_str s = pyr_str_of(text);
    const ptrdiff_t equals = pyr_str_find(s, '=');
    const struct pyr_str word = {s.ptr, equals >= 0 ? (size_t)equals : s.len};
    *file = equals >= 0 ? text + equals + 1 : NULL;
    *form = FORM_TOP;
    if (pyr_str_eq(word, PYR_STR("top")) && *file == NULL)
        return PYR_OK;
    if (pyr_str_eq(word, PYR_STR("collapsed")))
        *form = FORM_COLLAPSED;
    else if (pyr_str_eq(word, PYR_STR("pprof")))
        *form = FORM_PPROF;
    else
        return pyr_fail(diag, PYR_E_INVALID, "--output: '%s' is not top, collapsed[=FILE] or pprof[=FILE]", text);
    return *file == NULL || **file != '\0' ? PYR_OK : pyr_fail(diag, PYR_E_INVALID, "--output: the file has no name");
}

static pyr_err decode(struct query *q, struct pyr_span pprof, struct pyr_tree *tree, struct pyr_profile *profile,
                      struct pyr_diag *diag)
{
    const struct pyr_format_limits limits = {
        .sample_labels_max = UINT32_MAX, .depth_max = UINT32_MAX, .string_bytes_max = UINT32_MAX};
    const pyr_err err = pyr_pprof_decode(pprof, &limits, &q->arena, profile, diag);
    if (err != PYR_OK) {
        pyr_diag_prefix(diag, "the server's profile");
        return err;
    }
    return pyr_profile_to_tree(profile, &q->arena, tree, diag);
}

static pyr_err write_pprof(FILE *out, struct pyr_span pprof, struct pyr_diag *diag)
{
    struct pyr_buf gzip;
    pyr_buf_init(&gzip, REPLY_BYTES_MAX);
    pyr_gzip(pprof, GZIP_LEVEL, &gzip);
    const pyr_err err = gzip.err;
    if (err == PYR_OK)
        (void)fwrite(gzip.data, 1, gzip.len, out);
    pyr_buf_free(&gzip);
    return err == PYR_OK ? err : pyr_fail(diag, err, "the profile is too large");
}

static pyr_err write_collapsed(struct query *q, FILE *out, const struct pyr_tree *tree, struct pyr_diag *diag)
{
    struct pyr_buf text;
    pyr_buf_init(&text, REPLY_BYTES_MAX);
    pyr_err err = pyr_collapsed_encode(tree, &q->arena, &text);
    err = err == PYR_OK ? text.err : err;
    if (err == PYR_OK)
        (void)fwrite(text.data, 1, text.len, out);
    pyr_buf_free(&text);
    return err == PYR_OK ? err : pyr_fail(diag, err, "the profile is too large");
}

static pyr_err write_form(struct query *q, enum form form, FILE *out, struct pyr_span pprof, struct pyr_diag *diag)
{
    struct pyr_tree tree;
    struct pyr_profile profile;
    if (form == FORM_PPROF)
        return write_pprof(out, pprof, diag);
    PYR_TRY(decode(q, pprof, &tree, &profile, diag));
    if (form == FORM_COLLAPSED)
        return write_collapsed(q, out, &tree, diag);
    return pyr_print_top(out, &tree, profile.type_count != 0 ? profile.types[0].unit : PYR_STR(""), q->rows, &q->arena,
                         diag);
}

static pyr_err write_output(struct query *q, enum form form, const char *file, struct pyr_span pprof,
                            struct pyr_diag *diag)
{
    FILE *out = file != NULL ? fopen(file, "we") : stdout;
    if (out == NULL)
        return pyr_fail(diag, PYR_E_IO, "%s: %s", file, strerror(errno));
    const pyr_err err = write_form(q, form, out, pprof, diag);
    const bool failed = ferror(out) != 0;
    const bool unwritten = (file != NULL ? fclose(out) : fflush(out)) != 0;
    if (err == PYR_OK && (failed || unwritten))
        return pyr_fail(diag, PYR_E_IO, "%s: cannot be written", file != NULL ? file : "standard output");
    return err;
}

static pyr_err query(struct query *q, enum form form, const char *file, struct pyr_diag *diag)
{
    struct pyr_buf reply;
    struct pyr_span pprof;
    pyr_buf_init(&reply, REPLY_BYTES_MAX);
    pyr_err err = ask(q, &reply, &pprof, diag);
    if (err == PYR_OK && pprof.len == 0)
        err = pyr_fail(diag, PYR_E_NOTFOUND, "no profiles match %s from %s until %s", q->query, q->from, q->until);
    if (err == PYR_OK)
        err = write_output(q, form, file, pprof, diag);
    pyr_buf_free(&reply);
    return err;
}

static int run(int argc, char **argv)
{
    struct query q = {0};
    struct pyr_options options;
    struct pyr_diag diag = {0};
    enum form form;
    const char *file;
    int status = 0;
    pyr_arena_init(&q.arena, arena_bytes_max, NULL);
    pyr_err err = pyr_remote_options(&options, table, PYR_COUNT_OF(table), &q, &q.arena, argc, argv, NULL, NULL, &diag);
    if (err == PYR_OK)
        err = parse_output(q.output, &form, &file, &diag);
    if (err == PYR_OK && form == FORM_PPROF && file == NULL && isatty(STDOUT_FILENO))
        err =
            pyr_fail(&diag, PYR_E_INVALID, "pprof is nothing for a terminal: say --output=pprof=FILE, or redirect it");
    if (err != PYR_OK)
        status = pyr_cli_fail("query", PYR_EXIT_USAGE, &diag);
    else if (query(&q, form, file, &diag) != PYR_OK)
        status = pyr_cli_fail("query", PYR_EXIT_FAILED, &diag);
    pyr_arena_free(&q.arena);
    return status;
}

const struct pyr_command pyr_command_query = {"query", "show the merged profile of a selection", help, run};
