/* push.c - sends files to a server: pprof (gzipped or plain) and folded stacks, told apart by their bytes. */
#include "base/mem.h"
#include "cli/command.h"
#include "cli/remote.h"
#include "codec/gzip.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 256 << 20, REPLY_BYTES_MAX = 1 << 20, PATH_BYTES_MAX = 32 << 10 };

struct push {
    struct pyr_remote remote;
    const char *name, *from, *until;
    uint32_t sample_rate;
    struct pyr_arena arena;
};

static const struct pyr_option table[] = {
    {.name = "server",
     .type = PYR_OPTION_STRING,
     .offset = offsetof(struct push, remote.server),
     .fallback = PYR_REMOTE_DEFAULT,
     .help = "The server's URL; also PYROSCOPE_SERVER"},
    {.name = "tenant",
     .type = PYR_OPTION_STRING,
     .offset = offsetof(struct push, remote.tenant),
     .fallback = "",
     .help = "Tenant, sent as X-Scope-OrgID; also PYROSCOPE_TENANT"},
    {.name = "name",
     .type = PYR_OPTION_STRING,
     .offset = offsetof(struct push, name),
     .fallback = "",
     .help =
         "Service with labels: app{region=eu,version=2}. The suffix of folded stacks' names is their type: app.cpu, "
         "app.inuse_space",
     .help_default = "the file's name up to its first dot"},
    {.name = "from",
     .type = PYR_OPTION_STRING,
     .offset = offsetof(struct push, from),
     .fallback = "",
     .help = "When the profile began: now-10s, or seconds since 1970; for files that do not say",
     .help_default = "now"},
    {.name = "until",
     .type = PYR_OPTION_STRING,
     .offset = offsetof(struct push, until),
     .fallback = "",
     .help = "When it ended",
     .help_default = "now"},
    {.name = "sample-rate",
     .type = PYR_OPTION_COUNT,
     .offset = offsetof(struct push, sample_rate),
     .fallback = "100",
     .least = 1,
     .help = "Samples a second, for folded stacks of CPU time"},
};

static void help(FILE *out)
{
    (void)fputs(
        "usage: pyroscope push [--NAME=VALUE ...] FILE...\n\n"
        "Sends profiles to a server: pprof, gzipped or plain, and folded stacks ('main;work;hash 12' a line).\n\n",
        out);
    pyr_options_help(out, table, PYR_COUNT_OF(table));
}

/* ---- the file ---- */

static pyr_err read_open_file(int fd, struct pyr_buf *out, struct pyr_diag *diag)
{
    for (;;) {
        uint8_t *at = pyr_buf_reserve(out, 64 << 10);
        if (at == NULL)
            return pyr_fail(diag, out->err, "it is larger than %d bytes", FILE_BYTES_MAX);
        const ssize_t n = read(fd, at, 64 << 10);
        if (n < 0 && errno != EINTR)
            return pyr_fail(diag, PYR_E_IO, "%s", strerror(errno));
        if (n == 0)
            return PYR_OK;
        out->len += n > 0 ? (size_t)n : 0;
    }
}

static pyr_err read_file(const char *path, struct pyr_buf *out, struct pyr_diag *diag)
{
    const bool standard_input = strcmp(path, "-") == 0;
    const int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pyr_fail(diag, PYR_E_IO, "%s", strerror(errno));
    const pyr_err err = read_open_file(fd, out, diag);
    if (!standard_input)
        (void)close(fd);
    return err;
}

/* Text has no control characters; a pprof always has some (small lengths and ids). */
static bool is_text(struct pyr_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' && s.ptr[i] != '\n' && s.ptr[i] != '\r' && s.ptr[i] != '\t')
            return false;
    return true;
}

/* What the server's `format` calls it, and the bytes to send: text goes inflated. */
static pyr_err tell_kind(struct pyr_span *bytes, struct pyr_arena *arena, const char **format, struct pyr_diag *diag)
{
    struct pyr_span plain = *bytes;
    *format = "pprof";
    if (pyr_is_gzip(*bytes))
        PYR_TRY(pyr_gunzip(*bytes, FILE_BYTES_MAX, arena, &plain, diag));
    if (plain.len == 0)
        return pyr_fail(diag, PYR_E_INVALID, "it is empty");
    if (plain.len >= 4 && memcmp(plain.ptr, "FLR", 4) == 0)
        return pyr_fail(diag, PYR_E_INVALID, "it is a JFR recording; pprof and folded stacks can be sent");
    if (!is_text(plain))
        return PYR_OK;
    if (plain.ptr[0] == '{' || plain.ptr[0] == '<')
        return pyr_fail(diag, PYR_E_INVALID, "it is neither pprof nor folded stacks ('main;work;hash 12' a line)");
    *format = "groups";
    *bytes = plain;
    return PYR_OK;
}

