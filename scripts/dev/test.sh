#!/usr/bin/env bash
# ./dev test [--all | --quick]
# Builds with GCC and runs the unit tests, the simulation, every fuzz target for some seconds, and on a real Docker Engine the
# functional tests and the hostile tenants. --quick: unit tests only. --all (CI=true means it): also clang, both sanitizers,
# interop, the crash matrix, volumes in a small machine, and warnings are errors. The last line counts; a skip says above what
# was missing.
set -euo pipefail
source scripts/dev/lib.sh

scope=usual
in_ci && scope=all
case "${1:-}" in
    --all) scope=all ;;
    --quick) scope=quick ;;
    -h | --help) show_help "$0"; exit 0 ;;
    "") ;;
    *) usage_error "test: unknown option $1" ;;
esac

passed=0 failed=0 skipped=0 failures=()
logs=build/test-logs
mkdir -p "$logs"

# stage NAME COMMAND…: runs it with its output shown and kept. The counts are its own ("N passed, N failed, N skipped" or
# doctest's lines) where it prints them; else the stage itself counts as one.
stage() {
    local name="$1" status=0 started=$SECONDS counts p f s
    shift
    say "$name"
    "$@" 2>&1 | tee "$logs/$name.log" || status=$?
    counts="$(awk '
        { gsub(/\033\[[0-9;]*m/, "") }
        /test cases:/ { gsub(/[^0-9|]/, ""); split($0, n, "|"); p += n[2]; f += n[3]; s += n[4] }
        /^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3; s += $5 }
        END { print p + 0, f + 0, s + 0 }' "$logs/$name.log")"
    read -r p f s <<<"$counts"
    if [[ $status -ne 0 && $f -eq 0 ]]; then f=1; fi
    if [[ $status -eq 0 && $((p + f + s)) -eq 0 ]]; then p=1; fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [[ $f -eq 0 ]] || failures+=("$name ($logs/$name.log)")
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

# Compiled beside the tests that mostly wait. A failure shows, with its output, in the stage that needs the tree.
build_sanitizers_ahead() {
    need_packages build sanitize
    (
        renice --priority 19 --pid "$BASHPID"
        build_tree asan
        [[ $scope != all ]] || build_tree tsan "${threaded[@]/%/_tests}"
    ) >"$logs/ahead.log" 2>&1 &
    ahead=$!
}

stage unit-gcc unit_tests release
if [[ $scope != quick ]]; then
    build_tree release berth berth_sim
    build_sanitizers_ahead
    stage functional bash scripts/dev/functional.sh
    stage tenants bash scripts/dev/tenants.sh
    wait "$ahead" || true
    stage sim bash scripts/dev/sim.sh --seeds "$([[ $scope == all ]] && echo 10000 || echo 1000)"
    stage fuzz bash scripts/dev/fuzz.sh 4
fi
if [[ $scope == all ]]; then
    stage vm bash scripts/dev/vm.sh
    stage unit-asan unit_tests asan
    stage unit-tsan unit_tests tsan "${threaded[@]}"
    stage interop bash scripts/dev/interop.sh
    stage crash bash scripts/dev/crash.sh
fi

for failure in "${failures[@]}"; do echo "failed: $failure"; done
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
