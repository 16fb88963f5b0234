/* SPDX-License-Identifier: MIT */
/* What azl-agentd is about, in one sentence. */
#pragma once

#include <json-c/json.h>
#include <stdint.h>

#define UPDATES_TEXT_MAX 1024

/* The sentence for the member "agent" of an azl.status/1 object; times are local. Returns buf. */
char *updates_text(json_object *agent, int64_t now, char buf[static UPDATES_TEXT_MAX]);
