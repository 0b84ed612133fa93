#!/usr/bin/env bash
# ./dev crash [--all] [--story NAME] [--jobs N]
# The crash matrix: the real daemon is killed right before and right after every durable step of some stories, restarted, and
# the money counted from outside. A spread of the kills; --all: every one, more second kills, and the long stories.
set -euo pipefail
source scripts/dev/lib.sh
source scripts/dev/engine.sh

if [[ "${1:-}" == --help || "${1:-}" == -h ]]; then show_help "$0"; exit 0; fi
build_tree release berth
need_packages test image
engine_start
python3 tests/functional/crash_matrix.py "$@"
