/* SPDX-License-Identifier: MIT */
#include "update/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/macro.h"
#include "update/error.h"
#include "update/records.h"
#include "update/space.h"

#define BOOT_RESERVE "azl-reserve"
#define BOOT_SIZE    (128 * 1024)

/* boot entries and links are a few blocks; a reserve that would itself fill /boot helps nobody. */
#define BOOT_FREE_MIN (1024 * 1024)

static int open_boot(Job *job)
{
    return openat(ostree_sysroot_get_fd(job->sysroot), "boot", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void ensure_in_boot(Job *job)
{
    _cleanup_close_ int boot = open_boot(job);
    struct stat st;

    if (boot < 0 || fstatat(boot, BOOT_RESERVE, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
        space_of(job, "boot").free < BOOT_FREE_MIN)
        return;
    _cleanup_close_ int fd =
        openat(boot, BOOT_RESERVE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && posix_fallocate(fd, 0, BOOT_SIZE) != 0)
        (void)unlinkat(boot, BOOT_RESERVE, 0);
}

void reserve_ensure(Job *job)
{
    records_ensure_reserve(job->records);
    ensure_in_boot(job);
}

static gboolean give_up(Job *job)
{
    _cleanup_close_ int boot = open_boot(job);
    gboolean in_boot = boot >= 0 && unlinkat(boot, BOOT_RESERVE, 0) == 0;
    gboolean in_var = records_release_reserve(job->records);

    return in_boot || in_var;
}

gboolean reserve_retry(Job *job, RollbackWrite write, const Cast *cast, const RollbackPlan *plan,
                       GError **error)
{
    g_autoptr(GError) local = NULL;

    if (write(job, cast, plan, &local))
        return TRUE;
    if (update_error_id(local) == ERROR_NO_SPACE_SYSROOT && give_up(job)) {
        job_warning(job, "the disk is full: the space set aside for a rollback is used now");
        return write(job, cast, plan, error);
    }
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}
