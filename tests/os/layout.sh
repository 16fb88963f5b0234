#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Turns a fresh Debian root into the shape that ostree deploys, in place.
#
# usage: layout.sh TREE
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tree=${1:?usage: layout.sh TREE}

# What belongs to one machine, or to the moment of the build, is not part of a release.
forget_build() {
    find "$tree"/{boot,dev,proc,run,sys} -xdev -mindepth 1 -delete
    rm -rf "$tree"/etc/{apt,hostname,resolv.conf,mtab,.pwd.lock,fstab}
    rm -f "$tree"/etc/{passwd,group,shadow,gshadow,subuid,subgid}-
    rm -rf "$tree"/etc/{init.d,rc?.d,cron.d,cron.daily,logrotate.d,logcheck}
    rm -f "$tree"/usr/bin/deb-systemd-*
    # Debian's housekeeping of dpkg and LVM has nothing to do here and would leave failed units
    rm -f "$tree"/etc/systemd/system/*.wants/{dpkg-db-backup,e2scrub_all,e2scrub_reap}.*
    : >"$tree/etc/machine-id"
    echo azl >"$tree/etc/hostname"
    ln -s ../proc/self/mounts "$tree/etc/mtab"
    : >"$tree/etc/fstab"
}

# Only /etc and /var are writable on the host, and /var starts empty: tmpfiles make what is needed.
move_state() {
    find "$tree/var" -mindepth 1 -delete
    rm -rf "${tree:?}"/{home,root,opt,srv,mnt,media,tmp,usr/local}
    ln -s var/home "$tree/home"
    ln -s var/roothome "$tree/root"
    ln -s var/opt "$tree/opt"
    ln -s var/srv "$tree/srv"
    ln -s var/mnt "$tree/mnt"
    ln -s run/media "$tree/media"
    ln -s sysroot/tmp "$tree/tmp"
    ln -s sysroot/ostree "$tree/ostree"
    ln -s ../var/usrlocal "$tree/usr/local"
    mkdir "$tree/sysroot"
    # these would make folders where we have links; azl-os.conf has what is needed of them
    rm "$tree"/usr/lib/tmpfiles.d/{home,provision,tmp}.conf
    cp -a --no-preserve=ownership,timestamps "$here/root/." "$tree/"
    mv "$tree/etc" "$tree/usr/etc"
}

forget_build
move_state
