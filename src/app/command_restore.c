#include "app/command.h"
#include "store/store.h"

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
    else if (store_restore(line.settings.data, line.arguments[0], &error))
        code = EXIT_FINE;
    else
        code = command_fail(error);
    command_line_clear(&line);
    return code;
}
