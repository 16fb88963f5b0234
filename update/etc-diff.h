/* SPDX-License-Identifier: MIT */
/* What people and programs changed in /etc against the release's defaults. */
#pragma once

#include <json-c/json.h>
#include <ostree.h>

/* Names listed per kind; the total counts all. */
#define ETC_NAMES_MAX 200

/* The edits in `from`'s /etc that `to`'s /etc does not have in the same form: what a rollback
 * leaves behind. `to` NULL: all edits. {"modified":[…],"added":[…],"removed":[…],"total":n}, names
 * relative to /etc. */
gboolean etc_diff(OstreeSysroot *sysroot, OstreeDeployment *from, OstreeDeployment *to,
                  json_object **ret, GCancellable *cancellable, GError **error);
