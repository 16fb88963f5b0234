/* SPDX-License-Identifier: MIT */
/* Who does not want this system to go down now: logind's inhibitors of kind shutdown, mode block.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "agent/machine.h"

typedef struct Inhibitors Inhibitors;

/* `answered` is called when an answer to inhibitors_ask() is there. 0, or -ENOMEM. */
int inhibitors_new(sd_bus *bus, void (*answered)(void *userdata), void *userdata, Inhibitors **ret);
Inhibitors *inhibitors_free(Inhibitors *inhibitors);

/* Asks logind. 1: `answered` will be called; or a negative errno: nobody can be asked, and nobody
 * is in the way. */
int inhibitors_ask(Inhibitors *inhibitors);

/* How many there were at the last answer; the first one's words, of which "who: why" is told. */
unsigned inhibitors_get(const Inhibitors *inhibitors, char first[static MACHINE_NAME_MAX]);
