/* machine.h - what this process may use of the machine. */
#ifndef PYR_SERVER_MACHINE_H
#define PYR_SERVER_MACHINE_H
#include <stdint.h>

/* Processors this process may run on: at least 1. */
unsigned pyr_machine_cores(void);
/* Bytes of memory: the machine's, or the cgroup's limit (v1 or v2, any ancestor's) where that is less. */
uint64_t pyr_machine_memory(void);
/* Bytes of the file system that holds `path`, or that would (its nearest ancestor that exists). 0: not known. */
uint64_t pyr_machine_disk(const char *path);
#endif
