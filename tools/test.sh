#!/usr/bin/env bash
# test.sh - runs the suites one after the other; each leaves JUnit XML in build/results, the last line sums them up.
# A suite whose toolchain is missing counts as skipped, or with CI=true as failed.
set -uo pipefail
cd "$(dirname "$0")/.."
source tools/setup.sh

SUITES=(lint unit tsan fuzz e2e clients page)
LONG_SUITES=(long)
RESULTS=$PWD/build/results
PYTHON=/usr/bin/python3
JOBS=$(nproc)

note_skip() { # SUITE WHY
    if [ "${CI:-}" = true ]; then
        echo "$1: FAILED: $2" && echo failed >"$RESULTS/$1.lone"
    else
        echo "$1: skipped: $2" && echo skipped >"$RESULTS/$1.lone"
    fi
}

node_is_new_enough() { command -v node >/dev/null && [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" = true ]; }

run_ctest() { # PRESET SUITE [CTEST ARGUMENTS]
    local preset=$1 suite=$2
    shift 2
    cmake --preset "$preset" >"build/$preset.configure.log" 2>&1 || { cat "build/$preset.configure.log"; return 1; }
    cmake --build "build/$preset" -- -k 0 >"build/$preset.build.log" 2>&1 || { grep -E 'error|FAILED' -A4 "build/$preset.build.log" | head -n 60; return 1; }
    ctest --test-dir "build/$preset" -j "$JOBS" --output-on-failure --output-junit "$RESULTS/$suite.xml" "$@" | tail -n 400 >"build/$preset.test.log"
    local status=${PIPESTATUS[0]}
    [ "$status" -eq 0 ] || cat "build/$preset.test.log"
    return "$status"
}

suite_lint() { tools/lint.sh; }
suite_unit() { UBSAN_OPTIONS=print_stacktrace=1 run_ctest asan unit; }
suite_tsan() { TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1" run_ctest tsan tsan; }
suite_fuzz() { tools/fuzz.sh all "${FUZZ_SECONDS:-8}s"; }
suite_e2e() {
    ./dev build >/dev/null || return 1
    "$PYTHON" -m pytest -q -x --maxfail=20 -p no:cacheprovider tests/e2e --junitxml="$RESULTS/e2e.xml"
}
suite_clients() {
    if ! command -v go >/dev/null; then note_skip clients "go (1.23 or later) is not on the PATH"; return 0; fi
    "$PYTHON" -m pytest -q -p no:cacheprovider tests/clients --junitxml="$RESULTS/clients.xml"
}
suite_page() {
    if ! node_is_new_enough; then note_skip page "node (20 or later) is not on the PATH"; return 0; fi
    tools/page.sh test "$RESULTS/page"
}
suite_long() { tools/long.sh "$RESULTS/long"; }

wanted=()
for argument in "$@"; do
    case "$argument" in
    --long) SUITES+=("${LONG_SUITES[@]}") ;;
    --list) printf '%s\n' "${SUITES[@]}" "${LONG_SUITES[@]}"; exit 0 ;;
    *) wanted+=("$argument") ;;
    esac
done
[ ${#wanted[@]} -eq 0 ] && wanted=("${SUITES[@]}")

mkdir -p build
rm -rf "$RESULTS" && mkdir -p "$RESULTS"
setup_test || exit 1
times=()
for suite in "${wanted[@]}"; do
    declare -F "suite_$suite" >/dev/null || { echo "test: no suite '$suite'; there are: ${SUITES[*]} ${LONG_SUITES[*]}" >&2; exit 2; }
    echo "=== $suite"
    started=$(date +%s)
    if ! "suite_$suite"; then echo failed >"$RESULTS/$suite.lone"; fi
    [ -e "$RESULTS/$suite.lone" ] || ls "$RESULTS/$suite"*.xml >/dev/null 2>&1 || echo passed >"$RESULTS/$suite.lone"
    times+=("$(printf '%-8s %5.1f minutes' "$suite" "$(awk "BEGIN{print ($(date +%s)-$started)/60}")")")
done
printf '=== time\n'
printf '%s\n' "${times[@]}"
exec "$PYTHON" tools/count_results.py "$RESULTS"
