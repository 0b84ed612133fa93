#!/usr/bin/env bash
# ./dev bench [OPTION…]
# Builds the release and measures it against a Docker Engine on this machine: each number beside its limit in the same
# run. Options go to the benchmark: --samples N, --quick, --json, --help, --only with one or several of
# reply containment pulls neighbours burst fsyncs memory start.
set -euo pipefail
source scripts/dev/lib.sh
source scripts/dev/engine.sh

if [[ "${1:-}" == --help || "${1:-}" == -h ]]; then show_help "$0"; exit 0; fi
build_tree release berth berth_bench
need_packages image test
have strace || need_packages bench
engine_start
build/release/berth_bench "$@"
