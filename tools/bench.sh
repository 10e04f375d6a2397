#!/usr/bin/env bash
# bench.sh [NAME]: builds and runs every benchmark, or one; without NAME their output becomes bench/RESULTS.md.
set -uo pipefail
cd "$(dirname "$0")/.."
source tools/setup.sh
mkdir -p build
setup_test || exit 1
cmake --preset bench >build/bench.configure.log 2>&1 || { cat build/bench.configure.log; exit 1; }
cmake --build build/bench -- -k 0 >build/bench.build.log 2>&1 || { grep -E 'error|FAILED' -A4 build/bench.build.log | head -n 60; exit 1; }

run() { # NAME
    case "$1" in
    load) build/bench/bench/bench_load build/bench/pyroscope --folder "${BENCH_FOLDER:-build}" ;;
    page) [ -d ui/node_modules ] || (cd ui && npm ci --no-audit --no-fund --loglevel=error); (cd ui && PYROSCOPE_BIN=../build/bench/pyroscope node bench/paint.mjs) ;;
    *) "build/bench/bench/bench_$1" ;;
    esac
}

if [ $# -gt 0 ]; then
    run "$1"
    exit
fi
{
    echo "# Results"
    echo
    echo "Written by \`./dev bench\`. Ratios are taken within one run; absolute figures are of one shared two-core machine."
    for program in build/bench/bench/bench_* page; do
        name=${program##*/bench_}
        if [ "$name" = page ] && ! command -v node >/dev/null; then continue; fi
        printf '\n## %s\n\n`./dev bench %s`\n\n' "$name" "$name"
        run "$name" || echo "FAILED"
    done
} | tee bench/RESULTS.md
