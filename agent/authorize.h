/* SPDX-License-Identifier: MIT */
/* Who may call what: root always, others if polkit says so. Nothing here blocks: the bus is asked
 * who the caller is, polkit what they may, and the call goes on when the answers are there. */
#pragma once

#include "agent/agent.h"

/* The authorized call, with what was read from it. Replies to the message, or returns a negative
 * errno with *error filled. */
typedef int (*AuthorizedCall)(Agent *agent, sd_bus_message *call, json_object *arguments,
                              uid_t caller, sd_bus_error *error);

/* What is asked of polkit for this call by this uid, who is not root: an action, or NULL: it may go
 * on. */
typedef const char *(*AuthorizeAction)(Agent *agent, sd_bus_message *call, json_object *arguments,
                                       uid_t caller);

/* Finds out, then calls. `arguments` (consumed; may be NULL) are what the message says, read
 * before, so that a message that is no valid call is never kept. 1 (sd-bus: the reply comes later),
 * or a negative errno with *error: ERROR_AGENT_BUSY when too many questions are open already. */
int authorize(Agent *agent, sd_bus_message *call, json_object *arguments, AuthorizeAction action,
              AuthorizedCall then, sd_bus_error *error);

/* Forgets all open questions. NULL is fine. */
Questions *questions_free(Questions *questions);
