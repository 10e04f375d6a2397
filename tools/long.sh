#!/usr/bin/env bash
# long.sh RESULTS: what takes longer than a change may wait for: fuzzing, more kills, more load, the clients for minutes.
set -uo pipefail
cd "$(dirname "$0")/.."
results=${1:-$PWD/build/results/long}
mkdir -p "$(dirname "$results")"
status=0
minutes() { awk "BEGIN{printf \"%.1f\", ($(date +%s)-$1)/60}"; }
timed() { # NAME COMMAND...
    local name=$1 started
    shift
    started=$(date +%s)
    "$@" || { echo "long: $name: FAILED"; status=1; }
    echo "long: $name: $(minutes "$started") minutes"
}
timed fuzz tools/fuzz.sh all "${LONG_FUZZ_MINUTES:-5}"
timed kill env PYROSCOPE_KILLS=1000 /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/e2e/test_kill.py --junitxml="$results-kill.xml"
timed clients env PYROSCOPE_CLIENT_SECONDS=120 /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/clients --junitxml="$results-clients.xml"
timed load tools/bench.sh load
exit $status
