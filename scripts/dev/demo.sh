#!/usr/bin/env bash
# ./dev demo [OPTION…]
# Builds berth, finds or starts a Docker Engine, and runs `berth demo`, which gets the options. Nothing is left running.
set -euo pipefail
source scripts/dev/lib.sh
source scripts/dev/engine.sh

if [[ "${1:-}" == --help || "${1:-}" == -h ]]; then show_help "$0"; exit 0; fi
build_tree release berth
need_packages image
engine_start
build/release/berth demo --docker "$BERTH_TEST_DOCKER" "$@"
