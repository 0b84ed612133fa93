#!/usr/bin/env bash
# ./dev build [--gcc | --clang | --asan | --tsan] [TARGET…]
# Compiles. --gcc, the default, leaves build/release/berth; --clang, --asan (clang, address and undefined behaviour;
# fuzz targets too) and --tsan (clang, threads) have trees of their own. BERTH_JOBS=N limits the compilers at work.
set -euo pipefail
source scripts/dev/lib.sh

tree=release
while [[ $# -gt 0 ]]; do
    case "$1" in
        --gcc) tree=release ;;
        --clang | --asan | --tsan) tree="${1#--}" ;;
        -h | --help) show_help "$0"; exit 0 ;;
        -*) usage_error "build: unknown option $1" ;;
        *) break ;;
    esac
    shift
done
build_tree "$tree" "$@"
[[ ! -x "build/$tree/berth" ]] || say "build/$tree/berth is ready"
