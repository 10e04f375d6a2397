#include "base/version.h"

const char pyr_version[] = PYR_VERSION;
const char pyr_revision[] = PYR_REVISION;
