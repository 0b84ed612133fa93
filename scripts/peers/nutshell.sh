#!/usr/bin/env bash
# The nutshell mint and wallet from PyPI. Prints its folder; the programs are bin/mint and bin/cashu.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The package's own version ranges cannot be resolved: one Lightning back end, unused here, asks for versions that are gone, and
# three libraries have changed under it since.
install() {
    python3 -m venv "$1"
    "$1/bin/pip" install --quiet uv
    echo 'breez-sdk-spark==0.18.0' >"$1/override.txt"
    "$1/bin/uv" pip install --python "$1/bin/python" --override "$1/override.txt" cashu==0.20.3 'marshmallow<4' 'limits<4'
}

[[ -e "$peers/nutshell-0.20.3/.done" ]] || need_packages python-peers
provide nutshell-0.20.3 install
