/* SPDX-License-Identifier: MIT */
/* How releases, deployments and points in time are named to people. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELEASE_NAME_MAX 64
#define RELEASE_TEXT_MAX 96
#define RELEASE_WHEN_MAX 96
#define CHECKSUM_SHOWN   10

/* The version, or where there is none the head of the checksum; "-" for no release. Returns buf. */
char *release_name(json_object *release, char buf[static RELEASE_NAME_MAX]);

/* The head of the checksum; "-" for no release. Returns buf. */
char *release_checksum(json_object *release, char buf[static RELEASE_NAME_MAX]);

/* "1.1.0 (slot B)", or the name alone where no slot is known. Returns buf. */
char *release_text(json_object *release, char buf[static RELEASE_TEXT_MAX]);

/* Do both name the same commit? */
bool release_equal(json_object *a, json_object *b);

/* "2026-11-25 10:02 UTC (2 hours ago)" in local time, from RFC 3339; what cannot be read as a time
 * is "at an unknown time". Returns buf. */
char *release_when(const char *time, int64_t now, char buf[static RELEASE_WHEN_MAX]);

/* "2 hours ago"; "-" for what cannot be read as a time. Returns buf. */
char *release_age(const char *time, int64_t now, char buf[static RELEASE_WHEN_MAX]);

/* The same from seconds since the epoch. Returns buf. */
char *release_when_seconds(int64_t seconds, int64_t now, char buf[static RELEASE_WHEN_MAX]);
