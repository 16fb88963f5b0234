/* SPDX-License-Identifier: MIT */
/* What Flatcar's update.conf says, in the words of our own configuration. Machines that come from
 * there, and tools that write it (AKS does), are understood without being changed.
 *
 * It is another program's file: keys that are not named here are none of our business. */
#pragma once

#include "base/ini-file.h"

/* The window that it describes is called so. */
#define UPDATE_CONF_WINDOW "locksmith"

typedef struct UpdateConf {
    char *owner;        /* the file that says SERVER=disabled: updates are somebody else's business;
                           NULL: they are ours */
    IniEntries entries; /* [reboot] strategy, and [window locksmith], at most */
} UpdateConf;

/* Reads /etc/flatcar/update.conf and /usr/share/flatcar/update.conf below root_fd; for each key the
 * first file that has it counts, and within a file the last line. Missing files are fine.
 *
 * REBOOT_STRATEGY: `reboot` and `off` are ours of the same name; `etcd-lock` is `external`, because
 * who asks for a lock must not find a whole fleet rebooting without one.
 * LOCKSMITHD_REBOOT_WINDOW_START ("[Sun..Sat ]HH:MM") and …_LENGTH (a Go duration, below 24 h, with
 * a weekday below 7 d), or the same without LOCKSMITHD_: both or neither.
 *
 * 0, or -ENOMEM. What is wrong with a value is among the problems, and the value not among the
 * entries. *ret is filled only on success, and then owned: update_conf_clear(). */
int update_conf_read(int root_fd, UpdateConf *ret, ProblemList *problems);

/* Frees and empties. NULL is fine. */
void update_conf_clear(UpdateConf *conf);

#define _cleanup_update_conf_ _cleanup_(update_conf_clear)
