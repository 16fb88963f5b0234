/* SPDX-License-Identifier: MIT */
/* The deny list: releases that no update may bring back.
 *
 * Deny is by checksum always, and by version only within the same ref. It lives in /var, keyed so
 * that it outlives the bad deployment. A list that cannot be read refuses updates until it is
 * reset: a bad release must not return through a damaged file. It never refuses a status or a
 * rollback. */
#pragma once

#include <json-c/json.h>

#include "update/records.h"

#define DENY_SCHEMA "azl.deny/1"

typedef struct DenyList DenyList;

/* What is known of a release when it is looked up or added; borrowed; NULL where unknown. */
typedef struct Release {
    const char *checksum;
    const char *version;
    const char *ref; /* refspec: "remote:branch" */
} Release;

/* Reads the list; does not fail. Free with deny_list_free(). */
DenyList *deny_list_load(Records *records);
void deny_list_free(DenyList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DenyList, deny_list_free)

/* Why the list cannot be read; NULL when it can. Borrowed. */
const char *deny_list_damage(const DenyList *list);

/* All entries as docs/worker-protocol.md shows them; borrowed. */
json_object *deny_list_entries(const DenyList *list);

/* The entry that denies this release, borrowed; NULL when none does. */
json_object *deny_list_find(const DenyList *list, const Release *release);

/* Adds an entry (replacing one of the same checksum) in memory. `source` is "admin" or "rollback";
 * `fallback` is the checksum a rollback went to, or NULL. Returns the entry, borrowed. */
json_object *deny_list_add(DenyList *list, const Release *release, const char *reason,
                           const char *source, const char *fallback);

/* Removes exactly this entry (as deny_list_find() or deny_list_add() gave it) in memory. */
void deny_list_remove_entry(DenyList *list, json_object *entry);

/* Removes in memory the entries with this checksum or, when it is no checksum, this version.
 * Returns those removed as a new array, owned by the caller. */
json_object *deny_list_remove(DenyList *list, const char *checksum_or_version);

/* Writes the list, and keeps what stood there as one older generation (deny.json.1).
 * FALSE with ERROR_DENY_UNREADABLE (nothing is written over a list that cannot be read),
 * ERROR_NO_SPACE_VAR or ERROR_RECORD_UNWRITABLE. */
gboolean deny_list_save(DenyList *list, Records *records, GError **error);

/* What took the place of a damaged list. The older generation may lack the newest denials. */
typedef struct DenyReset {
    gboolean damaged;  /* FALSE: the list could be read, and nothing was done */
    const char *aside; /* the record's name under which the damaged one is kept; static */
    const char *from;  /* the generation that took its place; static; NULL: an empty list */
    gsize entries;
} DenyReset;

/* Keeps a damaged list aside and starts again from the older generation, or from nothing if that
 * cannot be read either. What is left of the damaged one is for a person to read: half a list looks
 * like a whole one. */
gboolean deny_list_reset(Records *records, DenyReset *ret, GError **error);

/* A sentence about an entry for people: who denied it, when, why. Free with g_free(). */
char *deny_entry_describe(json_object *entry);
