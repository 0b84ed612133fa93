#!/usr/bin/env bash
# ./dev crash [--all]
# The crash matrix: the real daemon is killed right before and right after durable steps, restarted, and the money counted.
set -euo pipefail
source scripts/dev/lib.sh
source scripts/dev/engine.sh

if [[ "${1:-}" == --help || "${1:-}" == -h ]]; then show_help "$0"; exit 0; fi
build_tree release berth
need_packages test image
engine_start
python3 tests/functional/crash_matrix.py "$@"
