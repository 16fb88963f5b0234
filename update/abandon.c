/* SPDX-License-Identifier: MIT */
#include "update/abandon.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "update/line.h"
#include "update/threads.h"

#define PATIENCE_MS 500

static int line_fd = -1;

void abandon_prepare(int fd)
{
    line_fd = fd;
}

/* Not by stdio: the thread that hangs may hold its lock. */
void abandon_explain(const char *what)
{
    g_autofree char *threads = threads_describe();
    g_autofree char *text = g_strdup_printf("azl-update: %s (threads: %s)\n", what, threads);

    (void)!write(STDERR_FILENO, text, strlen(text));
}

void abandon(ErrorId id, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    g_autofree char *detail = g_strdup_vprintf(format, ap);
    va_end(ap);

    g_autofree char *what =
        g_strdup_printf("the work hangs and is given up [%s]", error_id_name(id));
    abandon_explain(what);
    _exit(line_end_with_error(line_fd, id, detail, PATIENCE_MS));
}
