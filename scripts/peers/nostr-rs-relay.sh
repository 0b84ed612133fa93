#!/usr/bin/env bash
# nostr-rs-relay, by cargo. Prints its folder; the program is bin/nostr-rs-relay. Takes 8 minutes on two cores.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Not --locked: the locked time crate does not compile with today's Rust.
install() { cargo install nostr-rs-relay --version 0.8.12 --root "$1" --target-dir "$1/target" && rm -rf "$1/target"; }

if [[ ! -e "$peers/nostr-rs-relay-0.8.12/.done" ]]; then
    need_cargo 1.85
    need_packages rust-peers
fi
provide nostr-rs-relay-0.8.12 install
