#!/usr/bin/env bash
# fuzz.sh [TARGET|all] [TIME]: TIME is minutes, or seconds with an s. Seeds: fuzz/seeds/<target>; what is found stays in
# build/fuzz/found/<target>, and the corpus grows in build/fuzz/corpus/<target>.
set -uo pipefail
cd "$(dirname "$0")/.."
source tools/setup.sh
target=${1:-all}
time=${2:-1}
case "$time" in *s) seconds=${time%s} ;; *) seconds=$((time * 60)) ;; esac
mkdir -p build
setup_test || exit 1
cmake --preset fuzz >build/fuzz.configure.log 2>&1 || { cat build/fuzz.configure.log; exit 1; }
cmake --build build/fuzz -- -k 0 >build/fuzz.build.log 2>&1 || { grep -E 'error|FAILED' -A4 build/fuzz.build.log | head -n 60; exit 1; }
status=0
for program in build/fuzz/fuzz/fuzz_*; do
    [ -x "$program" ] && [ -f "$program" ] || continue
    name=$(basename "$program")
    [ "$target" = all ] || [ "$target" = "$name" ] || [ "fuzz_$target" = "$name" ] || continue
    corpus=build/fuzz/corpus/$name
    found=build/fuzz/found/$name
    mkdir -p "$corpus" "$found"
    seeds=fuzz/seeds/${name#fuzz_}
    [ -d "$seeds" ] || seeds=
    if "$program" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -max_len=65536 -print_final_stats=1 -artifact_prefix="$found/" \
        "$corpus" ${seeds:+"$seeds"} >"build/fuzz/$name.log" 2>&1; then
        echo "$name: ok, $(grep -o 'number_of_executed_units: [0-9]*' "build/fuzz/$name.log" | grep -o '[0-9]*$') inputs in ${seconds} s"
    else
        echo "$name: FAILED, see build/fuzz/$name.log"
        tail -n 40 "build/fuzz/$name.log"
        status=1
    fi
done
exit $status
