#include "server/options_yaml.h"
#include "base/buf.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 8, KEY_BYTES_MAX = 256, VALUE_BYTES_MAX = 64 << 10 };

struct reader {
    struct pyr_options *options;
    const char *path;
    struct pyr_diag *diag;
    yaml_parser_t parser;
    char key[KEY_BYTES_MAX]; /* the keys above, joined */
    size_t ends[DEPTH_MAX];  /* length of `key` at each mapping that is open */
    size_t depth;
    bool key_read; /* the next event is the value of `key` */
};

static struct pyr_str scalar_of(const yaml_event_t *event)
{
    return (struct pyr_str){(const char *)event->data.scalar.value, event->data.scalar.length};
}

static pyr_err fail_at(struct reader *r, size_t line, const char *what)
{
    return pyr_fail(r->diag, PYR_E_INVALID, "%s:%zu: %s", r->path, line, what);
}

/* The reference after "${" up to '}'. */
static pyr_err expand_one(struct reader *r, struct pyr_str name, size_t line, struct pyr_buf *out)
{
    const ptrdiff_t colon = pyr_str_find(name, ':');
    const struct pyr_str bare = {name.ptr, colon >= 0 ? (size_t)colon : name.len};
    char terminated[KEY_BYTES_MAX];
    (void)snprintf(terminated, sizeof(terminated), "%.*s", PYR_STR_ARG(bare));
    const char *value = bare.len < sizeof(terminated) ? getenv(terminated) : NULL;
    if (value != NULL)
        pyr_buf_str(out, pyr_str_of(value));
    else if (colon >= 0)
        pyr_buf_append(out, name.ptr + colon + 1, name.len - (size_t)colon - 1);
    else
        return pyr_fail(r->diag, PYR_E_INVALID, "%s:%zu: ${%s} is not set in the environment", r->path, line,
                        terminated);
    return PYR_OK;
}

static pyr_err expand(struct reader *r, struct pyr_str text, size_t line, struct pyr_buf *out)
{
    while (text.len != 0) {
        size_t step = 1;
        if (pyr_str_starts(text, PYR_STR("$${"))) {
            pyr_buf_str(out, PYR_STR("${"));
            step = 3;
        } else if (pyr_str_starts(text, PYR_STR("${"))) {
            const ptrdiff_t close = pyr_str_find(text, '}');
            if (close < 0)
                return fail_at(r, line, "'${' without '}'");
            PYR_TRY(expand_one(r, (struct pyr_str){text.ptr + 2, (size_t)close - 2}, line, out));
            step = (size_t)close + 1;
        } else {
            pyr_buf_byte(out, (uint8_t)text.ptr[0]);
        }
        text = (struct pyr_str){text.ptr + step, text.len - step};
    }
    return out->err;
}

static pyr_err set_value(struct reader *r, struct pyr_str text, size_t line)
{
    struct pyr_buf value;
    char where[KEY_BYTES_MAX];
    pyr_buf_init(&value, VALUE_BYTES_MAX);
    (void)snprintf(where, sizeof(where), "%s:%zu", r->path, line);
    pyr_err err = expand(r, text, line, &value);
    if (err == PYR_OK)
        err = pyr_options_set(r->options, pyr_str_of(r->key), pyr_span_str(pyr_buf_span(&value)), PYR_FROM_FILE, where,
                              r->diag);
    else
        err = pyr_fail(r->diag, err, "%s: the value is too long", where);
    pyr_buf_free(&value);
    return err;
}

/* Puts the key behind those of the mappings around it. */
static pyr_err take_key(struct reader *r, struct pyr_str name, size_t line)
{
    const size_t end = r->ends[r->depth - 1], dot = end != 0;
    if (name.len == 0 || memchr(name.ptr, '\0', name.len) != NULL || end + dot + name.len >= sizeof(r->key))
        return fail_at(r, line, "this is not the name of a setting");
    if (dot != 0)
        r->key[end] = '.';
    memcpy(r->key + end + dot, name.ptr, name.len);
    r->key[end + dot + name.len] = '\0';
    r->key_read = true;
    return PYR_OK;
}

static pyr_err take_scalar(struct reader *r, const yaml_event_t *event, size_t line)
{
    const struct pyr_str text = scalar_of(event);
    if (r->depth == 0) /* a file of nothing but comments has one empty scalar, or none */
        return text.len == 0 ? PYR_OK : fail_at(r, line, "expected 'name: value'");
    if (!r->key_read)
        return take_key(r, text, line);
    r->key_read = false;
    return set_value(r, text, line);
}

static pyr_err open_mapping(struct reader *r, size_t line)
{
    if (r->depth == DEPTH_MAX || (r->depth != 0 && !r->key_read))
        return fail_at(r, line, "this is not the name of a setting");
    r->ends[r->depth++] = strlen(r->key);
    r->key_read = false;
    return PYR_OK;
}

static pyr_err take_event(struct reader *r, const yaml_event_t *event)
{
    const size_t line = event->start_mark.line + 1;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(r, event, line);
    case YAML_MAPPING_START_EVENT:
        return open_mapping(r, line);
    case YAML_MAPPING_END_EVENT:
        r->key[r->ends[--r->depth]] = '\0';
        return PYR_OK;
    case YAML_SEQUENCE_START_EVENT:
        return fail_at(r, line, "a list is not expected here");
    case YAML_ALIAS_EVENT:
        return fail_at(r, line, "aliases are not supported");
    default:
        return PYR_OK;
    }
}

static pyr_err read_events(struct reader *r)
{
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event))
            return pyr_fail(r->diag, PYR_E_INVALID, "%s:%zu: %s", r->path, r->parser.problem_mark.line + 1,
                            r->parser.problem != NULL ? r->parser.problem : "not YAML");
        more = event.type != YAML_STREAM_END_EVENT;
        const pyr_err err = take_event(r, &event);
        yaml_event_delete(&event);
        PYR_TRY(err);
    }
    return PYR_OK;
}

pyr_err pyr_options_yaml(struct pyr_options *o, const char *path, struct pyr_diag *diag)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return pyr_fail(diag, PYR_E_IO, "%s: cannot open the configuration: %s", path, strerror(errno));
    struct reader r = {.options = o, .path = path, .diag = diag};
    pyr_err err = PYR_E_NOMEM;
    if (yaml_parser_initialize(&r.parser)) {
        yaml_parser_set_input_file(&r.parser, file);
        err = read_events(&r);
        yaml_parser_delete(&r.parser);
    }
    (void)fclose(file);
    return err;
}
