#!/usr/bin/env bash
# The cdk mint, by cargo, with its fake wallet. Prints its folder; the program is bin/cdk-mintd. Takes 11 minutes on two cores.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

install() { cargo install cdk-mintd --version 0.17.5 --locked --root "$1" --target-dir "$1/target" && rm -rf "$1/target"; }

if [[ ! -e "$peers/cdk-mintd-0.17.5/.done" ]]; then
    need_cargo 1.85
    need_packages rust-peers
fi
provide cdk-mintd-0.17.5 install
