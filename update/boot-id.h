/* SPDX-License-Identifier: MIT */
#pragma once

/* The kernel's random id of this boot (/proc/sys/kernel/random/boot_id), read once; "" if it cannot
 * be read. systemd-nspawn gives each boot of a container its own. Static. */
const char *boot_id(void);
