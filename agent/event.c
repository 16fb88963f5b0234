/* SPDX-License-Identifier: MIT */
#include "agent/event.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "base/text.h"

#define FIELDS_MAX 12
#define TEXT_MAX   2048

static const struct {
    const char *id;
    int priority;
} events[_AGENT_EVENT_MAX] = {
#define X(name, id, priority) {id, priority},
    AGENT_EVENTS(X)
#undef X
};

const char *event_id(AgentEvent event)
{
    return events[event].id;
}

char *event_field(const char *format, ...)
{
    va_list ap;
    char *text;

    va_start(ap, format);
    if (vasprintf(&text, format, ap) < 0)
        text = NULL;
    va_end(ap);
    return text;
}

void event_log(AgentEvent event, const char *const fields[], const char *format, ...)
{
    char message[TEXT_MAX] = "MESSAGE=", id[64], priority[32];
    struct iovec iov[FIELDS_MAX];
    int n = 0;
    va_list ap;

    va_start(ap, format);
    vsnprintf(message + strlen(message), sizeof(message) - strlen(message), format, ap);
    va_end(ap);
    text_make_line(message);
    snprintf(id, sizeof(id), "MESSAGE_ID=%s", events[event].id);
    snprintf(priority, sizeof(priority), "PRIORITY=%d", events[event].priority);

    const char *const own[] = {message, id, priority, "SYSLOG_IDENTIFIER=azl-agentd"};
    for (size_t i = 0; i < ELEMENTSOF(own); i++)
        iov[n++] = (struct iovec){(char *)own[i], strlen(own[i])};
    for (; fields && *fields && n < FIELDS_MAX; fields++)
        iov[n++] = (struct iovec){(char *)*fields, strlen(*fields)};
    (void)sd_journal_sendv(iov, n);
}
