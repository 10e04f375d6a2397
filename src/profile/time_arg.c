#include "profile/time_arg.h"
#include "base/saturate.h"
#include "base/time.h"

enum { TEXT_BYTES_MAX = 64 };

struct text {
    char bytes[TEXT_BYTES_MAX];
    size_t len;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Without the characters that may stand anywhere. Longer text than any time is cut. */
static struct text strip(struct pyr_str in)
{
    struct text t = {.len = 0};
    for (size_t i = 0; i < in.len && t.len < TEXT_BYTES_MAX; i++)
        if (in.ptr[i] != '_' && in.ptr[i] != ',' && in.ptr[i] != ' ')
            t.bytes[t.len++] = in.ptr[i];
    return t;
}

static bool all_digits(struct pyr_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_digit(s.ptr[i]))
            return false;
    return s.len != 0;
}

static unsigned two_digits(const char *p)
{
    return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

/* Days from 1970-01-01 to a date of the Gregorian calendar; years are counted from March, so that leap days come last
 * (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_of_date(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t year_of_era = year - era * 400;
    const int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static bool date_exists(unsigned year, unsigned month, unsigned day)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1)
        return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (unsigned)(month == 2 && leap);
}

static bool date_ns(const char *p, size_t month_at, size_t day_at, int64_t *ns)
{
    const unsigned year = two_digits(p) * 100 + two_digits(p + 2);
    const unsigned month = two_digits(p + month_at), day = two_digits(p + day_at);
    if (!date_exists(year, month, day))
        return false;
    *ns = pyr_mul_saturating(days_of_date(year, month, day) * 86400, PYR_NS_PER_S);
    return true;
}

static int64_t epoch_ns(struct pyr_str digits)
{
    uint64_t v;
    if (!pyr_str_to_u64(digits, &v) || v > INT64_MAX)
        return INT64_MAX;
    const int64_t n = (int64_t)v;
    switch (digits.len) {
    case 13:
        return pyr_mul_saturating(n, PYR_NS_PER_MS);
    case 16:
        return pyr_mul_saturating(n, 1000);
    case 19:
        return n;
    default:
        return pyr_mul_saturating(n, PYR_NS_PER_S);
    }
}

/* Digits after a decimal point, as nanoseconds; those past the ninth are cut. False if there is anything else. */
static bool fraction_ns(struct pyr_str digits, int64_t *ns)
{
    if (!all_digits(digits))
        return false;
    int64_t v = 0;
    for (size_t i = 0; i < 9; i++)
        v = v * 10 + (i < digits.len ? digits.ptr[i] - '0' : 0);
    *ns = v;
    return true;
}

/* "1795229580.5" */
static bool decimal_ns(struct pyr_str s, int64_t *ns)
{
    const ptrdiff_t point = pyr_str_find(s, '.');
    uint64_t whole;
    int64_t fraction;
    if (point <= 0 || !pyr_str_to_u64((struct pyr_str){s.ptr, (size_t)point}, &whole) || whole > INT64_MAX ||
        !fraction_ns((struct pyr_str){s.ptr + point + 1, s.len - (size_t)point - 1}, &fraction))
        return false;
    *ns = pyr_add_saturating(pyr_mul_saturating((int64_t)whole, PYR_NS_PER_S), fraction);
    return true;
}

/* Matches 'd' to a digit and anything else to itself. */
static bool looks_like(struct pyr_str s, const char *pattern)
{
    const size_t len = strlen(pattern);
    if (s.len < len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (pattern[i] == 'd' ? !is_digit(s.ptr[i]) : s.ptr[i] != pattern[i])
            return false;
    return true;
}

/* "Z", "+02:00" */
static bool zone_ns(struct pyr_str s, int64_t *ns)
{
    *ns = 0;
    if (s.len == 1 && (s.ptr[0] == 'Z' || s.ptr[0] == 'z'))
        return true;
    if (s.len != 6 || !(looks_like(s, "+dd:dd") || looks_like(s, "-dd:dd")))
        return false;
    const int64_t minutes = (int64_t)two_digits(s.ptr + 1) * 60 + (int64_t)two_digits(s.ptr + 4);
    *ns = (s.ptr[0] == '-' ? -minutes : minutes) * 60 * PYR_NS_PER_S;
    return true;
}

static bool rfc3339_ns(struct pyr_str s, int64_t *ns)
{
    int64_t date, zone, fraction = 0;
    if (!looks_like(s, "dddd-dd-ddTdd:dd:dd") || !date_ns(s.ptr, 5, 8, &date))
        return false;
    const int64_t seconds =
        (int64_t)two_digits(s.ptr + 11) * 3600 + (int64_t)two_digits(s.ptr + 14) * 60 + (int64_t)two_digits(s.ptr + 17);
    size_t at = 19;
    if (at < s.len && s.ptr[at] == '.') {
        const size_t first = ++at;
        while (at < s.len && is_digit(s.ptr[at]))
            at++;
        if (!fraction_ns((struct pyr_str){s.ptr + first, at - first}, &fraction))
            return false;
    }
    if (!zone_ns((struct pyr_str){s.ptr + at, s.len - at}, &zone))
        return false;
    *ns = pyr_add_saturating(pyr_add_saturating(date, seconds * PYR_NS_PER_S), fraction - zone);
    return true;
}

static int64_t unit_seconds(struct pyr_str unit)
{
    if (unit.len == 0)
        return 0;
    switch (unit.ptr[0]) {
    case 's':
        return 1;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    case 'w':
        return 7 * 86400;
    case 'y':
        return 365 * 86400;
    case 'M':
        return 30 * 86400;
    case 'm':
        return pyr_str_starts(unit, PYR_STR("mon")) ? 30 * 86400 : 60;
    default:
        return 0;
    }
}

/* "1h30m" */
static int64_t offset_ns(struct pyr_str s)
{
    int64_t sum = 0;
    for (size_t i = 0; i < s.len;) {
        const size_t number = i;
        while (i < s.len && is_digit(s.ptr[i]))
            i++;
        const size_t unit = i;
        while (i < s.len && !is_digit(s.ptr[i]))
            i++;
        int64_t n = 0;
        if (unit > number && !pyr_str_to_i64((struct pyr_str){s.ptr + number, unit - number}, &n))
            n = INT64_MAX;
        const int64_t seconds = pyr_mul_saturating(n, unit_seconds((struct pyr_str){s.ptr + unit, i - unit}));
        sum = pyr_add_saturating(sum, pyr_mul_saturating(seconds, PYR_NS_PER_S));
    }
    return sum;
}

static int64_t relative_ns(struct pyr_str s, int64_t now_ns)
{
    size_t at = 0;
    while (at < s.len && s.ptr[at] != '+' && s.ptr[at] != '-')
        at++;
    if (at == s.len)
        return now_ns;
    const int64_t offset = offset_ns((struct pyr_str){s.ptr + at + 1, s.len - at - 1});
    return pyr_add_saturating(now_ns, s.ptr[at] == '-' ? -offset : offset);
}

int64_t pyr_time_arg_precise(struct pyr_str in, int64_t now_ns, bool *finer)
{
    const struct text t = strip(in);
    const struct pyr_str s = {t.bytes, t.len};
    int64_t ns;
    *finer = false;
    if (all_digits(s)) {
        if (s.len == 8 && date_ns(s.ptr, 4, 6, &ns))
            return ns;
        ns = epoch_ns(s);
    } else if (!decimal_ns(s, &ns) && !rfc3339_ns(s, &ns)) {
        return relative_ns(s, now_ns);
    }
    *finer = ns % PYR_NS_PER_S != 0 && ns != INT64_MAX;
    return ns;
}

int64_t pyr_time_arg(struct pyr_str text, int64_t now_ns)
{
    bool finer;
    return pyr_time_arg_precise(text, now_ns, &finer);
}
