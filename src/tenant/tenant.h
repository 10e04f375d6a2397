/* tenant.h - whose profiles: the header X-Scope-OrgID.
 *
 * Multitenancy off (the default): the header is ignored, the tenant is "anonymous". On: an id is 1 to 150 of
 * [A-Za-z0-9!_.*'()-], not "." or ".."; "a|b" names several, for reading only. Missing or invalid, or several where one
 * is needed: PYR_E_UNAUTHENTICATED. Results are views into the header or static. */
#ifndef PYR_TENANT_TENANT_H
#define PYR_TENANT_TENANT_H
#include "base/arena.h"
#include "base/err.h"

#define PYR_TENANT_HEADER "x-scope-orgid"
#define PYR_TENANT_ANONYMOUS PYR_STR("anonymous")
enum { PYR_TENANT_ID_BYTES_MAX = 150 };

/* For a write. `header`: its value, ptr NULL when absent. */
PYR_MUST_USE pyr_err pyr_tenant_of_write(bool multitenancy, struct pyr_str header, struct pyr_str *tenant,
                                         struct pyr_diag *diag);
/* For a read: at least one, sorted by bytes, each once; the array is the arena's. */
PYR_MUST_USE pyr_err pyr_tenants_of_read(bool multitenancy, struct pyr_str header, struct pyr_arena *arena,
                                         struct pyr_str **tenants, uint32_t *count, struct pyr_diag *diag);
#endif
