/* SPDX-License-Identifier: MIT */
/* Which settings of ours, and of the remotes that releases come from, are others in another
 * deployment: each has its own /etc, so a rollback brings back the settings of its time. */
#pragma once

#include <ostree.h>

/* Settings that differ between the /etc of the two deployments, as one line for people:
 * "/etc/azl/azl-agent.conf, /etc/ostree/remotes.d/azl.conf and 3 more". NULL when none do. Free
 * with g_free().
 *
 * Contents count, where links point, and whether a file may be executed. What is in both as its
 * release brought it is the release's, and no setting. Not looked at: hidden files, what is behind
 * a link, the contents of a file above 1 MiB, and what comes after the first 200 files. */
char *config_diff(OstreeSysroot *sysroot, OstreeDeployment *a, OstreeDeployment *b);
