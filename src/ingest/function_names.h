/* function_names.h - function names as people know them: what languages and their agents put in or leave out. They
 * change a decoded profile in place; new names are the arena's. False when it is full. */
#ifndef PYR_INGEST_FUNCTION_NAMES_H
#define PYR_INGEST_FUNCTION_NAMES_H
#include "base/arena.h"
#include "base/err.h"
#include "profile/profile.h"

/* Go names an instance of a generic function by the shapes it is compiled for: "Map[go.shape.int,go.shape.string]" and
 * "Map[go.shape.uint8,...]" are one function to its author. Takes such bracket groups out. `is_go`: known to be so;
 * otherwise functions of files named *.go are. */
PYR_MUST_USE bool pyr_function_names_go(struct pyr_profile *profile, bool is_go, struct pyr_arena *arena);

/* Older agents of scripting languages (spy names pyspy, rbspy, scripting) send names without their module:
 * "<file> <name>" tells them apart. pyspy's absolute paths are left alone. Does nothing for other spies. */
PYR_MUST_USE bool pyr_function_names_script(struct pyr_profile *profile, struct pyr_str spy, struct pyr_arena *arena);

/* .NET's agent writes sample types as "inuse-space": '-' becomes '_'. */
PYR_MUST_USE bool pyr_sample_types_dotnet(struct pyr_profile *profile, struct pyr_arena *arena);
#endif
