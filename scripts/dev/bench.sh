#!/usr/bin/env bash
# ./dev bench [OPTION…]
# Builds the release and runs the benchmark against a Docker Engine on this machine: each number beside its limit.
set -euo pipefail
source scripts/dev/lib.sh
source scripts/dev/engine.sh

if [[ "${1:-}" == --help || "${1:-}" == -h ]]; then show_help "$0"; exit 0; fi
build_tree release
need_packages test image
engine_start
python3 tests/bench/run.py "$@"
