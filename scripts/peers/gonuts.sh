#!/usr/bin/env bash
# The gonuts mint. Prints its folder; the program is bin/mint. It listens on all interfaces, so start it in a network namespace.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# `go install` cannot resolve the command's module, so it is built from a writable copy of the module's folder.
install() {
    local module
    module="$(cd "$1" && go mod download -json github.com/elnosh/gonuts@v0.4.0 | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')"
    cp -r "$module" "$1/source"
    chmod -R u+w "$1/source"
    (cd "$1/source" && go build -o "$1/bin/mint" ./cmd/mint)
    rm -rf "$1/source"
}

[[ -e "$peers/gonuts-0.4.0/.done" ]] || need_go 1.23
provide gonuts-0.4.0 install
