/* SPDX-License-Identifier: MIT */
/* Starts a program on a socketpair: no shell, no inherited descriptors, a chosen environment. */
#pragma once

#include <sys/types.h>

/* Runs `program` (with `argv`, its name first) with one end of a new socketpair as its standard
 * input and output; standard error stays ours. It leads a process group of its own, so that the
 * terminal's Ctrl-C reaches only us and we can cancel in an orderly way. Of the environment it gets
 * a fixed PATH and locale, and what environment_names in spawn.c lists. *ret_pidfd and *ret_socket
 * are owned by the caller. 0, or a negative errno (-ENOENT: there is no such program). */
int spawn_on_socket(const char *program, char *const argv[], pid_t *ret_pid, int *ret_pidfd,
                    int *ret_socket);
