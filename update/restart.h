/* SPDX-License-Identifier: MIT */
/* Lets the worker do its request again from the start, in the same process, when a transfer hangs
 * inside libostree: exec ends all threads, releases every lock and descriptor, and keeps what
 * matters, the line to the caller. What had been fetched is there, as after a kill. */
#pragma once

#include <glib.h>

/* How far the transfer had come. */
typedef struct Resume {
    guint64 failures; /* attempts that count against the agreed number; 0: a fresh start */
    guint64 attempts; /* all of them */
    guint64 bytes;
    guint64 objects;
    gboolean deltas;
} Resume;

/* Remembers what a new start needs: the request line, the flag, and the line to the caller. Without
 * it there is none. */
void restart_prepare(const char *request, gsize length, gboolean private_mounts, int line_fd);

/* Starts anew. Returns only if that was impossible. From any thread. */
void restart_worker(const Resume *resume);

/* Takes over in the new process, from the descriptor that --resume named: *ret_request is owned by
 * the caller. 0, or a negative errno. */
int restart_read(int fd, char **ret_request, gsize *ret_length, Resume *ret);
