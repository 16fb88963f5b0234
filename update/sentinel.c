/* SPDX-License-Identifier: MIT */
#include "update/sentinel.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/macro.h"
#include "update/deployment.h"
#include "update/staged.h"

#define DIRECTORY "/run"
#define MARK      "reboot-required"
/* Which packages want the reboot; unattended-upgrades writes names here, too. */
#define WHO      "reboot-required.pkgs"
#define OUR_NAME "azl-agent\n"
#define MARK_MAX 4096

static gboolean is_due(Job *job)
{
    g_auto(Cast) cast = {0};

    if (!job->booted || !job_reload(job, NULL))
        return FALSE;
    cast_read(job, &cast);
    return (cast.staged && !staged_is_locked(cast.staged)) || cast.pending;
}

static gboolean is_ours(int run)
{
    _cleanup_free_ char *who = NULL;

    return file_read_at(run, WHO, MARK_MAX, &who, NULL) >= 0 && strcmp(who, OUR_NAME) == 0;
}

static int make(int run)
{
    static const char text[] = "*** A new release of the operating system waits for a reboot ***\n";

    int r = file_write_at(run, WHO, OUR_NAME, strlen(OUR_NAME), 0644);
    return r < 0 ? r : file_write_at(run, MARK, text, strlen(text), 0644);
}

static int take_away(int run)
{
    int r = file_remove_at(run, MARK);

    return r < 0 ? r : file_remove_at(run, WHO);
}

void sentinel_update(Job *job)
{
    _cleanup_close_ int run = open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = 0;

    if (run < 0 || !job->booted)
        return;
    gboolean there = faccessat(run, MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    if (is_due(job))
        r = there ? 0 : make(run);
    else if (there && is_ours(run))
        r = take_away(run);
    if (r < 0)
        job_warning(job, DIRECTORY "/" MARK ": %s, ignoring", g_strerror(-r));
}
