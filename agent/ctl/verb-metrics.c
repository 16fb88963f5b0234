/* SPDX-License-Identifier: MIT */
#include "agent/ctl/verbs.h"

#include <string.h>

#include "agent/ctl/daemon.h"

int verb_metrics(Ctl *ctl, Problem *p)
{
    _cleanup_free_ char *text = NULL;
    char *rest, *line;

    int r = daemon_get_text(ctl->daemon, "GetMetrics", DAEMON_CALL_MS, &text, p);
    if (r < 0)
        return r;
    rest = text;
    while ((line = strsep(&rest, "\n")))
        if (*line || rest)
            term_line(&ctl->out, STYLE_PLAIN, "%s", line);
    return EXIT_DONE;
}
