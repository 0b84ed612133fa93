#!/usr/bin/env bash
# A khatru relay: tests/interop/khatru, built. Prints its folder; the program is bin/relay.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

source_folder=tests/interop/khatru
name="khatru-0.19.1-$(cat "$source_folder"/{main.go,go.mod,go.sum} | sha256sum | cut -c1-8)"

install() { (cd "$source_folder" && go build -o "$1/bin/relay" .); }

[[ -e "$peers/$name/.done" ]] || need_go 1.24.1
provide "$name" install
