/* mem.h - the only callers of malloc. Counted; tests make the n-th call fail. All return NULL when memory is out. */
#ifndef PYR_BASE_MEM_H
#define PYR_BASE_MEM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *pyr_malloc(size_t bytes);
void *pyr_calloc(size_t count, size_t bytes); /* NULL on overflow of the product */
void *pyr_realloc(void *old, size_t bytes);
void *pyr_reallocarray(void *old, size_t count, size_t bytes);
void pyr_free(void *p); /* NULL is fine */
char *pyr_strdup(const char *s);

/* Allocations since start, and (malloc_usable_size) bytes now in use through these functions. */
uint64_t pyr_mem_calls(void);
size_t pyr_mem_in_use(void);

/* Tests: the n-th call from now on (1 = the next) by any thread returns NULL, once. 0 switches it off. */
void pyr_mem_fail_nth(uint64_t n);
bool pyr_mem_failed(void); /* whether it has fired since */
#endif
