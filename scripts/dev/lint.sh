#!/usr/bin/env bash
# ./dev lint [--all | --format]
# Formatting, the style rules of tests/tidy_test.cpp, and clang-tidy on what changed against the main branch's last commit
# (--all: on every source; --format: no clang-tidy at all).
set -euo pipefail
source scripts/dev/lib.sh

scope=changed
case "${1:-}" in
    --all) scope=all ;;
    --format) scope=none ;;
    -h | --help) show_help "$0"; exit 0 ;;
    "") ;;
    *) usage_error "lint: unknown option $1" ;;
esac
need_packages build lint
failed=0

say "formatting"
git ls-files -z '*.cpp' '*.h' | xargs -0 -r clang-format-14 --dry-run -Werror 2>build/format.log ||
    { grep 'error:' build/format.log | cut -d: -f1 | sort | uniq -c >&2; echo "run ./dev fmt" >&2; failed=1; }

build_tree release tidy_tests
build/release/tests/tidy_tests || failed=1

if [[ $scope != none ]]; then
    if [[ $scope == all ]]; then mapfile -t sources < <(git ls-files 'src/*.cpp')
    else mapfile -t sources < <({ git diff --name-only --diff-filter=d HEAD~1 -- 'src/*.cpp'; git ls-files --others --exclude-standard 'src/*.cpp'; } | sort -u)
    fi
    say "clang-tidy on ${#sources[@]} files"
    mkdir -p build
    configure clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER=clang++-14
    [[ ${#sources[@]} -eq 0 ]] || run-clang-tidy-14 -quiet -p build/clang -j "$(nproc)" "${sources[@]/#/$PWD/}" 2>/dev/null || failed=1
fi
exit "$failed"
