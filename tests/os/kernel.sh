#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Puts kernel and initramfs where ostree looks for them, and writes down what is installed. Run by
# mmdebstrap as a hook, while /proc, /sys and /dev are mounted in the tree: dracut needs them.
#
# usage: kernel.sh TREE OUT
set -euo pipefail

tree=${1:?usage: kernel.sh TREE OUT}
out=${2:?usage: kernel.sh TREE OUT}

record_packages() {
    dpkg-query --admindir="$tree/var/lib/dpkg" -W -f '${Package}\t${Version}\n' | LC_ALL=C sort \
        >"$out/packages.tsv"
}

# Kernel and initramfs beside the modules, where ostree looks for them.
install_kernel() {
    local version modules
    version=$(basename "$tree"/usr/lib/modules/*)
    modules=usr/lib/modules/$version
    mv "$tree/boot/vmlinuz-$version" "$tree/$modules/vmlinuz"
    mv "$tree/boot/config-$version" "$tree/$modules/config"
    # softdog is the only watchdog of this kernel; loaded this early it covers the initramfs too.
    chroot "$tree" dracut --quiet --force --no-hostonly --reproducible --gzip \
        --add ostree --add-drivers softdog "/$modules/initramfs.img" "$version"
    chmod 644 "$tree/$modules/initramfs.img"
    cp "$tree/$modules/initramfs.img" "$out/initramfs.img"
    echo "$modules" >"$out/kernel-dir"
    stat -c %s "$tree/$modules/vmlinuz" >"$out/kernel-size"
    rm -f "$tree"/{vmlinuz,initrd.img}{,.old}
}

record_packages
install_kernel
