/* SPDX-License-Identifier: MIT */
#pragma once

/* Gives the whole process this IOPRIO_CLASS_* (idle: only when nobody else wants the disk).
 * Children inherit it. Best effort: a kernel without it changes nothing. */
void io_priority_set(int io_class);
