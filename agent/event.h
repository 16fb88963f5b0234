/* SPDX-License-Identifier: MIT */
/* What operators find in the journal: events with an id, typed fields, and a catalog text
 * (units/azl-agent.catalog; a test compares the two lists). */
#pragma once

#include <syslog.h>

#include "base/macro.h"

/* X(name, message id, priority). The ids are for ever. */
#define AGENT_EVENTS(X)                                                                            \
    X(AGENT_STARTED, "3468dd3ee8ca570f90e31d8cdfc57232", LOG_INFO)                                 \
    X(STATE_CHANGED, "af5b55df2e9550b08308220e0bd12c56", LOG_INFO)                                 \
    X(UPDATE_FOUND, "3d1c39d2ca435e5081321775629454cc", LOG_NOTICE)                                \
    X(UPDATE_STAGED, "d048d54562f65673bb729cbffbcc028e", LOG_NOTICE)                               \
    X(UPDATE_FINALIZED, "ab513068cae55ba08daefb621f902d67", LOG_NOTICE)                            \
    X(REBOOTING, "2036b6a1bc525c32ac10acf42e5def13", LOG_NOTICE)                                   \
    X(ACTION_FAILED, "10e9a168a4ae537396ef4fd278157293", LOG_WARNING)                              \
    X(RECOVERED, "3be7b85515cd5c129e8f33fb356647d7", LOG_NOTICE)                                   \
    X(JOB_FAILED, "f9e25b080e4b515f8ed0d001644b1fb6", LOG_NOTICE)                                  \
    X(JOB_DONE, "36338a07f2005f4fa5bb4c91953f0846", LOG_INFO)                                      \
    X(HELD, "384f4e95d52a5e5eba8ba5f137f749df", LOG_NOTICE)                                        \
    X(UNHELD, "5183d15e209a59ad9248564ebd56ad92", LOG_NOTICE)                                      \
    X(CONFIG_LOADED, "f6b5d054cd3e52518ea949850480c357", LOG_INFO)                                 \
    X(CONFIG_INVALID, "24ffa47d25725ca9ad3227313d640f3c", LOG_ERR)                                 \
    X(STATE_LOST, "8eac3cbe2122557699ed7b04403b750b", LOG_WARNING)                                 \
    X(STATE_UNWRITABLE, "044f4af0be935ec0a6fe3ac5a9d6e467", LOG_ERR)                               \
    X(METRICS_UNWRITABLE, "9509939ee5425141a139d80c670fe7aa", LOG_WARNING)                         \
    X(UPDATE_LOST, "e3485bdfced758158e900399bc5edd3a", LOG_ERR)

typedef enum AgentEvent {
#define X(name, ...) AGENT_##name##_EVENT,
    AGENT_EVENTS(X)
#undef X
        _AGENT_EVENT_MAX
} AgentEvent;

/* Writes the event with a message for people and more fields, "NAME=value" each, up to a NULL. */
void event_log(AgentEvent event, const char *const fields[], const char *format, ...)
    _printf_(3, 4);

/* "NAME=value" from a format, for event_log(). Owned by the caller; NULL when out of memory. */
char *event_field(const char *format, ...) _printf_(1, 2);

/* The message id, 32 hexadecimal digits. Static. */
const char *event_id(AgentEvent event);
