#include "base/hash.h"
#include "base/assert.h"
#include <errno.h>
#include <sys/random.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t pyr_hash_seed;

__attribute__((constructor)) static void seed(void)
{
    pyr_hash_seed = pyr_random_u64();
}

uint64_t pyr_hash_bytes(const void *p, size_t len)
{
    return XXH3_64bits_withSeed(p, len, pyr_hash_seed);
}

void pyr_random_bytes(void *out, size_t len)
{
    for (uint8_t *at = out; len != 0;) {
        const ssize_t n = getrandom(at, len, 0);
        PYR_ASSERT(n > 0 || errno == EINTR);
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
}

uint64_t pyr_random_u64(void)
{
    uint64_t v;
    pyr_random_bytes(&v, sizeof(v));
    return v;
}
