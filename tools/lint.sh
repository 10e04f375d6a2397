#!/usr/bin/env bash
# lint.sh [--fix]: formatting of all C files, and (without --fix) clang-tidy with the warnings of .clang-tidy.
set -uo pipefail
cd "$(dirname "$0")/.."
source tools/setup.sh
setup_test || exit 1
mapfile -t sources < <(git ls-files --cached --others --exclude-standard '*.c' '*.h' | grep -v '^src/codec/gen/')
if [ "${1:-}" = --fix ]; then
    clang-format-14 -i "${sources[@]}"
    if [ -d ui/node_modules ]; then (cd ui && npm run -s format); fi
    exit 0
fi
status=0
clang-format-14 --dry-run -Werror "${sources[@]}" || status=1
if [ ! -f build/asan/compile_commands.json ]; then cmake --preset asan >/dev/null || exit 1; fi
mapfile -t units < <(printf '%s\n' "${sources[@]}" | grep '^src/.*\.c$')
printf '%s\n' "${units[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy-14 -p build/asan --quiet 2>/dev/null >build/tidy.log || status=1
grep -E 'warning:|error:' build/tidy.log | sort -u | head -n 60
exit $status
