#include "app/command.h"
#include "base/limits.h"

#include <stdio.h>

int command_settings(int argc, char **argv)
{
    gboolean markdown = FALSE, limits = FALSE;
    struct command_line line;
    struct buf out;
    const GOptionEntry entries[] = {
        {"markdown", 0, 0, G_OPTION_ARG_NONE, &markdown, "Print the table of all settings instead (doc/settings.md)",
         NULL},
        {"limits", 0, 0, G_OPTION_ARG_NONE, &limits, "Print the table of all limits instead (doc/limits.md)", NULL},
        {0},
    };
    if (!command_line_read(
            &line, argc, argv, "- Print the settings in force as a file for --config",
            "Strongest first: the options above, PARLEY_... in the environment, the file of --config, the default.",
            entries, NULL, 0))
        return EXIT_USAGE;
    buf_init(&out, LIMIT_HTTP_BODY);
    if (markdown)
        settings_write_markdown(&out);
    else if (limits)
        limits_write_markdown(&out);
    else
        settings_write_file(&line.settings, &out);
    fwrite(out.ptr, 1, out.len, stdout);
    buf_clear(&out);
    command_line_clear(&line);
    return EXIT_FINE;
}
