/* SPDX-License-Identifier: MIT */
#include "agent/host.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/statvfs.h>

#include "agent/host-facts.h"
#include "agent/link.h"
#include "base/json.h"
#include "base/wire.h"

#define WAITING_MAX 64
/* Other tools change several things in a row. */
#define SETTLE_USEC (300 * 1000)
/* A worker that cannot answer is asked again, but not all the time. */
#define RETRY_USEC (60 * 1000 * 1000)
#define SLACK_USEC (100 * 1000)
#define WATCH_MASK                                                                                 \
    (IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_ATTRIB | IN_ONLYDIR)

typedef struct Waiting {
    HostAnswer answer;
    void *userdata;
} Waiting;

struct Host {
    sd_event *loop;
    const char *socket;
    HostWatcher watcher;
    HostFacts facts;
    char *text;          /* the status; NULL: never read */
    bool old;            /* something changed since */
    uint64_t free_space; /* percents of the disks then */
    Link *link;          /* it is being read */
    bool changed_meanwhile;
    Waiting waiting[WAITING_MAX];
    size_t n_waiting;
    sd_event_source *timer, *watches[9];
};

const HostFacts *host_facts(const Host *host)
{
    return &host->facts;
}

/* Nobody tells how full a disk is; the worker warns of it. */
static uint64_t free_space(void)
{
    static const char *const disks[] = {"/sysroot", "/boot"};
    uint64_t percents = 0;
    struct statvfs fs;

    for (size_t i = 0; i < ELEMENTSOF(disks); i++) {
        bool known = statvfs(disks[i], &fs) == 0 && fs.f_blocks > 0;
        percents = percents * 128 + (known ? (uint64_t)fs.f_bavail * 100 / fs.f_blocks : 0);
    }
    return percents;
}

bool host_is_fresh(const Host *host)
{
    return host->text && !host->old && host->free_space == free_space();
}

static void watch(Host *host);

static void answer_all(Host *host, json_object *status, const Problem *problem)
{
    Waiting waiting[WAITING_MAX];
    size_t n = host->n_waiting;

    memcpy(waiting, host->waiting, n * sizeof(*waiting));
    host->n_waiting = 0;
    for (size_t i = 0; i < n; i++)
        waiting[i].answer(status, problem, waiting[i].userdata);
}

void host_take(Host *host, json_object *status)
{
    if (!status) {
        host->old = true;
        return;
    }
    char *text = strdup(json_object_to_json_string_ext(status, JSON_C_TO_STRING_PLAIN |
                                                                   JSON_C_TO_STRING_NOSLASHESCAPE));
    if (!text)
        return;
    free(host->text);
    host->text = text;
    host->old = false;
    host->free_space = free_space();
    host_facts_read(&host->facts, status);
    watch(host);
    host->watcher.read(host->watcher.userdata);
}

static void on_event(json_object *event, void *userdata) {}

static void on_ended(json_object *status, const Problem *problem, void *userdata)
{
    Host *host = userdata;
    _cleanup_link_ Link *link = TAKE_PTR(host->link);

    host_take(host, status);
    if (status)
        answer_all(host, status, NULL);
    else {
        sd_event_source_set_time_relative(host->timer, RETRY_USEC);
        sd_event_source_set_enabled(host->timer, SD_EVENT_ONESHOT);
        answer_all(host, NULL, problem);
    }
    if (host->changed_meanwhile)
        host->old = true;
    if (host->old && status)
        host_refresh(host);
}

static int read_now(Host *host, Failure *f)
{
    static const LinkHandler handler = {.event = on_event, .ended = on_ended};
    _cleanup_json_ json_object *request = wire_request("status", NULL);

    if (host->link)
        return 0;
    host->changed_meanwhile = false;
    return link_start(host->loop, host->socket, request, &link_limits, &handler, host, &host->link,
                      f);
}

int host_ask(Host *host, HostAnswer answer, void *userdata, Failure *f)
{
    if (host_is_fresh(host)) {
        _cleanup_json_ json_object *status = json_tokener_parse(host->text);
        answer(status, NULL, userdata);
        return 0;
    }
    if (host->n_waiting == WAITING_MAX)
        return failure_set(f, -EBUSY, ERROR_AGENT_BUSY, "%d wait for the status", WAITING_MAX);
    int r = read_now(host, f);
    if (r < 0)
        return r;
    host->waiting[host->n_waiting++] = (Waiting){answer, userdata};
    return 0;
}

void host_forget(Host *host, const void *userdata)
{
    for (size_t i = 0; i < host->n_waiting;)
        if (host->waiting[i].userdata == userdata)
            host->waiting[i] = host->waiting[--host->n_waiting];
        else
            i++;
}

void host_refresh(Host *host)
{
    if (host->link)
        return;
    sd_event_source_set_time_relative(host->timer, host->text ? SETTLE_USEC : 0);
    sd_event_source_set_enabled(host->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    Host *host = userdata;

    if (read_now(host, NULL) < 0) {
        sd_event_source_set_time_relative(host->timer, RETRY_USEC);
        sd_event_source_set_enabled(host->timer, SD_EVENT_ONESHOT);
    }
    return 0;
}

static int on_change(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
    Host *host = userdata;

    /* Temporary files of a record being written, and the lock that every worker takes. */
    if (event->len > 0 && (event->name[0] == '.' || strcmp(event->name, "lock") == 0))
        return 0;
    host->old = true;
    host->changed_meanwhile = true;
    if (!host->watcher.busy(host->watcher.userdata))
        host_refresh(host);
    return 0;
}

/* What is not there yet is tried again after the next read. */
static void watch(Host *host)
{
    static const char *const places[] = {
        "/sysroot/ostree/deploy", "/run/ostree", "/var/lib/azl", "/boot/loader",
        /* Settings: a rollback brings others back, and the status says so. */
        "/etc/azl", "/etc/azl/azl-agent.conf.d", "/etc/azl/hooks/pre-reboot.d",
        "/etc/ostree/remotes.d", "/etc/flatcar"};
    static_assert(ELEMENTSOF(places) == ELEMENTSOF(((Host *)NULL)->watches));

    for (size_t i = 0; i < ELEMENTSOF(places); i++) {
        sd_event_source **source = &host->watches[i];

        if (*source ||
            sd_event_add_inotify(host->loop, source, places[i], WATCH_MASK, on_change, host) < 0)
            continue;
        /* Before the end of the job that made the change: what is read then is not old. */
        (void)sd_event_source_set_priority(*source, SD_EVENT_PRIORITY_IMPORTANT);
    }
}

int host_new(sd_event *loop, const char *socket, const HostWatcher *watcher, Host **ret)
{
    Host *host = calloc(1, sizeof(*host));

    if (!host)
        return -ENOMEM;
    *host = (Host){.loop = loop, .socket = socket, .watcher = *watcher, .old = true};
    int r = sd_event_add_time_relative(loop, &host->timer, CLOCK_BOOTTIME, 0, SLACK_USEC, on_timer,
                                       host);
    if (r < 0) {
        host_free(host);
        return r;
    }
    watch(host);
    *ret = host;
    return 0;
}

Host *host_free(Host *host)
{
    if (!host)
        return NULL;
    link_free(host->link);
    sd_event_source_disable_unref(host->timer);
    for (size_t i = 0; i < ELEMENTSOF(host->watches); i++)
        sd_event_source_disable_unref(host->watches[i]);
    free(host->text);
    free(host);
    return NULL;
}
