/* options.h - one table of named, typed values, set from flags, the environment and a YAML file (options_yaml.h), and
 * described as help. A flag wins over the environment, that over the file, that over the default. */
#ifndef PYR_SERVER_OPTIONS_H
#define PYR_SERVER_OPTIONS_H
#include "base/arena.h"
#include "base/err.h"
#include <stdio.h>

enum pyr_option_type {                      /* the field is: */
                       PYR_OPTION_STRING,   /* const char *, never NULL */
                       PYR_OPTION_ADDRESS,  /* const char * */
                       PYR_OPTION_BOOL,     /* bool */
                       PYR_OPTION_BYTES,    /* uint64_t */
                       PYR_OPTION_DURATION, /* int64_t, nanoseconds */
                       PYR_OPTION_COUNT,    /* uint32_t */
                       PYR_OPTION_WORD,     /* int: the place in `words` */
};

struct pyr_option {
    const char *name; /* "api-bind-addr": the flag; in a file also nested at its dots */
    enum pyr_option_type type;
    uint32_t offset;          /* of the field */
    const char *fallback;     /* the default as one would write it */
    const char *const *words; /* PYR_OPTION_WORD: ends with NULL */
    uint64_t least, most;     /* bytes, duration, count: inclusive; most 0 = any */
    const char *help;         /* one sentence without a full stop */
    const char *help_default; /* what help says where the default depends on the machine; NULL: `fallback` */
    bool not_in_files;
};

/* Who set a value last; a source that comes later in this list wins. */
enum pyr_option_source { PYR_FROM_DEFAULT, PYR_FROM_FILE, PYR_FROM_ENVIRONMENT, PYR_FROM_FLAG };

struct pyr_option_origin {
    enum pyr_option_source source;
    const char *where; /* "--log-level", "PYROSCOPE_LOG_LEVEL", "server.yml:12" */
    const char *text;  /* as written */
};

enum { PYR_OPTIONS_MAX = 96 };

struct pyr_options {
    const struct pyr_option *table;
    size_t count;
    void *values;            /* the struct that `offset` counts in */
    struct pyr_arena *arena; /* keeps the strings */
    struct pyr_option_origin origins[PYR_OPTIONS_MAX];
};

/* Sets every field to its default. */
PYR_MUST_USE pyr_err pyr_options_init(struct pyr_options *o, const struct pyr_option *table, size_t count, void *values,
                                      struct pyr_arena *arena, struct pyr_diag *diag);
/* Sets the option `name`; `where` says where it was found, for messages. Unknown names are an error that suggests the
 * nearest; so is a value given twice by one source and differently. */
PYR_MUST_USE pyr_err pyr_options_set(struct pyr_options *o, struct pyr_str name, struct pyr_str text,
                                     enum pyr_option_source source, const char *where, struct pyr_diag *diag);
/* --name=value, --name value, -name value, --switch (a bool alone is true); "--" ends them. What is no flag goes to
 * `rest` (room for argc), or is an error when `rest` is NULL. argv[0] is the first argument, not the program. */
PYR_MUST_USE pyr_err pyr_options_flags(struct pyr_options *o, int argc, char *const *argv, const char **rest,
                                       int *rest_count, struct pyr_diag *diag);
/* PREFIX_NAME with '-' and '.' as '_'. Variables with the prefix that are not ours are let be (other programs, and
 * Kubernetes, have some), unless they are nearly one of ours. */
PYR_MUST_USE pyr_err pyr_options_environment(struct pyr_options *o, const char *prefix, char *const *environment,
                                             struct pyr_diag *diag);
/* -h, -help or --help before a "--". */
bool pyr_options_want_help(int argc, char *const *argv);
/* One entry an option: flag, type, default, help. */
void pyr_options_help(FILE *out, const struct pyr_option *table, size_t count);
/* The option's origin, for messages about several. NULL for an unknown name. */
const struct pyr_option_origin *pyr_options_origin(const struct pyr_options *o, const char *name);
#endif
