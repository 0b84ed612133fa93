#!/usr/bin/env bash
# ./dev deb
# Makes build/berth_VERSION_ARCH.deb of the release, looks into it, and runs the program that it holds.
set -euo pipefail
source scripts/dev/lib.sh

if [[ "${1:-}" == --help || "${1:-}" == -h ]]; then show_help "$0"; exit 0; fi
[[ $# -eq 0 ]] || usage_error "deb: unknown option $1"
need_packages build deb
build_tree release berth
rm -f build/*.deb
say "packing"
(cd build && cpack --config release/CPackConfig.cmake >package.log 2>&1) || { cat build/package.log >&2; die "cpack failed"; }
package=(build/berth_*.deb)

look="$(mktemp -d)"
trap 'rm -rf "$look"' EXIT
dpkg-deb --extract "${package[0]}" "$look"
for file in usr/bin/berth lib/systemd/system/berth.service usr/share/doc/berth/berth.example.toml etc/berth/templates/nostr-relay.toml; do
    [[ -s "$look/$file" ]] || die "${package[0]} has no /$file"
done
"$look/usr/bin/berth" --version
dpkg-deb --info "${package[0]}" | sed -n 's/^ \(Depends\|Version\|Installed-Size\)/  \1/p'
say "install it with: apt install ./${package[0]}"
