/* log_names.h - the names of the log's files: what each is, and its number (a generation for `released`). docs/format.md
 * lists them. */
#ifndef PYR_STORAGE_LOG_NAMES_H
#define PYR_STORAGE_LOG_NAMES_H
#include <stdbool.h>
#include <stdint.h>

enum pyr_log_name { PYR_LOG_NAME_SEGMENT, PYR_LOG_NAME_SPARE, PYR_LOG_NAME_RELEASED };
enum { PYR_LOG_PATH_BYTES = 4096, PYR_LOG_NAME_BYTES = 32 /* more than a slash, a name and its end take */ };

/* `dir` is at most PYR_LOG_PATH_BYTES - PYR_LOG_NAME_BYTES long. */
void pyr_log_path(const char *dir, enum pyr_log_name kind, uint64_t number, char out[static PYR_LOG_PATH_BYTES]);
/* False: `name` is not of this kind, or its number cannot be. */
bool pyr_log_name_parse(const char *name, enum pyr_log_name kind, uint64_t *number);
#endif
