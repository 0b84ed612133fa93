# shellcheck shell=bash
# What the subcommands share: messages, packages, build trees. Sourced with the project's root as working directory.

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'dev: %s\n' "$*" >&2; exit 1; }
usage_error() { printf 'dev: %s\n' "$*" >&2; exit 2; }

in_ci() { [[ "${CI:-}" == true ]]; }
have() { command -v "$1" >/dev/null 2>&1; }

# A header comment is its script's help: everything from line 2 to the first line that is not a comment.
show_help() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$1"; }

as_root() {
    if [[ $EUID -eq 0 ]]; then "$@"
    elif have sudo; then sudo -- "$@"
    else die "this needs root: run it as root, or install sudo ($*)"
    fi
}

package_installed() { [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]; }

# need_packages GROUP…: installs what is missing of these groups of packages.txt; asks apt nothing when all is there.
need_packages() {
    local group package missing=()
    for group in "$@"; do
        # shellcheck disable=SC2013
        for package in $(sed -n "s/^$group: //p" scripts/dev/packages.txt); do
            package_installed "$package" || missing+=("$package")
        done
    done
    [[ ${#missing[@]} -eq 0 ]] && return
    have apt-get || die "missing ${missing[*]}; this is no Debian, so install their equivalents yourself"
    say "installing ${missing[*]}"
    local quiet=(-qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
    as_root apt-get "${quiet[@]}" update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get "${quiet[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null ||
        die "apt-get could not install ${missing[*]}"
}

# configure TREE CMAKE-OPTION…: build/TREE, configured again only when the options differ from the last time. Lines for
# backtraces are all of the debugging information: the rest is a third of the time that compiling takes.
configure() {
    local tree="build/$1" wanted
    shift
    set -- "$@" "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG" -DCMAKE_CXX_FLAGS_DEBUG=-g1
    in_ci && set -- "$@" -DBERTH_WERROR=ON
    wanted="$*"
    if [[ ! -e "$tree/build.ninja" || "$(cat "$tree/.configured-with" 2>/dev/null)" != "$wanted" ]]; then
        say "configuring $tree"
        cmake -S . -B "$tree" -G Ninja -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@" >"$tree.log" 2>&1 ||
            { cat "$tree.log" >&2; die "cmake failed for $tree"; }
        printf '%s' "$wanted" >"$tree/.configured-with"
    fi
}

# build_tree release|clang|asan|tsan [TARGET…]. The asan tree also holds the fuzz targets, so its objects are instrumented once.
build_tree() {
    local tree="$1"
    shift
    need_packages build
    mkdir -p build
    case "$tree" in
        release) configure release -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER=g++ ;;
        clang) configure clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER=clang++-14 ;;
        asan)
            need_packages sanitize
            configure asan -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_CXX_FLAGS="-O1 -fsanitize=fuzzer-no-link" \
                -DBERTH_SANITIZE=address,undefined -DBERTH_FUZZ=ON
            ;;
        tsan)
            need_packages sanitize
            configure tsan -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_CXX_FLAGS=-O1 -DBERTH_SANITIZE=thread
            ;;
        *) usage_error "no build tree is called '$tree'" ;;
    esac
    say "building build/$tree ${*:-}"
    flock "build/$tree.lock" ninja -C "build/$tree" -j "${BERTH_JOBS:-$(nproc)}" "$@" >&2
}

# tree_has_target TREE TARGET: whether CMake made such a target there.
tree_has_target() { ninja -C "build/$1" -t targets all 2>/dev/null | grep -q "^$2: "; }
