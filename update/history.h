/* SPDX-License-Identifier: MIT */
/* What happened to this machine's operating system, one JSON object per line, newest last.
 *
 * Appended and fsynced; cut down to its newer half (temp + rename) when it has grown to 512 KiB.
 * A last line torn by a power cut is skipped when reading. */
#pragma once

#include <json-c/json.h>

#include "update/job.h"
#include "update/records.h"

#define HISTORY_SCHEMA "azl.history/1"

/* Appends an event; `event` is completed with the time and boot id and freed here.
 * Best effort: FALSE with *error set is worth a warning, never the end of an operation. */
gboolean history_append(Records *records, const char *name, json_object *event, GError **error);

/* The same for what somebody asked for: completed with "by", "root" or "azl-agent". */
gboolean history_note(Job *job, const char *name, json_object *event, GError **error);

/* The same, where a failure is a warning in the log and no more. */
void history_note_or_warn(Job *job, const char *name, json_object *event);

/* The newest `limit` events as an array, oldest first; owned by the caller. */
json_object *history_read(Records *records, gsize limit);
