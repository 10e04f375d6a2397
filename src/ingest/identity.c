#define XXH_INLINE_ALL
#include "ingest/identity.h"
#include <xxhash.h>

/* Lengths keep "ab","c" and "a","bc" apart. */
static void add(XXH3_state_t *state, const void *bytes, size_t len)
{
    const uint64_t n = len;
    XXH3_128bits_update(state, &n, sizeof(n));
    if (len != 0)
        XXH3_128bits_update(state, bytes, len);
}

static void finish(const XXH3_state_t *state, uint8_t out[16])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
    memcpy(out, canonical.digest, 16);
}

void pyr_identity_of_push(struct pyr_str tenant, struct pyr_str id, struct pyr_span payload, uint8_t out[16])
{
    XXH3_state_t state;
    memset(out, 0, 16);
    if (id.len == 0)
        return;
    XXH3_128bits_reset(&state);
    add(&state, "push", 4);
    add(&state, tenant.ptr, tenant.len);
    add(&state, id.ptr, id.len);
    add(&state, payload.ptr, payload.len);
    finish(&state, out);
}

void pyr_identity_of_upload(struct pyr_str tenant, struct pyr_str name, struct pyr_str from, struct pyr_str until,
                            struct pyr_str host, struct pyr_span payload, uint8_t out[16])
{
    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    add(&state, "ingest", 6);
    add(&state, tenant.ptr, tenant.len);
    add(&state, name.ptr, name.len);
    add(&state, from.ptr, from.len);
    add(&state, until.ptr, until.len);
    add(&state, host.ptr, host.len);
    add(&state, payload.ptr, payload.len);
    finish(&state, out);
}

void pyr_identity_of_row(const uint8_t of_profile[16], struct pyr_str service, uint32_t row, uint8_t out[16])
{
    static const uint8_t none[16];
    XXH3_state_t state;
    if (memcmp(of_profile, none, sizeof(none)) == 0) {
        memset(out, 0, 16);
        return;
    }
    XXH3_128bits_reset(&state);
    add(&state, of_profile, 16);
    add(&state, service.ptr, service.len);
    add(&state, &row, sizeof(row));
    finish(&state, out);
}

struct pyr_str pyr_identity_host(struct pyr_str peer)
{
    const ptrdiff_t colon = pyr_str_find_last(peer, ':');
    return colon >= 0 ? (struct pyr_str){peer.ptr, (size_t)colon} : peer;
}
