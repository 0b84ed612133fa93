#!/usr/bin/env bash
# The hostile tenants alone, part of ./dev test: bash scripts/dev/tenants.sh [NAME…]
# Real leases from which every attempt at the host, at others and at more than was bought must fail; each counts by itself.
# NAME runs tests/tenant/NAME_test.py only. BERTH=path tests another binary than build/release/berth.
set -euo pipefail
source scripts/dev/lib.sh
source scripts/dev/engine.sh

build_tree release berth
need_packages test image
engine_start
python3 tests/functional/run.py --folder tests/tenant "$@"
