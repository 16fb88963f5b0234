/* SPDX-License-Identifier: MIT */
/* `--help`, written from the table of verbs and nothing else. */
#pragma once

#include "agent/ctl/term.h"
#include "agent/ctl/verb.h"

/* Help of azlctl, or of one verb (with `deny`, of all its rows). */
void help_print(Term *term, const Verb *verb);
