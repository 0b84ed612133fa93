#!/usr/bin/env bash
# ./dev sim [--seeds N] [--first S]
# The real core on fake relays, mint, Engine, clock and disk, driven by a seed. A failing seed replays with --first S --seeds 1.
set -euo pipefail
source scripts/dev/lib.sh

if [[ "${1:-}" == --help || "${1:-}" == -h ]]; then show_help "$0"; exit 0; fi
build_tree release berth_sim
exec build/release/berth_sim "$@"
