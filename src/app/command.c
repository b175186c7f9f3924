#include "app/command.h"

#include <stdio.h>

int command_fail(GError *error)
{
    enum reason reason = reason_of(error);
    fprintf(stderr, "parley: %s\n", error->message);
    if (reason == REASON_DATABASE_CORRUPT)
        fprintf(stderr,
                "parley: the database is damaged: keep a copy, `parley check` names what is wrong and mends what\n"
                "it can with --repair; `parley restore` makes a data directory from a backup\n");
    g_error_free(error);
    return reason == REASON_SETTING_INVALID || reason == REASON_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

int command_usage(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fprintf(stderr, "parley: %s; see `parley %s --help`\n", text, command);
    return EXIT_USAGE;
}

bool command_line_read(struct command_line *line, int argc, char **argv, const char *usage, const char *about,
                       const GOptionEntry *entries, const char *const *only, int most)
{
    *line = (struct command_line){0};
    GError *error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new(usage);
    g_autofree char *name = g_strconcat("parley ", argv[0], NULL);
    g_set_prgname(name);
    settings_options(context, &line->source, true, only);
    if (entries)
        g_option_context_add_main_entries(context, entries, NULL);
    if (about)
        g_option_context_set_description(context, about);
    g_auto(GStrv) copy = g_new0(char *, argc + 1);
    for (int i = 0; i < argc; i++)
        copy[i] = g_strdup(i == 0 ? name : argv[i]);
    if (!g_option_context_parse_strv(context, &copy, &error)) {
        command_usage(argv[0], "%s", error->message);
        g_error_free(error);
    } else {
        line->arguments = g_strdupv(copy + 1);
        int count = (int)g_strv_length(line->arguments);
        if (count > 0 && !strcmp(line->arguments[0], "--")) {
            g_free(line->arguments[0]);
            memmove(line->arguments, line->arguments + 1, (size_t)count * sizeof *line->arguments);
            count--;
        }
        if (most >= 0 && count > most)
            command_usage(argv[0], "there is an argument too many: %s", line->arguments[most]);
        else if (settings_load(&line->settings, &line->source, &error))
            return true;
        else
            command_fail(error);
    }
    settings_source_clear(&line->source);
    g_strfreev(line->arguments);
    return false;
}

void command_line_clear(struct command_line *line)
{
    settings_clear(&line->settings);
    settings_source_clear(&line->source);
    g_strfreev(line->arguments);
}
