/* SPDX-License-Identifier: MIT */
/* The daemon as a whole: what its parts share. There is one Agent, and main() owns it. */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "agent/host.h"
#include "agent/job.h"
#include "agent/machine.h"

typedef struct Questions Questions;
typedef struct Driver Driver;

/* What com.coreos.update1 says. */
typedef struct Update1Status {
    const char *status; /* static */
    unsigned percent;
} Update1Status;

typedef struct Agent {
    sd_event *loop;
    sd_bus *bus;
    const char *worker_socket; /* where azl-update listens */
    Jobs *jobs;
    Host *host;
    Driver *driver;
    Questions *questions; /* to polkit, under way */
    sd_bus_slot *manager;
    uint64_t dirty;      /* properties of the Manager to be announced: bits of ManagerProperty */
    struct Shown *shown; /* what the properties showed at the last look */
    sd_event_source *announce;
    struct {
        char id[64], detail[256];
        int64_t at;
        char kind[16]; /* of the job that failed */
    } last_error;
    char config_error[512]; /* "" or what keeps the configuration on disk from being in force */
    char *metrics;          /* as they were written last */
    bool textfile_failed;   /* said already */
    struct {
        char *text;        /* NULL: something has changed since */
        int64_t at;        /* CLOCK_BOOTTIME, ms */
    } report;              /* what GetStatus said last */
    Update1Status update1; /* as it was said last */
#define AGENT_JOB_KINDS 10
    unsigned job_counts[AGENT_JOB_KINDS][_JOB_RESULT_MAX];
    bool stopping;
    int exit_code;
} Agent;

/* Sets everything up on the loop and the bus: 0, or a negative errno with the failure. */
int agent_init(Agent *agent, Failure *f);
void agent_clear(Agent *agent);

/* Reads the configuration again: 0, or a negative errno with ERROR_CONFIG_INVALID; then the one
 * before stays in force, and status says so. */
int agent_reload(Agent *agent, Failure *f);

/* What systemd and the metrics say of us is to be told anew. */
void agent_status_changed(Agent *agent);

/* Cancels what runs; the loop ends when that is over. */
void agent_stop(Agent *agent);
