/* SPDX-License-Identifier: MIT */
/* The verbs themselves, one function per row of verb.c's table. Each returns an exit code, or a
 * negative errno with *p filled. */
#pragma once

#include "agent/ctl/ctl.h"

int verb_status(Ctl *ctl, Problem *p);
int verb_update(Ctl *ctl, Problem *p);
int verb_switch(Ctl *ctl, Problem *p);
int verb_rollback(Ctl *ctl, Problem *p);
int verb_finalize(Ctl *ctl, Problem *p);
int verb_reboot(Ctl *ctl, Problem *p);
int verb_pin(Ctl *ctl, Problem *p);
int verb_unpin(Ctl *ctl, Problem *p);
int verb_cleanup(Ctl *ctl, Problem *p);
int verb_kargs(Ctl *ctl, Problem *p);
int verb_diff(Ctl *ctl, Problem *p);
int verb_history(Ctl *ctl, Problem *p);
int verb_deny_list(Ctl *ctl, Problem *p);
int verb_deny_add(Ctl *ctl, Problem *p);
int verb_deny_remove(Ctl *ctl, Problem *p);
int verb_deny_reset(Ctl *ctl, Problem *p);
int verb_hold(Ctl *ctl, Problem *p);
int verb_unhold(Ctl *ctl, Problem *p);
int verb_jobs(Ctl *ctl, Problem *p);
int verb_cancel(Ctl *ctl, Problem *p);
int verb_monitor(Ctl *ctl, Problem *p);
int verb_metrics(Ctl *ctl, Problem *p);
int verb_config_show(Ctl *ctl, Problem *p);
int verb_config_check(Ctl *ctl, Problem *p);

/* Asks for a reboot, for the verbs that have --reboot. */
int reboot_now(Ctl *ctl, Problem *p);

/* The number of a job from the command line. 0, or a negative errno with ERROR_USAGE. */
int job_number(const char *word, unsigned *ret, Problem *p);
