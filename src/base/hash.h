/* hash.h - hashes keyed by a seed that is random for each process (hostile keys cannot be aimed), and random bytes. */
#ifndef PYR_BASE_HASH_H
#define PYR_BASE_HASH_H
#include "base/span.h"

extern uint64_t pyr_hash_seed; /* set before main; fuzzers and tests may fix it before first use */

uint64_t pyr_hash_bytes(const void *p, size_t len); /* XXH3, keyed */
static inline uint64_t pyr_hash_str(struct pyr_str s)
{
    return pyr_hash_bytes(s.ptr, s.len);
}

/* Mixes a word into a running hash; start from pyr_hash_seed. */
static inline uint64_t pyr_hash_mix(uint64_t h, uint64_t v)
{
    const __uint128_t m = (__uint128_t)(h ^ v ^ 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
    return (uint64_t)m ^ (uint64_t)(m >> 64) ^ (h << 1 | h >> 63);
}

/* From the kernel; aborts only if it has none to give. */
void pyr_random_bytes(void *out, size_t len);
uint64_t pyr_random_u64(void);
#endif
