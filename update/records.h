/* SPDX-License-Identifier: MIT */
/* The root-owned records in /var/lib/azl: JSON files with a schema name, written all or nothing.
 *
 * They live in the stateroot's /var, so that they survive updates and rollbacks (a rollback takes
 * /etc back, never /var). A file that cannot be understood is reported and, by whoever may write,
 * kept aside as NAME.corrupt; it is never silently replaced. */
#pragma once

#include <gio/gio.h>
#include <json-c/json.h>

typedef struct Records Records;

/* Opens the records of a stateroot; does not fail: a directory that is not there yet is made by the
 * first write. `create` tries that at once. Free with records_free(). */
Records *records_open(int sysroot_fd, gboolean booted, const char *stateroot, gboolean create);
void records_free(Records *records);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Records, records_free)

/* The directory for a reader, who never makes it; or a negative errno. Borrowed. */
int records_existing_dir_fd(const Records *records);

/* The directory for a writer, made if it is missing; or a negative errno. Borrowed. */
int records_dir_fd(Records *records);

/* Loads record NAME and checks that its "schema" is `schema`. *ret is NULL when there is none;
 * owned. FALSE with ERROR_RECORD_CORRUPT when it is there and cannot be understood. */
gboolean records_load(Records *records, const char *name, const char *schema, json_object **ret,
                      GError **error);

/* Writes record NAME. On a full disk the reserve is given up first.
 * FALSE with ERROR_NO_SPACE_VAR or ERROR_RECORD_UNWRITABLE. */
gboolean records_save(Records *records, const char *name, json_object *record, GError **error);

/* Moves a damaged record to NAME.corrupt. */
gboolean records_keep_aside(Records *records, const char *name, GError **error);

/* Removes record NAME; not there is fine. */
gboolean records_remove(Records *records, const char *name, GError **error);

/* Converts an errno of a write in the records directory. Always returns FALSE. */
gboolean records_throw_errno(GError **error, int code, const char *name);

/* Makes sure that the reserve file is there, for a later rollback on a full disk. Best effort. */
void records_ensure_reserve(Records *records);

/* Gives the reserve up; TRUE when there was one. */
gboolean records_release_reserve(Records *records);
