/* SPDX-License-Identifier: MIT */
#include "agent/authorize.h"

#include <stdio.h>
#include <string.h>

#include "agent/bus-error.h"
#include "base/json.h"

/* Who a caller is, is known in no time; what polkit says may take minutes. Each has limits of its
 * own, so that nobody keeps root from being asked. */
#define QUESTIONS_MAX        512
#define QUESTIONS_SENDER_MAX 16
#define QUESTIONS_CROWD      64 /* beyond that, one for each connection: a user has 256 of those */
#define POLKIT_MAX           32
#define POLKIT_USER_MAX      4
#define UID_USEC             (5ULL * 1000 * 1000)
/* A person types a password meanwhile. */
#define POLKIT_USEC (120ULL * 1000 * 1000)
/* CheckAuthorizationFlags (polkit's D-Bus interface): AllowUserInteraction. */
#define INTERACTIVE 1u

typedef struct Question {
    Agent *agent;
    sd_bus_message *call;
    AuthorizeAction action;
    AuthorizedCall then;
    json_object *arguments;
    uid_t caller;
    bool at_polkit;
    sd_bus_slot *slot;
    struct Question *later;
} Question;

struct Questions {
    Question *first;
};

static Question *question_free(Question *q)
{
    sd_bus_slot_unref(q->slot);
    sd_bus_message_unref(q->call);
    json_object_put(q->arguments);
    free(q);
    return NULL;
}

static void forget(Question *q)
{
    Question **at = &q->agent->questions->first;

    while (*at != q)
        at = &(*at)->later;
    *at = q->later;
    question_free(q);
}

Questions *questions_free(Questions *questions)
{
    if (!questions)
        return NULL;
    for (Question *q = questions->first, *later; q; q = later) {
        later = q->later;
        question_free(q);
    }
    free(questions);
    return NULL;
}

static void refuse(Question *q, const char *why, const sd_bus_error *cause)
{
    _cleanup_(sd_bus_error_free)
    sd_bus_error error = SD_BUS_ERROR_NULL;
    _cleanup_failure_ Failure f = {0};

    failure_set(&f, -EACCES, ERROR_PROTOCOL_NOT_AUTHORIZED, "%s: %s%s%s",
                sd_bus_message_get_member(q->call), why, cause ? ": " : "",
                cause && cause->message ? cause->message : "");
    bus_error_set(&error, &f);
    (void)sd_bus_reply_method_error(q->call, &error);
    forget(q);
}

static void go_on(Question *q)
{
    _cleanup_(sd_bus_error_free)
    sd_bus_error error = SD_BUS_ERROR_NULL;

    int r = q->then(q->agent, q->call, q->arguments, q->caller, &error);
    if (sd_bus_error_is_set(&error))
        (void)sd_bus_reply_method_error(q->call, &error);
    else if (r < 0)
        (void)sd_bus_reply_method_errno(q->call, r, NULL);
    forget(q);
}

static int on_polkit(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    Question *q = userdata;
    int authorized = 0, challenge = 0;

    if (sd_bus_message_is_method_error(reply, NULL))
        refuse(q, "polkit cannot be asked, so only root may", sd_bus_message_get_error(reply));
    else if (sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0 ||
             sd_bus_message_read(reply, "bb", &authorized, &challenge) < 0)
        refuse(q, "polkit's answer cannot be read", NULL);
    else if (!authorized)
        refuse(q,
               challenge ? "polkit wants a password, and nobody can be asked for it here"
                         : "polkit says no",
               NULL);
    else
        go_on(q);
    return 0;
}

static bool polkit_is_busy(const Question *q)
{
    unsigned all = 0, of_user = 0;

    for (const Question *other = q->agent->questions->first; other; other = other->later) {
        all += other->at_polkit;
        of_user += other->at_polkit && other->caller == q->caller;
    }
    return all >= POLKIT_MAX || of_user >= POLKIT_USER_MAX;
}

static int ask_polkit(Question *q, const char *action)
{
    _cleanup_(sd_bus_message_unrefp)
    sd_bus_message *m = NULL;
    uint32_t flags =
        sd_bus_message_get_allow_interactive_authorization(q->call) > 0 ? INTERACTIVE : 0;

    int r = sd_bus_message_new_method_call(
        q->agent->bus, &m, "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
        "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
    if (r >= 0)
        r = sd_bus_message_append(m, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                                  sd_bus_message_get_sender(q->call), action, 0, flags, "");
    q->slot = sd_bus_slot_unref(q->slot);
    q->at_polkit = true;
    if (r >= 0)
        r = sd_bus_call_async(q->agent->bus, &q->slot, m, on_polkit, q, POLKIT_USEC);
    return r;
}

static int on_uid(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    Question *q = userdata;
    uint32_t uid;

    if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "u", &uid) < 0) {
        refuse(q, "the bus does not say who calls", NULL);
        return 0;
    }
    q->caller = uid;
    const char *action = uid == 0 ? NULL : q->action(q->agent, q->call, q->arguments, uid);
    if (!action)
        go_on(q);
    else if (polkit_is_busy(q))
        refuse(q, "too many authorizations are under way", NULL);
    else if (ask_polkit(q, action) < 0)
        refuse(q, "polkit cannot be asked", NULL);
    return 0;
}

static int count(const Questions *questions, const char *sender, unsigned *ret_of_sender)
{
    unsigned all = 0;

    *ret_of_sender = 0;
    for (const Question *q = questions->first; q; q = q->later, all++)
        *ret_of_sender += strcmp(sd_bus_message_get_sender(q->call), sender) == 0;
    return all;
}

static int admit(const Questions *questions, const char *sender, Failure *f)
{
    unsigned of_sender, all = count(questions, sender, &of_sender);

    if (of_sender >= (all < QUESTIONS_CROWD ? QUESTIONS_SENDER_MAX : 1))
        return failure_set(f, -EBUSY, ERROR_AGENT_BUSY, "%u calls of %s wait for an authorization",
                           of_sender, sender);
    if (all >= QUESTIONS_MAX)
        return failure_set(f, -EBUSY, ERROR_AGENT_BUSY, "%u calls wait for an authorization", all);
    return 0;
}

int authorize(Agent *agent, sd_bus_message *call, json_object *arguments, AuthorizeAction action,
              AuthorizedCall then, sd_bus_error *error)
{
    _cleanup_json_ json_object *owned = arguments;
    _cleanup_failure_ Failure f = {0};

    if (!agent->questions && !(agent->questions = calloc(1, sizeof(*agent->questions))))
        return -ENOMEM;
    if (admit(agent->questions, sd_bus_message_get_sender(call), &f) < 0)
        return bus_error_set(error, &f);

    Question *q = calloc(1, sizeof(*q));
    if (!q)
        return -ENOMEM;
    *q = (Question){.agent = agent,
                    .call = sd_bus_message_ref(call),
                    .arguments = TAKE_PTR(owned),
                    .action = action,
                    .then = then,
                    .later = agent->questions->first};
    agent->questions->first = q;
    _cleanup_(sd_bus_message_unrefp)
    sd_bus_message *m = NULL;
    int r = sd_bus_message_new_method_call(agent->bus, &m, "org.freedesktop.DBus",
                                           "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                           "GetConnectionUnixUser");
    if (r >= 0)
        r = sd_bus_message_append(m, "s", sd_bus_message_get_sender(call));
    if (r >= 0)
        r = sd_bus_call_async(agent->bus, &q->slot, m, on_uid, q, UID_USEC);
    if (r < 0) {
        forget(q);
        return r;
    }
    return 1;
}
