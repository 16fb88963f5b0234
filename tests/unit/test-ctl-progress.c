/* SPDX-License-Identifier: MIT */
#include "agent/ctl/progress.h"

#include "agent/ctl/printable.h"
#include "base/json.h"
#include "tests/unit/ctl-screen.h"
#include "tests/unit/leak.h"

static void update(Progress *progress, const char *event)
{
    _cleanup_json_ json_object *object = json_tokener_parse(event);

    cr_assert_not_null(object, "%s", event);
    progress_update(progress, object);
}

CLAIM(progress, the_phases_share_one_bar)
{
    Progress p = {0};

    update(&p, "{\"phase\":\"pull\",\"done\":0,\"total\":100}");
    cr_assert_eq(p.permille, 0);
    update(&p, "{\"phase\":\"pull\",\"done\":50,\"total\":100}");
    cr_assert_eq(p.permille, 450);
    update(&p, "{\"phase\":\"deploy\",\"done\":0,\"total\":100}");
    cr_assert_eq(p.permille, 900);
    update(&p, "{\"phase\":\"deploy\",\"done\":100,\"total\":100}");
    cr_assert_eq(p.permille, 1000);
}

CLAIM(progress, it_never_goes_backwards)
{
    static const char *const events[] = {
        "{\"phase\":\"pull\",\"done\":90,\"total\":100}",
        "{\"phase\":\"pull\",\"done\":10,\"total\":100}",    /* done falls */
        "{\"phase\":\"pull\",\"done\":91,\"total\":100000}", /* total grows */
        "{\"phase\":\"pull\",\"done\":-5,\"total\":-5}",
        "{\"phase\":\"pull\",\"done\":\"x\"}",
        "{\"phase\":\"nonsense\",\"done\":0}",
        "{\"phase\":\"deploy\",\"done\":0}",
        "{\"phase\":\"pull\",\"done\":99,\"total\":100}", /* an earlier phase */
        "{}",
    };
    Progress p = {0};
    unsigned permille = 0;
    ProgressPhase phase = PHASE_NONE;

    for (size_t i = 0; i < ELEMENTSOF(events); i++) {
        update(&p, events[i]);
        cr_assert_geq(p.permille, permille, "%s", events[i]);
        cr_assert_geq(p.phase, phase, "%s", events[i]);
        permille = p.permille;
        phase = p.phase;
    }
    cr_assert_eq(phase, PHASE_DEPLOY);
}

CLAIM(progress, what_comes_late_of_an_earlier_phase_is_ignored)
{
    Progress p = {0};

    update(&p, "{\"phase\":\"deploy\",\"done\":5,\"total\":100,\"eta\":9}");
    update(&p, "{\"phase\":\"pull\",\"done\":7,\"total\":8}");
    cr_assert_eq(p.done, 5);
    cr_assert_eq(p.total, 100);
    cr_assert_eq(p.eta, 9);
}

CLAIM(progress, more_done_than_there_is_stays_within_the_phase)
{
    Progress p = {0};

    update(&p, "{\"phase\":\"pull\",\"done\":9223372036854775807,\"total\":1}");
    cr_assert_eq(p.permille, 900);
}

CLAIM(progress, a_line_tells_size_speed_and_time_left)
{
    char line[PROGRESS_LINE_MAX];
    Progress p = {0};

    setlocale(LC_ALL, "C.UTF-8");
    update(&p, "{\"phase\":\"pull\",\"done\":1048576,\"total\":4194304,\"unit\":\"bytes\","
               "\"rate\":524288,\"eta\":75}");
    progress_line(&p, 100, line);
    cr_assert_not_null(strstr(line, " 22 %  1.00 MiB of 4.00 MiB"), "%s", line);
    cr_assert_not_null(strstr(line, "  512 KiB/s"), "%s", line);
    cr_assert_not_null(strstr(line, "  1:15 left"), "%s", line);
}

CLAIM(progress, every_width_is_kept_and_the_percentage_goes_last)
{
    char line[PROGRESS_LINE_MAX];
    Progress p = {0};

    setlocale(LC_ALL, "C.UTF-8");
    update(&p,
           "{\"phase\":\"pull\",\"done\":1098765432100,\"total\":9998765432100,\"unit\":\"bytes\","
           "\"rate\":52428800,\"eta\":359999}");
    for (unsigned columns = 0; columns <= 300; columns++) {
        progress_line(&p, columns, line);
        cr_assert_leq(printable_width(line), columns > 0 ? columns - 1 : 0, "%u: %s", columns,
                      line);
        if (columns >= 16)
            cr_assert_not_null(strstr(line, "9 %"), "%u: %s", columns, line);
    }
}

CLAIM(progress, growing_numbers_do_not_move_the_percentage)
{
    char early[PROGRESS_LINE_MAX], late[PROGRESS_LINE_MAX];
    Progress p = {0};

    setlocale(LC_ALL, "C.UTF-8");
    update(&p, "{\"phase\":\"pull\",\"done\":9,\"total\":4194304,\"unit\":\"bytes\"}");
    progress_line(&p, 80, early);
    update(&p, "{\"phase\":\"pull\",\"done\":4194300,\"total\":4194304,\"unit\":\"bytes\","
               "\"rate\":1234567,\"eta\":359999}");
    progress_line(&p, 80, late);
    *strchr(early, '%') = *strchr(late, '%') = '\0';
    cr_assert_eq(printable_width(early), printable_width(late), "%s / %s", early, late);
}

CLAIM(progress, it_is_drawn_at_most_ten_times_a_second)
{
    _cleanup_screen_ Screen screen;
    Progress p = {0};
    size_t drawn = 0;

    screen_open(&screen, 80);
    screen.term.interactive = true;
    update(&p, "{\"phase\":\"pull\",\"done\":1,\"total\":2}");
    for (int64_t now = 1000; now < 2000; now++)
        progress_draw(&p, &screen.term, now);
    for (const char *c = screen_text(&screen); *c; c++)
        drawn += *c == '\r';
    cr_assert_eq(drawn, 10);
}

CLAIM(progress, a_pipe_sees_no_bar)
{
    _cleanup_screen_ Screen screen;
    Progress p = {0};

    screen_open(&screen, 0);
    update(&p, "{\"phase\":\"pull\",\"done\":1,\"total\":2}");
    progress_draw(&p, &screen.term, 1000);
    progress_erase(&p, &screen.term);
    cr_assert_str_eq(screen_text(&screen), "");
}
