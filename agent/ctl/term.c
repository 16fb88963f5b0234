/* SPDX-License-Identifier: MIT */
#include "agent/ctl/term.h"

#include <langinfo.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/ctl/printable.h"

/* Narrower than this a broken text is harder to read than one that the terminal breaks. */
#define TEXT_COLUMNS_MIN 24

static const char *const escapes[] = {
    [STYLE_PLAIN] = "",        [STYLE_STRONG] = "\x1b[1m", [STYLE_FAINT] = "\x1b[2m",
    [STYLE_GOOD] = "\x1b[32m", [STYLE_WARN] = "\x1b[33m",  [STYLE_BAD] = "\x1b[31m",
};

void term_refresh_width(Term *term)
{
    struct winsize size = {0};

    if (!term->interactive)
        return;
    if (ioctl(fileno(term->file), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        size.ws_col = 80;
    term->width = size.ws_col;
}

void term_init(Term *term, FILE *file)
{
    const char *name = getenv("TERM"), *no_color = getenv("NO_COLOR");

    *term = (Term){
        .file = file,
        .interactive = isatty(fileno(file)) && name && *name && strcmp(name, "dumb") != 0,
        .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
    };
    term->colour = term->interactive && !(no_color && *no_color);
    term_refresh_width(term);
}

static void write_styled(Term *term, Style style, const char *text, size_t length)
{
    bool styled = term->colour && style != STYLE_PLAIN && length > 0;

    if (styled)
        fputs(escapes[style], term->file);
    fwrite(text, 1, length, term->file);
    if (styled)
        fputs("\x1b[0m", term->file);
}

/* The formatted text, clean; NULL when out of memory. */
static _printf_(2, 0)
char *format_clean(const Term *term, const char *format, va_list ap)
{
    _cleanup_free_ char *text = NULL;

    if (vasprintf(&text, format, ap) < 0) {
        text = NULL;
        return NULL;
    }
    return printable_copy(text, term->utf8);
}

static _printf_(4, 0)
void put(Term *term, size_t columns, Style style, const char *format, va_list ap)
{
    _cleanup_free_ char *text = format_clean(term, format, ap);

    if (!text)
        return;
    write_styled(term, style, text, strlen(text));
    for (size_t width = printable_width(text); width < columns; width++)
        fputc(' ', term->file);
}

void term_put(Term *term, Style style, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    put(term, 0, style, format, ap);
    va_end(ap);
}

void term_cell(Term *term, size_t columns, Style style, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    put(term, columns, style, format, ap);
    va_end(ap);
}

void term_end(Term *term)
{
    fputc('\n', term->file);
}

void term_line(Term *term, Style style, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    put(term, 0, style, format, ap);
    va_end(ap);
    term_end(term);
}

/* Bytes of the head of `text` to print on a line of `columns`: up to the last space that fits, or
 * the whole first word if none does. */
static size_t break_at(const char *text, size_t columns)
{
    size_t fit = printable_fit(text, columns);

    if (!text[fit] || text[fit] == ' ')
        return fit;
    for (size_t i = fit; i > 0; i--)
        if (text[i - 1] == ' ')
            return i - 1;
    return strcspn(text, " ");
}

void term_text(Term *term, size_t indent, Style style, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    _cleanup_free_ char *text = format_clean(term, format, ap);
    va_end(ap);

    bool broken = term->width >= indent + TEXT_COLUMNS_MIN;
    const char *rest = text ?: "";
    for (;;) {
        size_t length = broken ? break_at(rest, term->width - indent) : strlen(rest);

        write_styled(term, style, rest, length);
        term_end(term);
        rest += length;
        rest += strspn(rest, " ");
        if (!*rest)
            return;
        fprintf(term->file, "%*s", (int)indent, "");
    }
}
