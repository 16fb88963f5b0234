/* SPDX-License-Identifier: MIT */
/* Do the system extensions that this node runs with (systemd-sysext(8)) fit another release too?
 *
 * An extension names the release that it was made for. After an update to another one it is left
 * out without a word, and with it what the node is there for: Flatcar's containerd and Kubernetes
 * come this way. So they are compared before the reboot, by the rules of systemd 252. */
#pragma once

#include <stdbool.h>

/* An extension's name, or a value, is told up to 48 bytes. */
#define EXTENSION_DETAIL_MAX 224

/* Does an extension with this extension-release(5) file (NULL: it has none) fit the release with
 * this os-release(5)? Otherwise `why` says what differs, as in "the extension NAME …": "is for
 * VERSION_ID=1.0.0, the release is 1.1.0". Pure, but for uname(2). */
bool extension_fits(const char *os_release, const char *extension_release,
                    char why[static EXTENSION_DETAIL_MAX]);

/* Looks below `root_fd`, which stands for "/", for an extension that fits the release that runs,
 * and not the one in the directory `deployment` (an absolute path). Only those that fit now are in
 * use; what is not in use need not fit.
 *
 * Disk images are judged by what a merged one shows of itself in /usr, and not without. What is
 * part of the release (below /usr) is looked for in the new one, which may have done without it.
 * What cannot be read is not judged.
 *
 * 1: there is one, and *detail says "the extension NAME …"; 0: there is none; or the errno of
 * opening either release, or -ENOMEM. */
int extensions_check(int root_fd, const char *deployment, char detail[static EXTENSION_DETAIL_MAX]);
