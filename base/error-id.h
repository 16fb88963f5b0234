/* SPDX-License-Identifier: MIT */
/* The one table of error ids.
 *
 * An id is stable: scripts, the journal field AZL_ERROR=, the D-Bus error name and the JSON member
 * `error.id` all carry it. A row says what happened, and what the person who reads it can do next.
 * Adding a row is all it takes to have a new error. */
#pragma once

#include <stdbool.h>

/* Exit codes, documented in azlctl(8). */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_REFUSED = 3,
    EXIT_BUSY = 4,
    EXIT_UNCHANGED = 77,
};

/* X(name, id, exit code, what happened, what to do next) */
#define AZL_ERRORS(X)                                                                              \
    X(INTERNAL, "internal.unexpected", EXIT_FAILED, "something unexpected went wrong",             \
      "report it with the lines around it in `journalctl`")                                        \
    X(OUT_OF_MEMORY, "internal.out-of-memory", EXIT_FAILED, "there is not enough memory",          \
      "free memory, then try again; nothing was changed")                                          \
    X(USAGE, "usage.invalid", EXIT_USAGE, "the command line is not valid", "see `azlctl --help`")  \
    X(NOT_ROOT, "usage.not-root", EXIT_FAILED, "this needs root", "run it as root, or with sudo")  \
    X(PROTOCOL_TOO_LARGE, "protocol.request-too-large", EXIT_FAILED, "the request is too long",    \
      "send one request line of at most 64 KiB")                                                   \
    X(PROTOCOL_INVALID, "protocol.request-invalid", EXIT_FAILED, "the request is not valid",       \
      "see docs/worker-protocol.md")                                                               \
    X(PROTOCOL_TIMEOUT, "protocol.request-timeout", EXIT_FAILED,                                   \
      "no complete request came in time", "send the whole request line within 10 seconds")         \
    X(PROTOCOL_UNKNOWN_OP, "protocol.unknown-operation", EXIT_FAILED,                              \
      "there is no such operation", "check that azlctl and azl-update are of the same version")    \
    X(PROTOCOL_NOT_AUTHORIZED, "protocol.not-authorized", EXIT_REFUSED,                            \
      "this caller may not ask for that", "run azlctl as root")                                    \
    X(PROTOCOL_GARBAGE, "protocol.worker-garbage", EXIT_FAILED,                                    \
      "the worker did not answer as agreed",                                                       \
      "check that azlctl and azl-update are of the same "                                          \
      "version, and see `journalctl`")                                                             \
    X(WORKER_DIED, "protocol.worker-died", EXIT_FAILED, "the worker ended without an answer",      \
      "see `journalctl -t azl-update`; `azlctl status` shows what it left")                        \
    X(WORKER_MISSING, "protocol.worker-missing", EXIT_FAILED, "the worker could not be started",   \
      "check that azl-update is installed")                                                        \
    X(CANCELLED, "update.cancelled", EXIT_FAILED, "it was cancelled",                              \
      "run the command again; what was fetched is kept")                                           \
    X(BUSY, "update.busy", EXIT_BUSY, "another program holds the sysroot lock",                    \
      "wait for it to end, or see who has <sysroot>/ostree/lock open (`fuser`)")                   \
    X(SYSROOT_MISSING, "update.sysroot-missing", EXIT_FAILED, "there is no ostree sysroot here",   \
      "name one with --sysroot, or run this on an ostree host")                                    \
    X(SYSROOT_READ_ONLY, "update.sysroot-read-only", EXIT_FAILED, "the sysroot cannot be written", \
      "see `dmesg` for errors of the disk; remount it: `mount -o remount,rw /sysroot`")            \
    X(SYSROOT_DAMAGED, "update.sysroot-damaged", EXIT_FAILED, "the sysroot is damaged",            \
      "run `ostree fsck`, and `ostree admin status`")                                              \
    X(NO_DEPLOYMENT, "update.no-deployment", EXIT_FAILED, "there is no deployment",                \
      "deploy one first: `ostree admin deploy`")                                                   \
    X(NOT_BOOTED, "update.not-booted", EXIT_FAILED, "this works only on the system that runs",     \
      "leave out --sysroot")                                                                       \
    X(IS_BOOTED, "update.is-booted", EXIT_FAILED, "this does not work on the system that runs",    \
      "use `azlctl update`, which takes effect at the next reboot")                                \
    X(TARGET_UNKNOWN, "update.target-unknown", EXIT_FAILED,                                        \
      "there is no such deployment or release", "`azlctl status` lists what is there")             \
    X(TARGET_INVALID, "update.target-invalid", EXIT_USAGE,                                         \
      "this can be neither a version nor a checksum",                                              \
      "give a version, or the checksum of a commit; `azlctl status` shows both")                   \
    X(TARGET_AMBIGUOUS, "update.target-ambiguous", EXIT_FAILED,                                    \
      "this names more than one deployment", "`azlctl status` lists them all with their index")    \
    X(NO_ORIGIN, "update.no-origin", EXIT_FAILED,                                                  \
      "the deployment does not say where it came from",                                            \
      "name a source: `azlctl switch REMOTE:REF`")                                                 \
    X(REMOTE_UNKNOWN, "update.remote-unknown", EXIT_FAILED, "there is no such remote",             \
      "add it: `ostree remote add NAME URL --gpg-import=KEY`")                                     \
    X(REMOTE_UNVERIFIED, "update.remote-unverified", EXIT_REFUSED,                                 \
      "this remote is set up without signature verification",                                      \
      "set gpg-verify=true for it, or say azl-allow-unsigned=true in its configuration")           \
    X(REF_UNKNOWN, "update.ref-unknown", EXIT_FAILED, "the server has no such ref",                \
      "`ostree remote refs REMOTE` lists what it has; `azlctl switch` changes the ref")            \
    X(REF_MISMATCH, "update.ref-mismatch", EXIT_REFUSED, "the release was made for another ref",   \
      "do not install it, the server may be passing off one release as another; ask who "          \
      "publishes it")                                                                              \
    X(VERSION_UNKNOWN, "update.version-unknown", EXIT_FAILED, "the server has no such release",    \
      "check the version; `ostree log REF` lists those that are known here")                       \
    X(SERVER_UNREACHABLE, "update.server-unreachable", EXIT_FAILED,                                \
      "the update server cannot be reached",                                                       \
      "check the network and the remote's url "                                                    \
      "(`ostree remote show-url`), then try again")                                                \
    X(SERVER_STALLED, "update.server-stalled", EXIT_FAILED,                                        \
      "the update server sends nothing more",                                                      \
      "check the network, then run it again: it goes on where it stopped")                         \
    X(STUCK, "update.stuck", EXIT_FAILED, "a step waited for something that never came",           \
      "run it again; what the worker said on its standard error tells where it hung")              \
    X(SOURCE_UNREADABLE, "update.source-unreadable", EXIT_FAILED,                                  \
      "the source given with --from cannot be read",                                               \
      "name a directory with an ostree repository, or a static-delta file")                        \
    X(OBJECT_CORRUPT, "update.object-corrupt", EXIT_FAILED, "what was fetched is damaged",         \
      "try again; if it stays, the server's repository needs `ostree fsck`")                       \
    X(SIGNATURE_MISSING, "update.signature-missing", EXIT_REFUSED, "the release is not signed",    \
      "ask who publishes it to sign it; nothing was changed")                                      \
    X(SIGNATURE_INVALID, "update.signature-invalid", EXIT_REFUSED,                                 \
      "the release has no valid signature of a key that is trusted here",                          \
      "do not install it; if the key has changed: `ostree remote gpg-import`")                     \
    X(OLDER, "update.older", EXIT_REFUSED, "the release is older than what is deployed",           \
      "if you mean it: --allow-downgrade")                                                         \
    X(DENIED, "update.denied", EXIT_REFUSED, "the release is denied on this machine",              \
      "if it is good now: `azlctl deny remove`")                                                   \
    X(NOT_DENIED, "update.not-denied", EXIT_FAILED, "the deny list has no such entry",             \
      "`azlctl deny list` shows what it has")                                                      \
    X(DENY_UNREADABLE, "update.deny-list-unreadable", EXIT_REFUSED,                                \
      "the deny list cannot be read, so no update is taken",                                       \
      "look at what was kept aside, then `azlctl deny reset`")                                     \
    X(HELD, "update.held", EXIT_REFUSED, "updates are held",                                       \
      "`azlctl status` says why; `azlctl deny reset` ends it")                                     \
    X(NO_SPACE_SYSROOT, "update.no-space-sysroot", EXIT_FAILED,                                    \
      "there is not enough space on the sysroot's file system",                                    \
      "`azlctl cleanup` frees what nothing needs; else enlarge the disk")                          \
    X(NO_SPACE_BOOT, "update.no-space-boot", EXIT_FAILED, "there is not enough space in /boot",    \
      "unpin or clean up what the message names; else enlarge /boot")                              \
    X(NO_SPACE_VAR, "update.no-space-var", EXIT_FAILED, "the agent's records cannot be written",   \
      "free space on /var")                                                                        \
    X(NO_SPACE_YET, "update.no-space-since", EXIT_FAILED,                                          \
      "the last download ran out of space, and space has not grown since",                         \
      "free space (`azlctl cleanup`), then try again")                                             \
    X(STAGED_OTHER, "update.staged-other", EXIT_FAILED, "something else is staged",                \
      "`azlctl status` shows it; `azlctl cleanup --staged` drops it")                              \
    X(NOTHING_STAGED, "update.nothing-staged", EXIT_FAILED, "nothing is staged",                   \
      "stage an update first: `azlctl update`")                                                    \
    X(FOREIGN_STAGED, "update.foreign-staged", EXIT_REFUSED,                                       \
      "another tool has staged a deployment, which is respected",                                  \
      "reboot into it, or drop it: `azlctl cleanup --staged`")                                     \
    X(FINALIZE_UNIT, "update.finalize-unit", EXIT_FAILED,                                          \
      "ostree-finalize-staged.service did not start, so a reboot would lose the update",           \
      "see `systemctl status ostree-finalize-staged.service`")                                     \
    X(ROLLBACK_WAITS, "update.rollback-waits", EXIT_REFUSED, "a rollback waits for its reboot",    \
      "reboot first (`azlctl reboot`), or take it back (`azlctl rollback`)")                       \
    X(NO_ROLLBACK, "update.no-rollback", EXIT_FAILED, "there is nothing to roll back to",          \
      "`azlctl status` lists the deployments; an update brings a second one")                      \
    X(NOT_COMMITTED, "update.not-in-repository", EXIT_FAILED,                                      \
      "the release is not (completely) on this machine", "fetch it first: `azlctl update`")        \
    X(KARGS_INVALID, "update.kargs-invalid", EXIT_FAILED,                                          \
      "this kernel argument change is not valid", "`azlctl kargs` lists what is set")              \
    X(IN_USE, "update.in-use", EXIT_REFUSED, "it is needed, so it stays",                          \
      "`azlctl status` says what for")                                                             \
    X(REBOOT_FAILED, "update.reboot-failed", EXIT_FAILED, "the reboot could not be started",       \
      "see `systemctl list-jobs`; then `systemctl reboot`")                                        \
    X(HOOK_REFUSED, "update.hook-refused", EXIT_REFUSED, "a pre-reboot hook says no",              \
      "the message names the hook; it is asked again in a while")                                  \
    X(AGENT_MISSING, "agent.not-running", EXIT_FAILED, "azl-agentd cannot be reached",             \
      "see `systemctl status azl-agentd`; as root, azlctl works without it")                       \
    X(AGENT_BUSY, "agent.busy", EXIT_BUSY, "azl-agentd has too much to do",                        \
      "wait, then try again; `azlctl jobs` lists what it does")                                    \
    X(AGENT_STOPPING, "agent.stopping", EXIT_BUSY, "azl-agentd is about to stop",                  \
      "try again when it has started again")                                                       \
    X(AGENT_LOST, "agent.lost", EXIT_FAILED, "azl-agentd went away while it worked on this",       \
      "the job is over with it; `azlctl status` shows what it left")                               \
    X(AGENT_NO_JOB, "agent.no-such-job", EXIT_FAILED, "there is no such job",                      \
      "`azlctl jobs` lists those that there are")                                                  \
    X(AGENT_TIME_PAST, "agent.time-past", EXIT_USAGE, "that time is over",                         \
      "name a time to come, or none")                                                              \
    X(AGENT_HELD, "agent.held", EXIT_REFUSED, "updates are held on this machine",                  \
      "`azlctl status` says why; `azlctl unhold` ends it")                                         \
    X(CONFIG_INVALID, "config.invalid", EXIT_FAILED, "the configuration is not valid",             \
      "mend what the message names, see azl-agent.conf(5); until then the last good one holds")    \
    X(RECORD_CORRUPT, "record.corrupt", EXIT_FAILED, "a record of the agent is damaged",           \
      "it was kept aside with the ending .corrupt; `azlctl status` says what was lost")            \
    X(RECORD_UNWRITABLE, "record.unwritable", EXIT_FAILED,                                         \
      "a record of the agent cannot be written", "check space and mount of /var/lib/azl")          \
    X(WINDOW_INVALID, "config.window-invalid", EXIT_FAILED, "a maintenance window is not valid",   \
      "correct that value in the configuration")

typedef enum ErrorId {
    ERROR_NONE,
#define X(name, ...) ERROR_##name,
    AZL_ERRORS(X)
#undef X
        _ERROR_MAX
} ErrorId;

/* The stable dotted name, e.g. "update.signature-invalid"; "" for ERROR_NONE. Static. */
const char *error_id_name(ErrorId id);

/* What happened, as half a sentence without a full stop. Static. */
const char *error_id_summary(ErrorId id);

/* What the reader can do next. Static. */
const char *error_id_next_step(ErrorId id);

/* The exit code of a program that ends with this error. */
int error_id_exit_code(ErrorId id);

/* The last part of its D-Bus error name: "UpdateSignatureInvalid". Returns buf. */
#define ERROR_BUS_NAME_MAX 64
char *error_id_bus_name(ErrorId id, char buf[static ERROR_BUS_NAME_MAX]);

/* The id with this last part of a D-Bus error name; ERROR_NONE if there is none. */
ErrorId error_id_from_bus_name(const char *name);

/* The id with this dotted name; ERROR_NONE if there is none, or the name is NULL. */
ErrorId error_id_from_name(const char *name);
