#include "app/command.h"
#include "app/place.h"
#include "port/restore.h"

#include <glib/gstdio.h>

/* A backup that does not open leaves nothing behind. */
static bool opens(const struct settings *settings, GError **error)
{
    struct place place;
    if (place_open(&place, settings, false, error)) {
        place_close(&place);
        return true;
    }
    static const char *const names[] = {"parley.db", "parley.db-wal", "parley.db-shm", "lock"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(settings->data, names[i], NULL);
        g_unlink(path);
    }
    return false;
}

int command_restore(int argc, char **argv)
{
    static const char *const only[] = {"data", NULL};
    struct command_line line;
    GError *error = NULL;
    if (!command_line_read(&line, argc, argv, "FILE --data DIR - Make a data directory from a backup",
                           "DIR must be empty or not there yet.", NULL, only, 1))
        return EXIT_USAGE;
    int code;
    if (!line.arguments[0])
        code = command_usage("restore", "FILE is missing");
    else if (!*line.settings.data)
        code = command_usage("restore", "--data DIR is missing");
    else if (restore_run(line.settings.data, line.arguments[0], &error) && opens(&line.settings, &error))
        code = EXIT_FINE;
    else
        code = command_fail(error);
    command_line_clear(&line);
    return code;
}
