/* SPDX-License-Identifier: MIT */
/* org.azurelinux.Agent1.Manager: the contract is units/org.azurelinux.Agent1.xml. */
#pragma once

#include "agent/agent.h"

/* Puts the object on the bus. */
int bus_manager_add(Agent *agent);

/* Signals. */
void bus_manager_job_new(Agent *agent, const Job *job);
void bus_manager_job_removed(Agent *agent, const Job *job, JobResult result);
