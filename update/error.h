/* SPDX-License-Identifier: MIT */
/* The border between GError, which rules inside this room, and the error ids of base/. */
#pragma once

#include <gio/gio.h>

#include "base/error-id.h"

/* Errors of our own carry their ErrorId as code in this domain. */
#define UPDATE_ERROR (update_error_quark())
GQuark update_error_quark(void);

/* Sets *error to the id with a detail; always returns FALSE, so `return update_throw(…)`. */
gboolean update_throw(GError **error, ErrorId id, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Which id an error of libostree, GIO or our own means. Never ERROR_NONE. */
ErrorId update_error_id(const GError *error);

/* Is it worth trying the same transfer again? True for what networks and servers do in passing. */
gboolean update_error_is_transient(const GError *error);
