/* SPDX-License-Identifier: MIT */
/* The kernel and initramfs of a commit, which libostree copies to /boot. */
#pragma once

#include <ostree.h>

typedef struct Kernel {
    char *version;  /* the directory in usr/lib/modules; NULL: the commit has no kernel */
    char *identity; /* the objects' checksums: equal where the files are */
    guint64 size;   /* bytes of all of them */
} Kernel;

/* Reads the file list of a complete commit. A commit without a kernel gives an empty Kernel. */
gboolean kernel_of_commit(OstreeRepo *repo, const char *checksum, Kernel *ret,
                          GCancellable *cancellable, GError **error);
gboolean kernel_equal(const Kernel *a, const Kernel *b);
void kernel_clear(Kernel *kernel);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Kernel, kernel_clear)

/* Bytes of the largest kernel directory in boot/ostree; 0 when there is none. */
guint64 kernel_largest_in_boot(int sysroot_fd);
