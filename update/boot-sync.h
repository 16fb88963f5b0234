/* SPDX-License-Identifier: MIT */
#pragma once

#include <ostree.h>

/* Makes a change of /boot visible to a boot loader that replays no journal: syncfs and, where /boot
 * is a file system of its own, freeze and thaw. libostree does so once, before the swap of its
 * links; a crash within the journal's commit interval after the swap could still leave a machine
 * unbootable (ostree issue 3392, fixed in 2025.2). Best effort: what cannot be frozen is synced. */
void boot_sync(OstreeSysroot *sysroot);
