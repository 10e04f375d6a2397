#!/usr/bin/env bash
# page.sh build | test RESULTS: builds the page (ui/) into src/api/page.bin, or runs its tests: types, units, whether
# page.bin is what the sources build to, and the real browser against the real server.
set -uo pipefail
cd "$(dirname "$0")/.."
results=${2:-$PWD/build/results/page}
mkdir -p "$(dirname "$results")"
(cd ui && npm ci --no-audit --no-fund --loglevel=error) || exit 1
case "${1:-build}" in
build) cd ui && npm run -s build ;;
test)
    ./dev build >/dev/null || exit 1
    cd ui || exit 1
    status=0
    npm run -s check || status=1
    npm run -s check-page || status=1
    npx vitest run --project unit --reporter=default --reporter=junit --outputFile.junit="$results-unit.xml" || status=1
    PYROSCOPE_BIN=$PWD/../build/release/pyroscope \
        npx vitest run --project e2e --reporter=default --reporter=junit --outputFile.junit="$results-e2e.xml" || status=1
    exit $status
    ;;
esac
