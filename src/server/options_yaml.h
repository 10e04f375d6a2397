/* options_yaml.h - settings from a YAML file: nested keys are joined with dots ("auth:" above "multitenancy-enabled:" is
 * auth.multitenancy-enabled, which may also be written flat). ${NAME} in a value is the environment's, ${NAME:words} is
 * `words` when that is not set; $${ stands for ${. */
#ifndef PYR_SERVER_OPTIONS_YAML_H
#define PYR_SERVER_OPTIONS_YAML_H
#include "server/options.h"

/* Errors begin with "path:line:". */
PYR_MUST_USE pyr_err pyr_options_yaml(struct pyr_options *o, const char *path, struct pyr_diag *diag);
#endif
