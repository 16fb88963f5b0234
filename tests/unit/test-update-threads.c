/* SPDX-License-Identifier: MIT */
#include "update/threads.h"

#include <string.h>

#include "tests/unit/leak.h"

static gint told_to_end;

static gpointer compute(gpointer data)
{
    while (!g_atomic_int_get(&told_to_end))
        ;
    return NULL;
}

/* What it sees is everybody but itself: it has a watcher's name. */
static gpointer watch(gpointer data)
{
    gboolean *waiting = data;

    for (int i = 0; i < 500 && *waiting != threads_are_waiting(); i++)
        g_usleep(10 * 1000);
    return GINT_TO_POINTER(*waiting == threads_are_waiting());
}

static gboolean is_seen(gboolean waiting)
{
    GThread *watcher = g_thread_new(THREAD_STALL, watch, &waiting);

    return GPOINTER_TO_INT(g_thread_join(watcher));
}

CLAIM(threads, who_sleeps_is_waiting)
{
    cr_assert(is_seen(TRUE));
}

CLAIM(threads, who_computes_is_not_waiting_and_spends_time)
{
    guint64 before = threads_cpu_ns();
    GThread *thread = g_thread_new("computes", compute, NULL);

    cr_assert(is_seen(FALSE));
    for (int i = 0; i < 500 && threads_cpu_ns() - before < 10 * 1000 * 1000; i++)
        g_usleep(10 * 1000);
    cr_assert_geq(threads_cpu_ns() - before, 10 * 1000 * 1000);
    g_atomic_int_set(&told_to_end, TRUE);
    g_thread_join(thread);
}

CLAIM(threads, a_description_names_all_but_watchers)
{
    g_autofree char *text = threads_describe();

    cr_assert(strstr(text, "test-update-thr"), "%s", text);
    cr_assert_null(strstr(text, THREAD_STALL));
}
