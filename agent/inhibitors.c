/* SPDX-License-Identifier: MIT */
#include "agent/inhibitors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ASK_USEC (5ULL * 1000 * 1000)

struct Inhibitors {
    sd_bus *bus;
    void (*answered)(void *userdata);
    void *userdata;
    sd_bus_slot *question;
    unsigned count;
    char first[MACHINE_NAME_MAX];
};

int inhibitors_new(sd_bus *bus, void (*answered)(void *userdata), void *userdata, Inhibitors **ret)
{
    Inhibitors *inhibitors = calloc(1, sizeof(*inhibitors));

    if (!inhibitors)
        return -ENOMEM;
    *inhibitors = (Inhibitors){.bus = bus, .answered = answered, .userdata = userdata};
    *ret = inhibitors;
    return 0;
}

Inhibitors *inhibitors_free(Inhibitors *inhibitors)
{
    if (!inhibitors)
        return NULL;
    sd_bus_slot_unref(inhibitors->question);
    free(inhibitors);
    return NULL;
}

static bool is_in_the_way(const char *what, const char *mode)
{
    return strcmp(mode, "block") == 0 && strstr(what, "shutdown");
}

static void set(Inhibitors *inhibitors, unsigned count, const char *first)
{
    inhibitors->count = count;
    snprintf(inhibitors->first, sizeof(inhibitors->first), "%s", first);
}

/* a(ssssuu): what, who, why, mode, uid, pid (org.freedesktop.login1(5)). */
static void read_list(Inhibitors *inhibitors, sd_bus_message *reply)
{
    const char *what, *who, *why, *mode;

    set(inhibitors, 0, "");
    if (sd_bus_message_enter_container(reply, 'a', "(ssssuu)") < 0)
        return;
    while (sd_bus_message_read(reply, "(ssssuu)", &what, &who, &why, &mode, NULL, NULL) > 0) {
        if (!is_in_the_way(what, mode))
            continue;
        if (inhibitors->count++ == 0)
            snprintf(inhibitors->first, sizeof(inhibitors->first), "%s: %s", who, why);
    }
    text_make_line(inhibitors->first);
}

static int on_answer(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    Inhibitors *inhibitors = userdata;

    inhibitors->question = sd_bus_slot_unref(inhibitors->question);
    if (!sd_bus_message_is_method_error(reply, NULL))
        read_list(inhibitors, reply);
    else if (sd_bus_message_is_method_error(reply, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
             sd_bus_message_is_method_error(reply, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
        set(inhibitors, 0, ""); /* there is no logind, so nobody can be in the way */
    else
        set(inhibitors, 1, "logind does not answer");
    inhibitors->answered(inhibitors->userdata);
    return 0;
}

int inhibitors_ask(Inhibitors *inhibitors)
{
    _cleanup_(sd_bus_message_unrefp)
    sd_bus_message *m = NULL;

    if (inhibitors->question)
        return 1;
    int r = sd_bus_message_new_method_call(inhibitors->bus, &m, "org.freedesktop.login1",
                                           "/org/freedesktop/login1",
                                           "org.freedesktop.login1.Manager", "ListInhibitors");
    if (r >= 0)
        r = sd_bus_call_async(inhibitors->bus, &inhibitors->question, m, on_answer, inhibitors,
                              ASK_USEC);
    return r < 0 ? r : 1;
}

unsigned inhibitors_get(const Inhibitors *inhibitors, char first[static MACHINE_NAME_MAX])
{
    memcpy(first, inhibitors->first, MACHINE_NAME_MAX);
    return inhibitors->count;
}
