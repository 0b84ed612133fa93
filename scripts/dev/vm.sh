#!/usr/bin/env bash
# ./dev vm
# The volume tests on a kernel with dm-crypt: Debian's cloud kernel under QEMU, which needs no KVM, with the test program in
# an initramfs made on the spot. Nothing of this machine's own kernel, loop devices or disks is used.
set -euo pipefail
source scripts/dev/lib.sh
case "${1:-}" in
    -h | --help) show_help "$0"; exit 0 ;;
    "") ;;
    *) usage_error "vm: unknown option $1" ;;
esac

build_tree release berth_vm_tests
need_packages vm
root="$(pwd)/build/vm"
mkdir -p "$root"

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

# with_libraries FILE DESTINATION: a binary and the shared libraries it names.
with_libraries() {
    local library
    mkdir -p "$tree$(dirname "$2")"
    cp -L "$1" "$tree$2"
    for library in $(ldd "$1" | grep -oE '/[^ ]+'); do
        mkdir -p "$tree$(dirname "$library")"
        cp -Ln "$library" "$tree$library"
    done
}

make_initramfs() {
    local version module file tree="$root/tree"
    version="$(cat "$root/version")"
    rm -rf "$tree"
    mkdir -p "$tree"/{bin,dev,proc,sys,run,tmp,mnt,etc,state,modules}
    cp /bin/busybox "$tree/bin/busybox"
    for module in loop dm-crypt xts virtio-rng virtio_pci ext4 crc32c_generic; do
        /sbin/modprobe -d "$root/kernel" -S "$version" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
    done | awk '!seen[$0]++' >"$root/modules"
    while read -r file; do
        cp "$file" "$tree/modules/"
        basename "$file" >>"$tree/modules.list"
    done <"$root/modules"
    with_libraries build/release/tests/berth_vm_tests /bin/berth_vm_tests
    with_libraries /sbin/mkfs.ext4 /sbin/mkfs.ext4
    with_libraries /sbin/debugfs /sbin/debugfs
    # Loaded by name when a thread ends, so ldd does not list it.
    cp -L /lib/x86_64-linux-gnu/libgcc_s.so.1 "$tree/lib/x86_64-linux-gnu/"
    cp /etc/mke2fs.conf "$tree/etc/"
    cat >"$tree/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t tmpfs state /state
mkdir -p /run/cryptsetup
while read -r module; do insmod "/modules/$module" || echo "insmod $module failed"; done </modules.list
berth_vm_tests && echo "VM TESTS DONE"
poweroff -f
INIT
    chmod 755 "$tree/init"
    (cd "$tree" && find . | cpio --quiet -o -H newc) >"$root/initramfs"
}

fetch_kernel
make_initramfs
say "booting $(cat "$root/version")"
timeout 300 qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 768 \
    -kernel "$root/kernel/boot/vmlinuz-$(cat "$root/version")" -initrd "$root/initramfs" \
    -nodefaults -no-user-config -display none -serial stdio -monitor none -no-reboot -device virtio-rng-pci \
    -append "console=ttyS0 panic=-1 quiet tsc=reliable no_timer_check mitigations=off" </dev/null | tee "$root/console" ||
    die "the machine did not end in time"
grep -q "VM TESTS DONE" "$root/console" || die "the tests in the machine failed"
