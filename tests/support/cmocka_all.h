/* cmocka_all.h - cmocka with the headers it wants before it. Included by the build in every test program. */
#ifndef PYR_TESTS_CMOCKA_ALL_H
#define PYR_TESTS_CMOCKA_ALL_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* relies on those above */
#endif
