#!/usr/bin/env bash
# The public consumer client, unchanged,, by cargo. Prints its folder; the program is bin/paygress-cli.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

install() { cargo install paygress-cli --version 0.1.9 --locked --root "$1" --target-dir "$1/target" && rm -rf "$1/target"; }

[[ -e "$peers/paygress-cli-0.1.9/.done" ]] || need_cargo 1.85
provide paygress-cli-0.1.9 install
