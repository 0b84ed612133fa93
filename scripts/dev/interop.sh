#!/usr/bin/env bash
# ./dev interop [--all] [NAME…]
# berth against programs that are not ours, on loopback: the public paygress-cli, a khatru relay, a nutshell mint, nostr-tools
# and cashu-ts. --all adds those that take long to build: cdk-mintd, nostr-rs-relay, gonuts. They stay in
# ${XDG_CACHE_HOME:-~/.cache}/berth/peers; one whose toolchain is missing is a SKIP that says how to get it. NAME runs NAME_test.py only.
set -euo pipefail
source scripts/dev/lib.sh
source scripts/dev/engine.sh

if [[ "${1:-}" == --help || "${1:-}" == -h ]]; then show_help "$0"; exit 0; fi
build_tree release berth
need_packages test image
engine_start
python3 tests/functional/run.py --folder tests/interop "$@"
