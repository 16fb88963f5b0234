/* SPDX-License-Identifier: MIT */
/* Metrics in Prometheus' text format, for node_exporter's textfile collector and
 * `azlctl metrics`. docs/metrics.md names them all; a test compares. */
#pragma once

#include "agent/agent.h"

/* Owned by the caller; NULL: out of memory. */
char *metrics_text(const Agent *agent);

/* Counts a job that has ended. */
void metrics_count(Agent *agent, const Job *job, JobResult result);

/* The next metrics_write() writes, whatever was written. */
void metrics_forget(Agent *agent);

/* Writes the file, if what it says has changed. A failure is told once in the journal. */
void metrics_write(Agent *agent);