/* ---- the request ---- */

/* "dir/my-app.pb.gz" is "my-app"; what may not stand in a name is '_'. */
static const char *name_of_file(const char *path, struct pyr_arena *arena)
{
    const char *slash = strrchr(path, '/');
    struct pyr_str base = pyr_str_of(slash != NULL ? slash + 1 : path);
    const ptrdiff_t dot = pyr_str_find(base, '.');
    base.len = dot > 0 ? (size_t)dot : base.len;
    char *name = pyr_arena_alloc(arena, base.len + 1);
    for (size_t i = 0; name != NULL && i < base.len; i++) {
        const char c = base.ptr[i];
        const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        name[i] = fine ? c : '_';
    }
    if (name != NULL)
        name[base.len] = '\0';
    return name;
}

static pyr_err send_bytes(const struct push *p, const char *name, const char *format, struct pyr_span bytes,
                          struct pyr_diag *diag)
{
    char rate[16];
    struct pyr_buf path, reply;
    pyr_buf_init(&path, PATH_BYTES_MAX);
    pyr_buf_init(&reply, REPLY_BYTES_MAX);
    (void)snprintf(rate, sizeof(rate), "%u", p->sample_rate);
    pyr_buf_str(&path, PYR_STR("/ingest"));
    pyr_remote_param(&path, "name", name);
    pyr_remote_param(&path, "format", format);
    pyr_remote_param(&path, "sampleRate", rate);
    if (p->from[0] != '\0')
        pyr_remote_param(&path, "from", p->from);
    if (p->until[0] != '\0')
        pyr_remote_param(&path, "until", p->until);
    pyr_err err = path.err != PYR_OK ? pyr_fail(diag, path.err, "its name is too long") : PYR_OK;
    if (err == PYR_OK)
        err = pyr_remote_post(&p->remote, pyr_span_str(pyr_buf_span(&path)), "application/octet-stream", bytes, &reply,
                              diag);
    pyr_buf_free(&path);
    pyr_buf_free(&reply);
    return err;
}

static pyr_err push_bytes(struct push *p, const char *path, struct pyr_span bytes, struct pyr_diag *diag)
{
    const char *format;
    PYR_TRY(tell_kind(&bytes, &p->arena, &format, diag));
    const char *name = p->name[0] != '\0' ? p->name : name_of_file(path, &p->arena);
    if (name == NULL)
        return PYR_E_NOMEM;
    PYR_TRY(send_bytes(p, name, format, bytes, diag));
    (void)printf("%s: sent as %s (%zu bytes of %s)\n", path, name, bytes.len,
                 strcmp(format, "pprof") == 0 ? "pprof" : "folded stacks");
    return PYR_OK;
}

static pyr_err push_file(struct push *p, const char *path, struct pyr_diag *diag)
{
    struct pyr_buf bytes;
    pyr_buf_init(&bytes, FILE_BYTES_MAX);
    pyr_err err = read_file(path, &bytes, diag);
    if (err == PYR_OK)
        err = push_bytes(p, path, pyr_buf_span(&bytes), diag);
    pyr_buf_free(&bytes);
    if (err != PYR_OK)
        pyr_diag_prefix(diag, "%s", path);
    return err;
}

/* Every file is tried. */
static int push_files(struct push *p, const char *const *files, int count)
{
    int status = 0;
    for (int i = 0; i < count; i++) {
        struct pyr_diag diag = {0};
        const pyr_err err = push_file(p, files[i], &diag);
        if (err != PYR_OK) {
            (void)pyr_fail(&diag, err, "%s: %s", files[i], pyr_err_name(err));
            status = pyr_cli_fail("push", PYR_EXIT_FAILED, &diag);
        }
    }
    return status;
}

static int run(int argc, char **argv)
{
    struct push p = {0};
    struct pyr_options options;
    struct pyr_diag diag = {0};
    int count = 0, status = PYR_EXIT_USAGE;
    const char **files = pyr_calloc((size_t)argc + 1, sizeof(*files));
    pyr_arena_init(&p.arena, 2 * (size_t)FILE_BYTES_MAX, NULL);
    pyr_err err = files == NULL ? PYR_E_NOMEM
                                : pyr_remote_options(&options, table, PYR_COUNT_OF(table), &p, &p.arena, argc, argv,
                                                     files, &count, &diag);
    if (err == PYR_OK && count == 0)
        err = pyr_fail(&diag, PYR_E_INVALID, "no file is named");
    if (err == PYR_OK)
        status = push_files(&p, files, count);
    else
        (void)pyr_cli_fail("push", status, &diag);
    pyr_arena_free(&p.arena);
    pyr_free(files);
    return status;
}

const struct pyr_command pyr_command_push = {"push", "send profiles from files to a server", help, run};
