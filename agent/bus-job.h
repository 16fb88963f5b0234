/* SPDX-License-Identifier: MIT */
/* org.azurelinux.Agent1.Job: one object for each job, as long as there is one. */
#pragma once

#include "agent/agent.h"

#define BUS_JOB_PATH_MAX 64

/* "/org/azurelinux/Agent1/job/7". Returns buf. */
char *bus_job_path(const Job *job, char buf[static BUS_JOB_PATH_MAX]);

int bus_job_add(Agent *agent, Job *job);
void bus_job_remove(Job *job);

/* Its state, or what it waits for. */
void bus_job_changed(Agent *agent, Job *job);
void bus_job_progress(Agent *agent, const Job *job);
void bus_job_log(Agent *agent, const Job *job, const char *level, const char *message);
void bus_job_finished(Agent *agent, const Job *job, json_object *said, const Problem *problem);

/* Cancels this job, if the caller may: as authorize(). */
int bus_job_cancel(Agent *agent, sd_bus_message *call, unsigned id, sd_bus_error *error);
