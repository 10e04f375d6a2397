/* version.h - which program this is. The text comes from the build. */
#ifndef PYR_BASE_VERSION_H
#define PYR_BASE_VERSION_H

extern const char pyr_version[];  /* "0.1.0" */
extern const char pyr_revision[]; /* of git, when the build was configured; "unknown" outside a checkout */
#endif
