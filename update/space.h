/* SPDX-License-Identifier: MIT */
/* Will it fit? Asked before the first content object is fetched, and again before anything is
 * staged. */
#pragma once

#include "update/deployment.h"

typedef struct Space {
    guint64 free;
    guint64 total;
} Space;

/* Of the file system that holds `path` below the sysroot ("." or "boot"); zeros when it cannot be
 * read. */
Space space_of(Job *job, const char *path);

typedef struct SpaceNeed {
    guint64 sysroot;  /* bytes to be written to the repository and the deployment */
    guint64 boot;     /* bytes of kernel and initramfs to be written to /boot */
    guint64 download; /* bytes on the wire without a delta; 0: unknown */
} SpaceNeed;

/* What a commit needs, from its object alone: the sizes it lists (ostree commit --generate-sizes)
 * less the objects that are there or left by an interrupted pull, and its azl.boot-size. Where it
 * says nothing of /boot, the largest kernel that is there stands for it. */
gboolean space_estimate(Job *job, const Cast *cast, OstreeRepo *repo, const char *checksum,
                        SpaceNeed *ret, GError **error);

/* What a complete commit needs in /boot: nothing when one of the deployments has the same kernel.
 */
gboolean space_measure_boot(Job *job, const Cast *cast, const char *checksum, guint64 *ret,
                            GError **error);

/* ERROR_NO_SPACE_SYSROOT, ERROR_NO_SPACE_BOOT; the detail says how much is missing and what could
 * go. The fallback never could. */
gboolean space_require(Job *job, const Cast *cast, const SpaceNeed *need, GError **error);

/* Notes that a transfer ran out of space. */
void space_note_exhausted(Job *job);

/* Refuses a transfer until space has grown since the last one ran out: ERROR_NO_SPACE_YET. */
gboolean space_require_growth(Job *job, GError **error);
