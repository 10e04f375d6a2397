#include "tenant/tenant.h"
#include <stdlib.h>

static bool id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!_.*'()-", c) != NULL);
}

static pyr_err check_id(struct pyr_str id, struct pyr_diag *diag)
{
    if (id.len == 0)
        return pyr_fail(diag, PYR_E_UNAUTHENTICATED, "no org id: the header X-Scope-OrgID must name the tenant");
    if (id.len > PYR_TENANT_ID_BYTES_MAX)
        return pyr_fail(diag, PYR_E_UNAUTHENTICATED, "tenant id is too long: %zu bytes, the limit is %d", id.len,
                        PYR_TENANT_ID_BYTES_MAX);
    for (size_t i = 0; i < id.len; i++)
        if (!id_char(id.ptr[i]))
            return pyr_fail(diag, PYR_E_UNAUTHENTICATED, "tenant id has an unsupported character at byte %zu", i);
    if (pyr_str_eq(id, PYR_STR(".")) || pyr_str_eq(id, PYR_STR("..")))
        return pyr_fail(diag, PYR_E_UNAUTHENTICATED, "tenant id is \".\" or \"..\"");
    return PYR_OK;
}

/* Cuts the part before the next '|' off `left`. */
static struct pyr_str next_id(struct pyr_str *left)
{
    const ptrdiff_t bar = pyr_str_find(*left, '|');
    const struct pyr_str id = {left->ptr, bar >= 0 ? (size_t)bar : left->len};
    const size_t step = id.len + (bar >= 0);
    left->ptr += step;
    left->len -= step;
    return id;
}

pyr_err pyr_tenant_of_write(bool multitenancy, struct pyr_str header, struct pyr_str *tenant, struct pyr_diag *diag)
{
    *tenant = PYR_TENANT_ANONYMOUS;
    if (!multitenancy)
        return PYR_OK;
    struct pyr_str left = header;
    const struct pyr_str first = next_id(&left);
    PYR_TRY(check_id(first, diag));
    while (first.len != header.len && left.len != 0)
        if (!pyr_str_eq(next_id(&left), first))
            return pyr_fail(diag, PYR_E_UNAUTHENTICATED, "multiple org IDs present: a write needs one tenant");
    if (header.ptr[header.len - 1] == '|')
        return check_id((struct pyr_str){NULL, 0}, diag);
    *tenant = first;
    return PYR_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return pyr_str_cmp(*(const struct pyr_str *)a, *(const struct pyr_str *)b);
}

pyr_err pyr_tenants_of_read(bool multitenancy, struct pyr_str header, struct pyr_arena *arena, struct pyr_str **tenants,
                            uint32_t *count, struct pyr_diag *diag)
{
    uint32_t most = 1;
    for (size_t i = 0; multitenancy && i < header.len; i++)
        most += header.ptr[i] == '|';
    struct pyr_str *ids = PYR_ARENA_ARRAY(arena, struct pyr_str, most);
    if (ids == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "no memory for the tenants of a request");
    ids[0] = PYR_TENANT_ANONYMOUS;
    for (uint32_t i = 0; multitenancy && i < most; i++) {
        ids[i] = next_id(&header);
        PYR_TRY(check_id(ids[i], diag));
    }
    qsort(ids, most, sizeof(*ids), by_bytes);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < most; i++)
        if (!pyr_str_eq(ids[i], ids[kept - 1]))
            ids[kept++] = ids[i];
    *tenants = ids;
    *count = kept;
    return PYR_OK;
}
