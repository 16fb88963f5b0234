/* SPDX-License-Identifier: MIT */
/* How long the system has run: by the age of PID 1, which is right in a container too. */
#pragma once

#include <stdint.h>

/* Seconds since the system was started; -1: not known. */
int64_t uptime_seconds(void);
