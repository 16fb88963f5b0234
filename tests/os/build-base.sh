#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Builds the base of the test OS: Debian packages -> bootable tree -> commit `base` in an archive
# repository. Slow (a minute or two), so the caller caches what it leaves in OUT:
#
#   repo/          archive repository holding the ref `base`
#   packages.tsv   name and version of every package, sorted
#   initramfs.img  a copy: releases that change the initramfs start from it
#   kernel-dir     where kernel and initramfs are in the tree; kernel-size: bytes of the kernel
#
# The same packages give the same commit checksum: every time stamp comes from SOURCE_DATE_EPOCH and
# everything that a build leaves behind (logs, caches, host names) is removed in layout.sh.
#
# usage: build-base.sh OUT    (as root; mounts stay inside mmdebstrap's own namespace)
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build-base.sh OUT}
suite=bookworm
export SOURCE_DATE_EPOCH=1767225600 # 2026-01-01
export LC_ALL=C.UTF-8 TZ=UTC
umask 022

# The machine's own package sources: what it was set up to reach is what it can reach.
apt_sources() {
    local file
    for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list \
        /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list; do
        [ -s "$file" ] || continue
        # a file with Debian's own archive, not just with packages for Debian
        if grep -Eq "^[^#]*\b$suite\b" "$file" && grep -Eq '^[^#]*\bmain\b' "$file"; then
            echo "$file"
            return
        fi
    done
    echo "error: no apt source for Debian $suite in /etc/apt" >&2
    return 1
}

packages() {
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/packages.txt" | paste -sd,
}

make_tree() {
    local sources
    sources=$(apt_sources)
    # INITRD=No: no initramfs when the kernel package is installed; kernel.sh makes the real one
    INITRD=No mmdebstrap --variant=essential --mode=root --format=directory \
        --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --include="$(packages)" \
        --customize-hook="$here/kernel.sh \"\$1\" $(printf %q "$out")" \
        "$suite" "$out/tree" "$sources"
    "$here/layout.sh" "$out/tree"
}

commit_tree() {
    ostree init --repo="$out/repo" --mode=archive
    ostree commit --repo="$out/repo" --branch=base --subject='base tree' --tree=dir="$out/tree" \
        --timestamp="@$SOURCE_DATE_EPOCH" --bootable
    rm -rf "$out/tree"
}

make_tree
commit_tree
