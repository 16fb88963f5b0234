/* SPDX-License-Identifier: MIT */
/* Ends the process while its work hangs.
 *
 * Libraries wait without looking up: libostree for its fetcher, gpgme for gpg. The thread that
 * watches cannot make them return, so it says how the job ended and ends the process. For what is
 * on the disk that is no other than SIGKILL, after which every step can be done again. */
#pragma once

#include <glib.h>

#include "base/error-id.h"

/* Names the line to the caller. Call before threads are started. */
void abandon_prepare(int line_fd);

/* Says on standard error where the threads hang, sends the end line unless there was one, and ends
 * the process with its exit code. */
_Noreturn void abandon(ErrorId id, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The first part of that, for who goes on: one line on standard error. */
void abandon_explain(const char *what);
