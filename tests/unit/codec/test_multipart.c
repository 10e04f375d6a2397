#include "codec/multipart.h"
#include <stdio.h>

#define TYPE "multipart/form-data; boundary="

/* "name(filename)=body;" of every part, or "error: ..." at the end. */
static void read_all(const char *type, const char *body, char *out, size_t size)
{
    struct pyr_multipart m;
    struct pyr_diag diag = {0};
    int len = 0;
    out[0] = '\0';
    pyr_err err = pyr_multipart_begin(&m, pyr_str_of(type), pyr_str_span(pyr_str_of(body)), &diag);
    while (err == PYR_OK) {
        struct pyr_multipart_part part;
        bool more;
        err = pyr_multipart_next(&m, &part, &more, &diag);
        if (err != PYR_OK || !more)
            break;
        len += snprintf(out + len, size - (size_t)len, "%.*s(%.*s)=%.*s;", PYR_STR_ARG(part.name),
                        PYR_STR_ARG(part.filename), PYR_STR_ARG(pyr_span_str(part.body)));
    }
    if (err != PYR_OK)
        snprintf(out + len, size - (size_t)len, "error: %s", diag.message);
}

static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *type, *body, *parts;
    } cases[] = {
        {TYPE "x", "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f\"\r\n\r\n1\r\n2\r\n--x--\r\n",
         "a(f)=1\r\n2;"},
        {TYPE "\"x y\"", "--x y\r\ncontent-disposition: form-data; NAME=a\r\nX: y\r\n\r\nb\r\n--x y--", "a()=b;"},
        {"Multipart/Form-Data; charset=utf-8; BOUNDARY=x", "--x\n\nb\n--x--", "()=b;"},
        {TYPE "x", "preamble\r\n--x \t\r\n\r\none\r\n--x\r\n\r\n\r\n--x--epilogue --x", "()=one;()=;"},
        {TYPE "x", "--x\r\n--x\r\n--x--", "()=;()=;"},
        {TYPE "x", "--x\r\n\r\n--xy\r\nno--x \r\n--x--", "()=--xy\r\nno--x ;"}, /* none of these is the delimiter */
        {TYPE "x", "--x\r\n\r\na\r\n--x-\r\n--x--", "()=a\r\n--x-;"},
        {TYPE "x", "--x\r\nContent-Disposition: form-data; name=\"a;b\\\"c\"; filename=\"\"\r\n\r\n\r\n--x--",
         "a;b\\\"c()=;"},
        {TYPE "x", "--x\r\nContent-Disposition: form-data; name=\"open\r\n\r\nz\r\n--x--", "open()=z;"},
        {TYPE "x", "--x--", ""},
        {TYPE "x", "", "error: multipart: no part begins at byte 0"},
        {TYPE "x", "--y\r\n", "error: multipart: no part begins at byte 0"},
        {TYPE "x", "--x\r\n\r\nbody", "error: multipart: the part that begins here has no end at byte 5"},
        {TYPE "x", "--x\r\n\r\na\r\n--x\r\n\r\nb",
         "()=a;error: multipart: the part that begins here has no end at byte 15"},
        {"multipart/form-data", "--x--", "error: multipart: the Content-Type names no boundary"},
        {TYPE, "--x--", "error: multipart: the Content-Type names no boundary"},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        char got[300];
        read_all(cases[i].type, cases[i].body, got, sizeof(got));
        assert_string_equal(got, cases[i].parts);
    }
}

static void test_content_types(void **state)
{
    (void)state;
    assert_true(pyr_is_multipart(PYR_STR("multipart/form-data; boundary=x")));
    assert_true(pyr_is_multipart(PYR_STR(" MULTIPART/form-data")));
    assert_false(pyr_is_multipart(PYR_STR("multipart/mixed")));
    assert_false(pyr_is_multipart((struct pyr_str){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms), cmocka_unit_test(test_content_types)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
