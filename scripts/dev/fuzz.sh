#!/usr/bin/env bash
# ./dev fuzz [SECONDS] [TARGET…]
# Runs every fuzz target, or the named ones, for SECONDS each (default 60), from its corpus in tests/fuzz/corpus.
# What it finds new stays in build/asan/fuzz-corpus; an input that fails is kept beside it, and its path is printed.
set -euo pipefail
source scripts/dev/lib.sh

if [[ "${1:-}" == --help || "${1:-}" == -h ]]; then show_help "$0"; exit 0; fi
seconds="${1:-60}"
[[ $# -eq 0 ]] || shift
[[ "$seconds" =~ ^[0-9]+$ ]] || usage_error "fuzz: '$seconds' is no number of seconds"
targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
    for source in tests/fuzz/*_fuzz.cpp; do targets+=("$(basename "$source" _fuzz.cpp)"); done
fi
build_tree asan "${targets[@]/%/_fuzz}"

fuzz_one() {
    local name="$1" grown="build/asan/fuzz-corpus/$1" log="build/asan/fuzz-corpus/$1.log"
    mkdir -p "$grown" "tests/fuzz/corpus/$name"
    if "build/asan/fuzz/${name}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$grown-failure-" "$grown" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
        echo "ok    $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s"
    else
        echo "FAIL  $name: the end of $log:"
        tail -n 20 "$log"
        return 1
    fi
}

failed=0
running=0
for name in "${targets[@]}"; do
    if ((running == $(nproc))); then
        wait -n || failed=$((failed + 1))
        running=$((running - 1))
    fi
    fuzz_one "$name" &
    running=$((running + 1))
done
for ((; running > 0; running--)); do wait -n || failed=$((failed + 1)); done
echo "$((${#targets[@]} - failed)) passed, $failed failed"
[[ $failed -eq 0 ]]
