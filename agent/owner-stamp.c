/* SPDX-License-Identifier: MIT */
#include "agent/owner-stamp.h"

#include "base/macro.h"

/* Those of update-conf.h. */
static const char *const paths[OWNER_FILES] = {"/etc/flatcar/update.conf",
                                               "/usr/share/flatcar/update.conf"};

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool owner_stamp_changed(OwnerStamp *stamp)
{
    bool changed = false;

    for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
        struct stat now = {0};

        if (stat(paths[i], &now) < 0)
            now = (struct stat){0}; /* not there */
        changed |= !is_same(&now, &stamp->files[i]);
        stamp->files[i] = now;
    }
    changed &= stamp->taken;
    stamp->taken = true;
    return changed;
}
