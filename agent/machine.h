/* SPDX-License-Identifier: MIT */
/* The state machine that decides when this node updates. A pure function: no clock, no I/O, no
 * globals; what it must know comes in, what it wants done comes out. azl-agentd drives it with the
 * real world; a simulator can drive a hundred thousand of them.
 *
 *     starting → settling → idle → checking → soaking → pulling → staged → waiting(reason)
 *         → finalizing → rebooting          failed(backoff)   held(reason)   disabled(owner)
 *
 * The state is not so much stored as derived: what is staged, held or owned elsewhere is a fact of
 * the host, so an admin or another tool may do what they like at any moment, and after a crash the
 * machine finds itself where the host is. Only what no fact tells is remembered in Machine. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/extensions.h"
#include "agent/host.h"
#include "base/error-id.h"

typedef enum MachineState {
    MACHINE_STARTING, /* the worker has not told yet what there is */
    MACHINE_SETTLING, /* the system has just been started: no initiative yet */
    MACHINE_IDLE,
    MACHINE_CHECKING,
    MACHINE_SOAKING, /* a release is known, and left to others for a while */
    MACHINE_PULLING, /* fetches it, then stages it */
    MACHINE_STAGED,
    MACHINE_WAITING, /* it is staged, and something stands in the way: the reason says what */
    MACHINE_FINALIZING,
    MACHINE_REBOOTING,
    MACHINE_FAILED, /* until the back-off is over */
    MACHINE_HELD,
    MACHINE_DISABLED, /* updates are somebody else's, or switched off */
    _MACHINE_STATE_MAX
} MachineState;

typedef enum MachineWait {
    WAIT_NONE,
    WAIT_SOAK,
    WAIT_CLOCK,
    WAIT_BOOTSTRAP,
    WAIT_EXTENSIONS,
    WAIT_WINDOW,
    WAIT_INHIBITOR,
    WAIT_SESSIONS,
    WAIT_HOOKS,
    WAIT_REBOOT_ELSEWHERE, /* another program reboots */
    WAIT_ADMIN,            /* a person does, or has decided something that is theirs to end */
    WAIT_BACKOFF,
    WAIT_LOST, /* what was unlocked did not boot, again and again */
    WAIT_HOLD,
    WAIT_OWNER,
    WAIT_DENY_LIST, /* it cannot be read */
    WAIT_BUSY,      /* an admin's job is under way */
    _MACHINE_WAIT_MAX
} MachineWait;

/* Who reboots into an update. */
typedef enum MachineStrategy {
    STRATEGY_REBOOT,   /* the agent, when every gate is open */
    STRATEGY_EXTERNAL, /* the agent opens the way and leaves a mark for another program (kured) */
    STRATEGY_OFF,      /* a person; the agent only stages */
} MachineStrategy;

/* What the owner of the fleet wants; times in seconds. */
typedef struct MachinePolicy {
    bool enabled;
    MachineStrategy strategy;
    int64_t check_interval, check_splay; /* each wait: interval plus a random part of the splay */
    int64_t soak;                        /* after the release's timestamp */
    int64_t boot_settle;                 /* no initiative before the system has run so long */
    int64_t retry_max;                   /* cap of the back-off */
    int64_t sessions_wait;               /* how long logged-in users hold up a reboot */
    bool windows;                        /* there are maintenance windows */
    bool respect_inhibitors;
    bool clock_required;
} MachinePolicy;

#define MACHINE_NAME_MAX 96
#define MACHINE_HOOK_MAX 200

/* What is so at this moment. */
typedef struct MachineFacts {
    HostFacts host;
    int64_t uptime;    /* seconds */
    bool unconfigured; /* there is no valid configuration, and never was */
    bool owned_elsewhere;
    char owner[MACHINE_NAME_MAX]; /* what says so */
    bool held;
    int64_t hold_until; /* 0: no end */
    bool clock_trusted; /* it is being synchronised */
    bool clock_absurd;  /* it is behind the release that runs */
    bool bootstrapping;
    bool extensions_differ;
    char extension[EXTENSION_DETAIL_MAX]; /* the one that does not match, and why */
    bool window_open;
    int64_t window_next; /* when it opens (closed) or closes (open); 0: never, or not known */
    char hook[MACHINE_HOOK_MAX]; /* which hook said no last, and what it said */
    unsigned inhibitors;
    char inhibitor[MACHINE_NAME_MAX]; /* who, and why */
    unsigned sessions;
    bool admin_job;  /* a job that changes something and is not ours is queued or runs */
    uint32_t random; /* a fresh random number */
} MachineFacts;

