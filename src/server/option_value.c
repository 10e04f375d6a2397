#include "server/option_value.h"
#include <stdio.h>

struct unit {
    const char *name;
    uint64_t size;
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A decimal number of units at the start of *text, in whole smallest units. False: none there, or it overflows. */
static bool take_number(struct pyr_str *text, uint64_t *whole, uint64_t *fraction, uint64_t *scale)
{
    size_t n = 0;
    while (n < text->len && digit(text->ptr[n]))
        n++;
    if (!pyr_str_to_u64((struct pyr_str){text->ptr, n}, whole))
        return false;
    *fraction = 0;
    *scale = 1;
    if (n < text->len && text->ptr[n] == '.') {
        const size_t start = ++n;
        for (; n < text->len && digit(text->ptr[n]); n++) {
            if (n - start < 9) { /* finer than that is below any unit we have */
                *fraction = *fraction * 10 + (uint64_t)(text->ptr[n] - '0');
                *scale *= 10;
            }
        }
        if (n == start)
            return false;
    }
    *text = (struct pyr_str){text->ptr + n, text->len - n};
    return true;
}

static bool multiply(uint64_t whole, uint64_t fraction, uint64_t scale, uint64_t unit, uint64_t *out)
{
    uint64_t big;
    if (__builtin_mul_overflow(whole, unit, &big))
        return false;
    const uint64_t small = (uint64_t)((__uint128_t)fraction * unit / scale);
    return !__builtin_add_overflow(big, small, out);
}

static const struct unit *find_unit(const struct unit *units, size_t count, struct pyr_str name)
{
    for (size_t i = 0; i < count; i++)
        if (pyr_str_eq_nocase(pyr_str_of(units[i].name), name))
            return &units[i];
    return NULL;
}

pyr_err pyr_value_bool(struct pyr_str text, bool *out, struct pyr_diag *diag)
{
    static const char *const yes[] = {"true", "yes", "on", "1"}, *const no[] = {"false", "no", "off", "0"};
    for (size_t i = 0; i < PYR_COUNT_OF(yes); i++) {
        if (pyr_str_eq_nocase(text, pyr_str_of(yes[i])) || pyr_str_eq_nocase(text, pyr_str_of(no[i]))) {
            *out = pyr_str_eq_nocase(text, pyr_str_of(yes[i]));
            return PYR_OK;
        }
    }
    return pyr_fail(diag, PYR_E_INVALID, "'%.*s' is neither true nor false", PYR_STR_ARG(text));
}

pyr_err pyr_value_bytes(struct pyr_str text, uint64_t *out, struct pyr_diag *diag)
{
    static const struct unit units[] = {
        {"", 1},
        {"B", 1},
        {"K", 1000},
        {"KB", 1000},
        {"M", 1000000},
        {"MB", 1000000},
        {"G", 1000000000},
        {"GB", 1000000000},
        {"T", 1000000000000},
        {"TB", 1000000000000},
        {"Ki", UINT64_C(1) << 10},
        {"KiB", UINT64_C(1) << 10},
        {"Mi", UINT64_C(1) << 20},
        {"MiB", UINT64_C(1) << 20},
        {"Gi", UINT64_C(1) << 30},
        {"GiB", UINT64_C(1) << 30},
        {"Ti", UINT64_C(1) << 40},
        {"TiB", UINT64_C(1) << 40},
    };
    uint64_t whole, fraction, scale;
    struct pyr_str rest = text;
    if (take_number(&rest, &whole, &fraction, &scale)) {
        const struct unit *unit = find_unit(units, PYR_COUNT_OF(units), pyr_str_trim(rest));
        if (unit != NULL && multiply(whole, fraction, scale, unit->size, out))
            return PYR_OK;
    }
    return pyr_fail(diag, PYR_E_INVALID, "'%.*s' is not a size such as 64MiB or 1.5GB", PYR_STR_ARG(text));
}

/* The unit's name reaches up to the next digit. */
static struct pyr_str take_unit_name(struct pyr_str *text)
{
    size_t n = 0;
    while (n < text->len && !digit(text->ptr[n]))
        n++;
    const struct pyr_str name = {text->ptr, n};
    *text = (struct pyr_str){text->ptr + n, text->len - n};
    return name;
}

static bool take_duration(struct pyr_str *text, uint64_t *out)
{
    static const uint64_t second = 1000000000;
    const struct unit units[] = {
        {"ns", 1},
        {"us", 1000},
        {"ms", 1000000},
        {"s", second},
        {"m", 60 * second},
        {"h", 3600 * second},
        {"d", 86400 * second},
        {"w", 7 * 86400 * second},
        {"y", 365 * 86400 * second},
    };
    uint64_t whole, fraction, scale;
    if (!take_number(text, &whole, &fraction, &scale))
        return false;
    const struct unit *unit = find_unit(units, PYR_COUNT_OF(units), take_unit_name(text));
    return unit != NULL && multiply(whole, fraction, scale, unit->size, out);
}

pyr_err pyr_value_duration(struct pyr_str text, int64_t *out_ns, struct pyr_diag *diag)
{
    struct pyr_str rest = text;
    uint64_t sum = 0, part;
    bool ok = text.len != 0;
    if (pyr_str_eq(text, PYR_STR("0")))
        rest.len = 0;
    while (ok && rest.len != 0)
        ok = take_duration(&rest, &part) && !__builtin_add_overflow(sum, part, &sum);
    if (!ok || sum > INT64_MAX)
        return pyr_fail(diag, PYR_E_INVALID, "'%.*s' is not a duration such as 500ms, 15s, 1h30m or 7d",
                        PYR_STR_ARG(text));
    *out_ns = (int64_t)sum;
    return PYR_OK;
}

pyr_err pyr_value_count(struct pyr_str text, uint32_t *out, struct pyr_diag *diag)
{
    uint64_t v;
    if (!pyr_str_to_u64(text, &v) || v > UINT32_MAX)
        return pyr_fail(diag, PYR_E_INVALID, "'%.*s' is not a whole number from 0 to %u", PYR_STR_ARG(text),
                        UINT32_MAX);
    *out = (uint32_t)v;
    return PYR_OK;
}

pyr_err pyr_value_address(struct pyr_str text, struct pyr_diag *diag)
{
    const ptrdiff_t colon = pyr_str_find_last(text, ':');
    uint64_t port;
    if (colon >= 0) {
        const struct pyr_str host = {text.ptr, (size_t)colon};
        const struct pyr_str number = {text.ptr + colon + 1, text.len - (size_t)colon - 1};
        const bool bracketed = pyr_str_starts(host, PYR_STR("[")) && pyr_str_ends(host, PYR_STR("]")) && host.len > 2;
        const bool plain = pyr_str_find(host, ':') < 0 && pyr_str_find(host, '[') < 0;
        if (pyr_str_to_u64(number, &port) && port <= UINT16_MAX && (bracketed || plain))
            return PYR_OK;
    }
    return pyr_fail(diag, PYR_E_INVALID, "'%.*s' is not an address such as :4040, 127.0.0.1:4040 or [::1]:4040",
                    PYR_STR_ARG(text));
}

pyr_err pyr_value_word(struct pyr_str text, const char *const *words, int *out, struct pyr_diag *diag)
{
    char all[128] = "";
    for (int i = 0; words[i] != NULL; i++) {
        if (pyr_str_eq(text, pyr_str_of(words[i]))) {
            *out = i;
            return PYR_OK;
        }
        const size_t used = strlen(all);
        (void)snprintf(all + used, sizeof(all) - used, "%s%s",
                       i == 0                 ? ""
                       : words[i + 1] == NULL ? " or "
                                              : ", ",
                       words[i]);
    }
    return pyr_fail(diag, PYR_E_INVALID, "'%.*s' is not one of %s", PYR_STR_ARG(text), all);
}
