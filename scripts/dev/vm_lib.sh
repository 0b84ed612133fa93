# shellcheck shell=bash
# A small machine under QEMU: its kernel, an initramfs made on the spot, disks, and one boot to its end. One
# processor each: an emulated second one gains little, and two machines keep two real ones busy. Uses $root, where all
# of that is kept; the caller sets it.
# shellcheck disable=SC2154

kernel_package() { apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends:/ { print $2; exit }' || true; }

# The kernel is unpacked, never installed: it is the guest's, not this machine's.
fetch_kernel() {
    local package version
    package="$(kernel_package)"
    [[ -n "$package" && "$(cat "$root/package" 2>/dev/null)" == "$package" ]] && return
    as_root apt-get -qq update
    package="$(kernel_package)"
    [[ -n "$package" ]] || die "apt knows no cloud kernel"
    rm -rf "$root/kernel"
    mkdir -p "$root/kernel"
    (cd "$root/kernel" && apt-get download -q "$package" >/dev/null 2>&1 && dpkg-deb -x ./*.deb .) ||
        die "apt-get could not download $package"
    version="$(ls "$root/kernel/lib/modules")"
    /sbin/depmod -b "$root/kernel" "$version"
    printf '%s' "$version" >"$root/version"
    printf '%s' "$package" >"$root/package"
}

# with_libraries TREE FILE DESTINATION: a binary, and the shared libraries that it names.
with_libraries() {
    local library
    mkdir -p "$1$(dirname "$3")"
    cp -L "$2" "$1$3"
    for library in $(ldd "$2" 2>/dev/null | grep -oE '/[^ ]+'); do
        mkdir -p "$1$(dirname "$library")"
        cp -Ln "$library" "$1$library"
    done
    # Loaded by name when a thread ends, so ldd does not list it.
    mkdir -p "$1/lib/x86_64-linux-gnu"
    cp -Ln /lib/x86_64-linux-gnu/libgcc_s.so.1 "$1/lib/x86_64-linux-gnu/"
}

# copy_python TREE: the distribution's interpreter and its modules, without those that no test needs.
copy_python() {
    local library module
    library="$(/usr/bin/python3 -c 'import json; print(json.__path__[0].rsplit("/", 1)[0])')"
    with_libraries "$1" /usr/bin/python3 /usr/bin/python3
    mkdir -p "$1$library"
    tar -C "$library" -c --exclude=test --exclude=idlelib --exclude=tkinter --exclude=lib2to3 --exclude=ensurepip \
        --exclude=pydoc_data --exclude='config-*' --exclude=dist-packages . | tar -C "$1$library" -x
    for module in "$library"/lib-dynload/{_sqlite3,_hashlib,_socket,_json,_posixsubprocess}*.so; do
        [[ ! -e "$module" ]] || with_libraries "$1" "$module" "$module"
    done
}

# make_base TREE MODULE…: busybox, and the modules in the order in which they load.
make_base() {
    local tree="$1" version module file
    version="$(cat "$root/version")"
    shift
    mkdir -p "$tree"/{bin,sbin,dev,proc,sys,run,tmp,mnt,etc,state,disk,modules}
    cp /bin/busybox "$tree/bin/busybox"
    for module in "$@"; do
        /sbin/modprobe -d "$root/kernel" -S "$version" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
    done | awk '!seen[$0]++' >"$tree.modules"
    while read -r file; do
        cp "$file" "$tree/modules/"
        basename "$file" >>"$tree/modules.list"
    done <"$tree.modules"
}

# make_disk FILE SIZE [TREE]: an ext4 disk image, with a tree in it.
make_disk() {
    rm -f "$1"
    truncate -s "$2" "$1"
    /sbin/mkfs.ext4 -q -F -m0 -E lazy_itable_init=1,lazy_journal_init=1 ${3:+-d "$3"} "$1"
}

# boot TREE MEMORY DISK MARKER [READ-ONLY-DISK]: runs until the machine powers itself off; it may reboot. It must have printed MARKER.
boot() {
    local tree="$1" console="$1.console" version further=()
    version="$(cat "$root/version")"
    [[ -z "${5:-}" ]] || further=(-drive "file=$5,format=raw,if=none,id=fixed,readonly=on" -device "virtio-blk-pci,drive=fixed")
    (cd "$tree" && find . | cpio --quiet -o -H newc) >"$tree.initramfs"
    say "booting $version: $(basename "$tree")"
    timeout 600 qemu-system-x86_64 -accel tcg -cpu max -smp 1 -m "$2" \
        -kernel "$root/kernel/boot/vmlinuz-$version" -initrd "$tree.initramfs" \
        -nodefaults -no-user-config -display none -serial stdio -monitor none -device virtio-rng-pci \
        -drive "file=$3,format=raw,if=none,id=kept,cache=unsafe" -device virtio-blk-pci,drive=kept "${further[@]}" \
        -append "console=ttyS0 panic=-1 quiet tsc=reliable no_timer_check mitigations=off" </dev/null | tee "$console" ||
        die "the machine did not end in time"
    grep -q "$4" "$console" || die "the tests in the machine failed"
}
