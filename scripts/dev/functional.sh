#!/usr/bin/env bash
# The functional tests alone, part of ./dev test: bash scripts/dev/functional.sh [NAME…]
# NAME runs tests/functional/NAME_test.py only. BERTH=path tests another binary than build/release/berth.
set -euo pipefail
source scripts/dev/lib.sh
source scripts/dev/engine.sh

build_tree release berth
need_packages test image podman
engine_start
python3 tests/functional/run.py --lanes 2 "$@"
