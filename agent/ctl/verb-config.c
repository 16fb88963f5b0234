/* SPDX-License-Identifier: MIT */
/* The configuration, as azl-agentd reads it: the program is asked, so that nothing has to run. */
#include "agent/ctl/verbs.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "agent/ctl/printable.h"
#include "agent/ctl/spawn.h"
#include "agent/ctl/view.h"
#include "base/clock.h"
#include "base/wire.h"

#define CONFIG_MAX     (1024 * 1024)
#define CONFIG_MS      10000
#define MARGIN_COLUMNS 2

/* All that it prints; it says how long it may take. The caller owns *ret. */
static int read_output(int socket, char **ret, size_t *ret_size)
{
    _cleanup_wire_reader_ WireReader reader = {.fd = socket, .max = CONFIG_MAX};
    int64_t deadline = clock_monotonic_ms() + CONFIG_MS;
    _cleanup_free_ char *text = NULL;
    size_t size = 0, length;
    char *line;
    int r;

    while ((r = wire_read_line(&reader, (int)MAX_OF(deadline - clock_monotonic_ms(), (int64_t)0),
                               &line, &length)) > 0) {
        if (size + length >= CONFIG_MAX)
            return -EMSGSIZE;
        char *grown = realloc(text, size + length + 1);
        if (!grown)
            return -ENOMEM;
        text = grown;
        memcpy(text + size, line, length + 1);
        size += length;
    }
    if (r < 0)
        return r;
    *ret = TAKE_PTR(text);
    *ret_size = size;
    return 0;
}

/* azl.config/1 of the files below `root` (NULL: of this machine). */
static int read_config(const char *root, json_object **ret, Problem *p)
{
    char *argv[] = {(char *)"azl-agentd", (char *)"--config-show", NULL, NULL, NULL};
    _cleanup_free_ char *program = ctl_program("azl-agentd"), *text = NULL;
    _cleanup_close_ int pidfd = -EBADF, socket = -EBADF;
    size_t size = 0;
    pid_t pid;

    if (!program)
        return failure_oom(&p->failure);
    if (root) {
        argv[2] = (char *)"--root";
        argv[3] = (char *)root;
    }
    int r = spawn_on_socket(program, argv, &pid, &pidfd, &socket);
    if (r < 0)
        return failure_set_errno(&p->failure, r, ERROR_WORKER_MISSING, "%s", program);
    shutdown(socket, SHUT_WR);
    r = read_output(socket, &text, &size);
    if (r < 0)
        kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (r < 0)
        return failure_set_errno(&p->failure, r, ERROR_PROTOCOL_GARBAGE, "%s", program);
    if (!text || json_parse(text, size, WIRE_DEPTH_MAX, ret) < 0)
        return failure_set(&p->failure, -EBADMSG, ERROR_PROTOCOL_GARBAGE, "%s", program);
    return 0;
}

/* "mode = notify" */
static void format_setting(json_object *value, char buf[static 256])
{
    const char *text = json_get_string(value, "value");

    snprintf(buf, 256, "%s%s%s", json_get_string(value, "key") ?: "?", text ? " = " : "",
             text ?: " is not set");
}

static void render_value(Term *term, json_object *value, size_t columns)
{
    const char *text = json_get_string(value, "value"),
               *fallback = json_get_string(value, "default"),
               *source = json_get_string(value, "source") ?: "";
    bool is_default = strcmp(source, "default") == 0;
    char setting[256];

    format_setting(value, setting);
    term_cell(term, MARGIN_COLUMNS, STYLE_PLAIN, "%s", "");
    term_cell(term, columns + 2, is_default ? STYLE_PLAIN : STYLE_STRONG, "%s", setting);
    if (is_default)
        term_text(term, 0, STYLE_FAINT, "(default)");
    else if (fallback && strcmp(fallback, text ?: "") != 0)
        term_text(term, 0, STYLE_PLAIN, "%s (default: %s)", source, fallback);
    else
        term_text(term, 0, STYLE_PLAIN, "%s", source);
}

static void render_config(Term *term, json_object *config)
{
    json_object *values = json_get(config, "values");
    const char *section = "", *owner = json_get_string(config, "owner");
    char setting[256];
    size_t columns = 0;

    for (size_t i = 0; i < list_length(values); i++) {
        format_setting(list_at(values, i), setting);
        columns = MAX_OF(columns, printable_width(setting));
    }
    if (owner)
        term_line(term, STYLE_WARN, "updates are not ours: %s", owner);
    for (size_t i = 0; i < list_length(values); i++) {
        json_object *value = list_at(values, i);
        const char *of = json_get_string(value, "section") ?: "?";

        if (strcmp(of, section) != 0) {
            if (*section)
                term_end(term);
            term_line(term, STYLE_STRONG, "[%s]", of);
        }
        section = of;
        render_value(term, value, MIN_OF(columns, (size_t)48));
    }
}

static void render_problems(Term *term, json_object *config)
{
    json_object *problems = json_get(config, "problems");

    for (size_t i = 0; i < list_length(problems); i++) {
        json_object *one = list_at(problems, i);
        int64_t line = json_get_int(one, "line");

        term_put(term, STYLE_STRONG, "%s", json_get_string(one, "file") ?: "?");
        if (line > 0)
            term_put(term, STYLE_STRONG, ":%d", (int)line);
        term_line(term, STYLE_BAD, ": %s", json_get_string(one, "message") ?: "?");
    }
}

static bool is_good(json_object *config)
{
    return list_length(json_get(config, "problems")) == 0;
}

int verb_config_show(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *config = NULL;

    int r = read_config(NULL, &config, p);
    if (r < 0)
        return r;
    if (ctl->args->json)
        ctl_print_json(ctl, config);
    else {
        render_config(&ctl->out, config);
        render_problems(&ctl->err, config);
    }
    return is_good(config) ? EXIT_DONE : EXIT_FAILED;
}

int verb_config_check(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *config = NULL;

    int r = read_config(ctl->args->root, &config, p);
    if (r < 0)
        return r;
    if (ctl->args->json)
        ctl_print_json(ctl, config);
    else
        render_problems(&ctl->out, config);
    if (is_good(config) && !ctl->args->json)
        term_line(&ctl->err, STYLE_GOOD, "The configuration is valid.");
    return is_good(config) ? EXIT_DONE : EXIT_FAILED;
}
