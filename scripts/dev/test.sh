#!/usr/bin/env bash
# ./dev test [--all | --quick]
# Builds with GCC and runs the unit tests, the simulation, every fuzz target for some seconds, and on a real Docker Engine the
# functional tests and the hostile tenants. --quick: unit tests only. --all (CI=true means it): also both sanitizers, interop,
# the crash matrix, volumes in a small machine, and warnings are errors. What computes runs in the background of what waits,
# and is shown after it. The last line counts; a skip says above what was missing.
set -euo pipefail
source scripts/dev/lib.sh
source scripts/dev/engine.sh

scope=usual
in_ci && scope=all
case "${1:-}" in
    --all) scope=all ;;
    --quick) scope=quick ;;
    -h | --help) show_help "$0"; exit 0 ;;
    "") ;;
    *) usage_error "test: unknown option $1" ;;
esac

logs=build/test-logs
rm -rf "$logs"
mkdir -p "$logs"

# stage NAME COMMAND…: runs it with its output shown and kept. The counts are its own ("N passed, N failed, N skipped" or
# doctest's lines, and what a unit test says that it skips) where it prints them; else the stage itself counts as one.
stage() {
    local name="$1" status=0 started=$SECONDS counts p f s
    shift
    say "$name"
    "$@" 2>&1 | tee "$logs/$name.log" || status=$?
    counts="$(awk '
        { gsub(/\033\[[0-9;]*m/, "") }
        /test cases:/ { gsub(/[^0-9|]/, ""); split($0, n, "|"); p += n[2]; f += n[3]; s += n[4] }
        /^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3; s += $5 }
        /^([0-9]+: )?SKIP: / { p--; s++ }
        END { print p + 0, f + 0, s + 0 }' "$logs/$name.log")"
    read -r p f s <<<"$counts"
    if [[ $status -ne 0 && $f -eq 0 ]]; then f=1; fi
    if [[ $status -eq 0 && $((p + f + s)) -eq 0 ]]; then p=1; fi
    echo "$p $f $s" >"$logs/$name.counts"
    say "$name: $p passed, $f failed, $s skipped, $((SECONDS - started)) s"
}

unit_tests() { # unit_tests TREE [FOLDER…]: all folders, or these
    local tree="$1" pattern
    shift
    build_tree "$tree" "${@/%/_tests}"
    pattern="$(IFS='|'; echo "$*")"
    ctest --test-dir "build/$tree" --label-regex unit --verbose --no-tests=error --parallel "$(nproc)" \
        ${pattern:+--tests-regex "^unit\\.($pattern)\$"}
}

# Threads meet in few places; the rest of the program is one thread's business, and slow under this sanitizer.
threaded=(util net daemon local)

# What computes, at a low priority beside what mostly waits for containers, relays and clocks.
compute() {
    renice --priority 10 --pid "$BASHPID" >/dev/null
    need_packages build sanitize
    if [[ $scope == all ]]; then
        stage unit-asan unit_tests asan
        stage unit-tsan unit_tests tsan "${threaded[@]}"
    fi
    stage fuzz bash scripts/dev/fuzz.sh 4
    stage sim bash scripts/dev/sim.sh --seeds "$([[ $scope == all ]] && echo 10000 || echo 1000)"
}

wait_for_real_parts() {
    stage functional bash scripts/dev/functional.sh
    stage tenants bash scripts/dev/tenants.sh
    [[ $scope == all ]] || return 0
    stage interop bash scripts/dev/interop.sh
    stage crash bash scripts/dev/crash.sh
    stage vm bash scripts/dev/vm.sh
}

expected=(unit-gcc)
if [[ $scope == quick ]]; then
    stage unit-gcc unit_tests release
else
    need_packages build
    engine_start # one for all stages
    stage unit-gcc unit_tests release
    build_tree release berth berth_sim
    expected+=(functional tenants fuzz sim)
    [[ $scope != all ]] || expected+=(interop crash vm unit-asan unit-tsan)
    say "in the background: fuzz, sim$([[ $scope != all ]] || echo ", unit-asan, unit-tsan"); shown at the end"
    compute >"$logs/background.log" 2>&1 &
    background=$!
    wait_for_real_parts
    wait "$background" || true
    cat "$logs/background.log"
fi

passed=0 failed=0 skipped=0
for name in "${expected[@]}"; do
    read -r p f s <"$logs/$name.counts" || { p=0 f=1 s=0; echo "$name did not come to its end"; }
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [[ $f -eq 0 ]] || echo "failed: $name ($logs/$name.log)"
done
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
