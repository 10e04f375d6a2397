/* volatile_names.h - function names with parts that are others at every start of a program: the JVM numbers lambdas,
 * generated accessors and hidden classes as they come and says where they lie, Python shows addresses of objects. Left
 * alone, one function would be a new one after each restart, on the flame graph and in the tables. */
#ifndef PYR_INGEST_VOLATILE_NAMES_H
#define PYR_INGEST_VOLATILE_NAMES_H
#include "base/arena.h"
#include "profile/profile.h"

/* Puts '_' for such parts, in place: "Ride$$Lambda$225.0x00007fe8540236c8.call" is "Ride$$Lambda$_.call". New names are the
 * arena's; false when it is full. Functions of files named *.go have none and cost next to nothing. */
PYR_MUST_USE bool pyr_function_names_settle(struct pyr_profile *profile, struct pyr_arena *arena);
#endif
