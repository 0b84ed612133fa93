#!/usr/bin/env bash
# ./dev vm [volumes | story]
# Tenants' volumes on a kernel with dm-crypt: Debian's cloud kernel under QEMU, which needs no KVM. `volumes`: the test program
# alone, and a power cut at every step. `story`: berth and a real Docker Engine, a reboot in the middle, then the disk is searched
# for the key. Default: both. Nothing of this machine's own kernel, loop devices or disks is used.
set -euo pipefail
source scripts/dev/lib.sh
source scripts/dev/vm_lib.sh
parts=(volumes story)
case "${1:-}" in
    -h | --help) show_help "$0"; exit 0 ;;
    volumes | story) parts=("$1") ;;
    "") ;;
    *) usage_error "vm: unknown part $1" ;;
esac

need_packages vm docker test
root="$(pwd)/build/vm"
mkdir -p "$root"

# The first program of the machine. Its root file system is in memory; /dev/vda outlives a power cut.
write_init() {
    cat >"$1" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t tmpfs state /state
while read -r module; do insmod "/modules/$module" || echo "insmod $module failed"; done </modules.list
mount -t ext4 /dev/vda /disk
echo boot >>/disk/boots
sync
[ "$(wc -l </disk/boots)" -le 12 ] || { echo "it boots again and again"; poweroff -f; }
exec sh /part
INIT
    chmod 755 "$1"
}

run_volumes() {
    local tree="$root/volumes" marker="VOLUMES DONE"
    build_tree release berth_vm_tests
    rm -rf "$tree"
    make_base "$tree" loop dm-crypt xts virtio-rng virtio_pci virtio_blk ext4 crc32c_generic
    with_libraries "$tree" build/release/tests/berth_vm_tests /bin/berth_vm_tests
    strip "$tree/bin/berth_vm_tests" # unpacked at each boot, by an emulated processor
    for program in mkfs.ext4 debugfs cryptsetup; do with_libraries "$tree" "/sbin/$program" "/sbin/$program"; done
    cp /etc/mke2fs.conf "$tree/etc/"
    write_init "$tree/init"
    cat >"$tree/part" <<PART
if [ ! -e /disk/cuts ]; then berth_vm_tests -nc -nss -tse="power cut" || poweroff -f; fi
mkdir -p /disk/volumes
berth_vm_tests -nc -nss -ts="power cut" && echo "$marker"
poweroff -f
PART
    make_disk "$root/volumes.disk" 256M
    boot "$tree" 768 "$root/volumes.disk" "$marker"
}

# The root that the Engine lives in is a disk of its own: runc can't pivot away from an initramfs.
make_story_root() {
    local tree="$1" program
    for program in dockerd containerd containerd-shim-runc-v2 runc docker-init docker-proxy cryptsetup mkfs.ext4 debugfs; do
        with_libraries "$tree" "$(command -v "$program" || echo "/sbin/$program")" "$(story_path "$program")"
    done
    with_libraries "$tree" build/release/berth /bin/berth
    strip "$tree/bin/berth"
    copy_python "$tree"
    cp /etc/mke2fs.conf "$tree/etc/"
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$tree/etc/passwd"
    printf 'root:x:0:\n' >"$tree/etc/group"
    printf '127.0.0.1 localhost\n' >"$tree/etc/hosts"
    mkdir -p "$tree/tests"/{functional,vm}
    cp tests/functional/{harness,checks,loopback,engine,firewall}.py "$tree/tests/functional/"
    cp tests/vm/story.py "$tree/tests/vm/"
}

story_path() { case "$1" in mkfs.ext4 | debugfs) echo "/sbin/$1" ;; *) echo "/bin/$1" ;; esac; }

run_story() {
    local tree="$root/story" guest="$root/story-root" marker="STORY DONE"
    build_tree release berth
    rm -rf "$tree" "$guest"
    make_base "$tree" loop dm-crypt xts virtio-rng virtio_pci virtio_blk ext4 crc32c_generic bridge veth \
        nf_tables nft_ct nft_fib_inet # for the firewall of leases
    mkdir -p "$guest"/{bin,sbin,dev,proc,sys,run,tmp,etc/docker,root,disk,var}
    cp /bin/busybox "$guest/bin/busybox"
    make_story_root "$guest"
    write_init "$tree/init"
    # Made for this run alone, never on the machine's disks: the consumer's file is in memory.
    head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=' >"$tree/volume.key"
    cat >"$tree/part" <<'PART'
mount -t ext4 -o ro,noload /dev/vdb /mnt
umount /disk
mount -t ext4 /dev/vda /mnt/disk
for name in proc sys dev run; do mount --move "/$name" "/mnt/$name"; done
cp /volume.key /mnt/run/volume.key
exec switch_root /mnt /bin/busybox sh /start
PART
    cat >"$guest/start" <<PART
export PATH=/bin:/sbin:/usr/bin HOME=/tmp LANG=C.UTF-8 BERTH=/bin/berth
for directory in /tmp /etc/docker; do mount -t tmpfs tmp "\$directory"; done
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
hostname machine
PYTHONPATH=/tests/functional python3 /tests/vm/story.py && echo "$marker"
poweroff -f
PART
    ln -sfn ../run "$guest/var/run"
    "$guest/bin/busybox" --list | while read -r applet; do [[ -e "$guest/bin/$applet" ]] || ln -s busybox "$guest/bin/$applet"; done
    make_disk "$root/story.disk" 2G
    make_disk "$root/story-root.disk" 900M "$guest"
    boot "$tree" 1536 "$root/story.disk" "$marker" "$root/story-root.disk"
    say "searching the disk for the key"
    python3 tests/vm/search_disk.py "$root/story.disk" "$tree/volume.key"
}

fetch_kernel
if [[ ${#parts[@]} -eq 1 ]]; then
    "run_${parts[0]}"
    exit
fi
build_tree release berth berth_vm_tests
run_volumes >"$root/volumes.log" 2>&1 &
volumes=$!
run_story &
story=$!
failed=0
wait "$story" || failed=1
wait "$volumes" || failed=1
cat "$root/volumes.log"
exit "$failed"
