/* SPDX-License-Identifier: MIT */
#include "update/request.h"

#include <pwd.h>
#include <string.h>
#include <sys/socket.h>

#include "base/json.h"
#include "base/wire.h"
#include "update/operation.h"

#define AGENT_USER "azl-agent"

/* Every argument there is. `owner_only` ones would let a captured daemon step over policy. */
static const struct {
    JsonField field;
    bool owner_only;
} arguments[] = {
#define ARG(name, kind, max, owner)                                                                \
    {                                                                                              \
        {#name, kind, offsetof(Args, name), false, max}, owner                                     \
    }
    ARG(sysroot, JSON_STRING, 4096, true),
    ARG(stateroot, JSON_STRING, 255, true),
    ARG(lock_timeout, JSON_UINT, 3600, false),
    ARG(caller, JSON_UINT, UINT32_MAX - 1, false),
    ARG(refspec, JSON_STRING, 1024, true),
    ARG(to, JSON_STRING, 256, false),
    ARG(from, JSON_STRING, 4096, true),
    ARG(checksum, JSON_STRING, 64, false),
    ARG(target, JSON_STRING, 256, true),
    ARG(action, JSON_STRING, 16, true),
    ARG(reason, JSON_STRING, 1024, false),
    ARG(append, JSON_STRV, 64, true),
    {{"delete", JSON_STRV, offsetof(Args, delete_), false, 64}, true},
    ARG(replace, JSON_STRV, 64, true),
    ARG(retries, JSON_UINT, 20, false),
    ARG(stall_timeout, JSON_UINT, 3600, false),
    ARG(limit, JSON_UINT, 100000, false),
    ARG(timeout, JSON_UINT, 86400, false),
    ARG(deltas, JSON_BOOL, 0, false),
    ARG(allow_downgrade, JSON_BOOL, 0, true),
    ARG(allow_denied, JSON_BOOL, 0, true),
    ARG(lock, JSON_BOOL, 0, false),
    ARG(discard, JSON_BOOL, 0, false),
    ARG(check, JSON_BOOL, 0, false),
    ARG(deny, JSON_BOOL, 0, true),
    ARG(keep_etc, JSON_BOOL, 0, false),
    ARG(pin, JSON_BOOL, 0, true),
    ARG(staged, JSON_BOOL, 0, false),
    ARG(rollback, JSON_BOOL, 0, true),
#undef ARG
};

static const char common_args[] = "sysroot stateroot lock_timeout caller";

/* `to` of a rollback is the admin's choice; of a pull it is the policy's. `from` of a diff is a
 * selector. */
static bool is_owner_only(const Operation *operation, size_t i)
{
    return arguments[i].owner_only ||
           (operation->run == op_rollback && strcmp(arguments[i].field.name, "to") == 0);
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = words; (at = strstr(at, word)); at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

Peer peer_of(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return errno == ENOTSOCK ? PEER_OWNER : PEER_OTHER;
    if (peer.uid == 0 || peer.uid == geteuid())
        return PEER_OWNER;

    const struct passwd *agent = getpwnam(AGENT_USER);
    return agent && agent->pw_uid == peer.uid ? PEER_AGENT : PEER_OTHER;
}

static int not_authorized(const char *op, const char *what, Failure *f)
{
    return failure_set(f, -EACCES, ERROR_PROTOCOL_NOT_AUTHORIZED, "%s%s%s", op, what ? ": " : "",
                       what ?: "");
}

static int authorize(const Operation *operation, json_object *args, Peer peer, Failure *f)
{
    if (peer == PEER_OWNER)
        return 0;
    if (peer == PEER_OTHER || !operation->for_agent)
        return not_authorized(operation->name, NULL, f);

    for (size_t i = 0; i < ELEMENTSOF(arguments); i++)
        if (is_owner_only(operation, i) &&
            json_object_object_get_ex(args, arguments[i].field.name, NULL))
            return not_authorized(operation->name, arguments[i].field.name, f);
    return 0;
}

static const Args default_args = {
    .lock_timeout = 60,
    .caller = UINT64_MAX,
    .retries = 5,
    .stall_timeout = 60,
    .limit = 50,
    .timeout = 300,
    .deltas = true,
    .lock = true,
    .deny = true,
    .pin = true,
};

static int decode_args(const Operation *operation, json_object *object, Args *args, Failure *f)
{
    JsonField fields[ELEMENTSOF(arguments)];
    size_t n = 0;

    for (size_t i = 0; i < ELEMENTSOF(arguments); i++)
        if (has_word(common_args, arguments[i].field.name) ||
            has_word(operation->args, arguments[i].field.name))
            fields[n++] = arguments[i].field;

    int r = json_decode(object, fields, n, JSON_UNKNOWN_IS_ERROR, args, f);
    if (r < 0)
        failure_prefix(f, "%s: args", operation->name);
    return r;
}

/* The envelope: {"v":1,"op":"…","args":{…}}. Borrows from `object`. */
static int decode_envelope(json_object *object, const char **ret_op, json_object **ret_args,
                           Failure *f)
{
    json_object *args = json_get(object, "args");

    if (!json_object_is_type(object, json_type_object))
        return failure_set(f, -EINVAL, ERROR_PROTOCOL_INVALID, "not a JSON object");
    json_object_object_foreach (object, name, value) {
        (void)value;
        if (!has_word("v op args", name))
            return failure_set(f, -EINVAL, ERROR_PROTOCOL_INVALID, "unknown member \"%.64s\"",
                               name);
    }
    if (json_get_int(object, "v") != WIRE_VERSION)
        return failure_set(f, -EPROTO, ERROR_PROTOCOL_INVALID,
                           "\"v\" is not %d, the version spoken here", WIRE_VERSION);
    if (!json_get_string(object, "op"))
        return failure_set(f, -EINVAL, ERROR_PROTOCOL_INVALID, "\"op\" is not a string");
    if (args && !json_object_is_type(args, json_type_object))
        return failure_set(f, -EINVAL, ERROR_PROTOCOL_INVALID, "\"args\" is not an object");

    *ret_op = json_get_string(object, "op");
    *ret_args = args;
    return 0;
}

int request_parse(const char *line, size_t length, Peer peer, Request *ret, Failure *f)
{
    _cleanup_json_ json_object *object = NULL, *no_args = json_object_new_object();
    json_object *args = NULL;
    const char *op = NULL;

    *ret = (Request){.peer = peer, .args = default_args};

    if (json_parse(line, length, WIRE_DEPTH_MAX, &object) < 0)
        return failure_set(f, -EINVAL, ERROR_PROTOCOL_INVALID, "not JSON");
    int r = decode_envelope(object, &op, &args, f);
    if (r < 0)
        return r;

    ret->operation = operation_find(op);
    if (!ret->operation)
        return failure_set(f, -EOPNOTSUPP, ERROR_PROTOCOL_UNKNOWN_OP, "\"%.64s\"", op);

    r = authorize(ret->operation, args ?: no_args, peer, f);
    if (r < 0)
        return r;
    r = decode_args(ret->operation, args ?: no_args, &ret->args, f);
    /* "/" is the system that runs, however it is spelled. */
    if (r >= 0 && ret->args.sysroot && strcmp(ret->args.sysroot, "/") == 0) {
        free(ret->args.sysroot);
        ret->args.sysroot = NULL;
    }
    return r;
}

void request_clear(Request *request)
{
    for (size_t i = 0; i < ELEMENTSOF(arguments); i++)
        json_decode_clear(&arguments[i].field, 1, &request->args);
}
