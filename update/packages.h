/* SPDX-License-Identifier: MIT */
/* The packages a commit says it is made of, in its metadata:
 * "azl.packages" a(ss): name, version; or rpm-ostree's "rpmostree.rpmdb.pkglist" a(sssss): name,
 * epoch, version, release, architecture. */
#pragma once

#include <json-c/json.h>
#include <ostree.h>

/* {"added":[{"name","to"}],"removed":[{"name","from"}],"changed":[{"name","from","to"}]}, by name.
 * NULL (JSON null) when one of the commits lists none. */
json_object *packages_diff(OstreeRepo *repo, const char *from, const char *to);
