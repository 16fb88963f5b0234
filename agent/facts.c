/* SPDX-License-Identifier: MIT */
#include "agent/facts.h"

#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-login.h>

#include "base/clock.h"
#include "base/strv.h"
#include "base/uptime.h"

int64_t facts_uptime(void)
{
    int64_t uptime = uptime_seconds();

    return uptime >= 0 ? uptime : clock_monotonic_ms() / 1000;
}

bool facts_clock_trusted(void)
{
    struct timex state = {0};
    int clock = adjtimex(&state);

    return clock >= 0 && clock != TIME_ERROR;
}

bool facts_clock_absurd(const HostFacts *host, int64_t now)
{
    return now < host->booted.timestamp;
}

static bool is_person(const char *session)
{
    _cleanup_free_ char *class = NULL, *state = NULL, *tty = NULL, *seat = NULL;

    if (sd_session_get_class(session, &class) < 0 || strcmp(class, "user") != 0)
        return false;
    if (sd_session_get_state(session, &state) >= 0 && strcmp(state, "closing") == 0)
        return false;
    return sd_session_get_tty(session, &tty) >= 0 || sd_session_get_seat(session, &seat) >= 0;
}

unsigned facts_sessions(void)
{
    _cleanup_strv_ char **sessions = NULL;
    unsigned count = 0;

    if (sd_get_sessions(&sessions) <= 0)
        return 0;
    for (char **session = sessions; *session; session++)
        count += is_person(*session);
    return count;
}

bool facts_bootstrapping(void)
{
    return access(FACTS_BOOTSTRAP_MARK, F_OK) == 0;
}

bool facts_extensions_differ(const HostFacts *host, char ret[static EXTENSION_DETAIL_MAX])
{
    _cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    ret[0] = '\0';
    return root >= 0 && host->staged_path[0] && extensions_check(root, host->staged_path, ret) > 0;
}

uint64_t facts_seed(void)
{
    /* made up for this use; see sd_id128_get_machine_app_specific(3) */
    static const sd_id128_t app =
        SD_ID128_MAKE(5d, 1f, 2b, 0c, 7e, 94, 4a, 3c, 9b, 55, 0e, 71, c2, 68, a4, 17);
    sd_id128_t id = SD_ID128_NULL;

    (void)sd_id128_get_machine_app_specific(app, &id);
    return id.qwords[0];
}

uint32_t facts_random(void)
{
    uint32_t number = 0;

    (void)getrandom(&number, sizeof(number), GRND_NONBLOCK);
    return number;
}
