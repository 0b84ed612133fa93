#!/usr/bin/env bash
# Everything from npm (nostr-tools, cashu-ts, a relay), as tests/interop/node/package-lock.json has it. Prints its folder.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

source_folder=tests/interop/node
name="node-$(cat "$source_folder"/package{,-lock}.json | sha256sum | cut -c1-8)"

install() {
    cp "$source_folder"/package{,-lock}.json "$1"
    (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund)
}

need_node 20
provide "$name" install