typedef enum MachineEventKind {
    EVENT_TICK, /* time has passed, or a fact changed */
    EVENT_CHECKED,
    EVENT_PULLED,
    EVENT_STAGED,
    EVENT_HOOKS_PASSED,
    EVENT_HOOKS_REFUSED,
    EVENT_FINALIZED,
    EVENT_REBOOTING, /* systemd has been asked; the action is under way until it comes, or does not
                      */
    EVENT_FAILED,    /* the action that was wanted last has failed */
} MachineEventKind;

typedef struct MachineEvent {
    MachineEventKind kind;
    HostRelease release; /* EVENT_CHECKED: what there is to bring in, also if it is staged already;
                            checksum "": nothing */
    ErrorId error;       /* EVENT_FAILED */
} MachineEvent;

typedef enum MachineAction {
    ACTION_NONE,
    ACTION_CHECK,
    ACTION_PULL,     /* the target */
    ACTION_STAGE,    /* the target, locked */
    ACTION_HOOKS,    /* ask the pre-reboot hooks */
    ACTION_FINALIZE, /* unlock what is staged */
    ACTION_REBOOT,
} MachineAction;

/* Attempts at one thing that failed. */
typedef struct MachineRetry {
    unsigned failures;    /* in a row */
    MachineAction failed; /* what failed last */
    int64_t at;           /* when it is tried again */
} MachineRetry;

/* What is remembered. All of it may be lost: then the node checks again. */
typedef struct Machine {
    MachineState state;
    MachineWait wait;
    int64_t since; /* when it came into this state with this reason */
    int64_t until; /* when the wait ends; 0: not known */
    MachineAction under_way;
    HostRelease target;              /* what the source offers; checksum "": nothing that is news */
    bool pulled;                     /* the target is in the repository */
    char brought[HOST_CHECKSUM_MAX]; /* what we have staged since the source was asked; forgotten
                                        with the process: a reboot may have dropped it */
    char finalized[HOST_CHECKSUM_MAX];    /* what we unlocked */
    char hooks_passed[HOST_CHECKSUM_MAX]; /* for which staged release the hooks said yes */
    int64_t hooks_retry;                  /* they said no: asked again then */
    int64_t sessions_since; /* since when people are in the way of the reboot; 0: they are not */
    int64_t reboot_retry;   /* the reboot was asked for, and if it does not come is again then */
    /* One does not hold up the other: a server that is away, and what is here already. */
    MachineRetry bringing, applying;
    /* What was unlocked and then did not boot: finalization failed, or the boot did. */
    MachineRetry coming;
    char lost[HOST_CHECKSUM_MAX]; /* which release that is */
    int64_t last_check, next_check;
} Machine;

typedef struct MachineStep {
    MachineAction action; /* to be started; its end comes back as an event */
    int64_t wake_at;      /* when to step again at the latest; 0: when something happens */
} MachineStep;

/* One step. Times are wall clock, seconds since 1970; a clock that jumps, both ways, costs at most
 * one interval. At most one action is under way at any time. */
MachineStep machine_step(Machine *machine, const MachineEvent *event, const MachineFacts *facts,
                         const MachinePolicy *policy, int64_t now);

/* Failures in a row, of what fails. */
unsigned machine_failures(const Machine *machine);

/* What a person reads about the wait; "" when it waits for nothing. Returns buf. */
#define MACHINE_DETAIL_MAX 256
char *machine_detail(const Machine *machine, const MachineFacts *facts,
                     char buf[static MACHINE_DETAIL_MAX]);

const char *machine_state_name(MachineState state);
const char *machine_wait_name(MachineWait wait);
