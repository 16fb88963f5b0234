#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Boots a deployment folder as a system with systemd as PID 1. Started by tests/azltest/guest.py as
# the first process of a new mount and pid namespace: what is mounted here nobody else sees, and
# when this process dies everything dies with it.
#
# usage: guest.sh NAME SYSROOT DEPLOYMENT CMDLINE_FILE [NSPAWN OPTION...]
set -euo pipefail

name=$1 sysroot=$2 deployment=$3 cmdline=$4
shift 4
stateroot=$(basename "$(dirname "$(dirname "$deployment")")")

# nspawn wants the pure cgroup v2 tree; a cgroup of our own lets the guest manage what is below
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p "/sys/fs/cgroup/$name"
echo $$ >"/sys/fs/cgroup/$name/cgroup.procs"

# nspawn's own state; and the flag by which libostree knows a booted host
mount -t tmpfs tmpfs /run
: >/run/ostree-booted

# /run/azl-host/cmdline: what /proc/cmdline will be; nspawn cannot bind below /proc itself.
# LOCK: a guest that is killed must not leave a lock file beside the deployment.
# SECCOMP: nspawn's own filter would be seen by tests of filters.
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_LOCK=0 SYSTEMD_SECCOMP=0
exec systemd-nspawn --quiet --boot --directory="$deployment" --machine="$name" \
    --register=no --keep-unit --notify-ready=yes --console=pipe \
    --link-journal=no --resolv-conf=off --timezone=off \
    --bind="$sysroot:/sysroot:norbind" \
    --bind="$sysroot/boot:/boot" \
    --bind="$sysroot/ostree/deploy/$stateroot/var:/var" \
    --bind-ro="$deployment/usr:/usr" \
    --bind-ro=/run/ostree-booted:/run/ostree-booted \
    --bind-ro="$cmdline:/run/azl-host/cmdline" \
    "$@" </dev/null
