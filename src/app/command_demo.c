#include "app/command.h"
#include "app/place.h"
#include "app/sample.h"

int command_demo(int argc, char **argv)
{
    static const char *const only[] = {"data", NULL};
    struct place place = {0};
    struct command_line line;
    GError *error = NULL;
    if (!command_line_read(
            &line, argc, argv, "--data DIR - Make a data directory with the sample company",
            "The company Environment, with the conversations and credentials of the documented requests and 300 real\n"
            "conversations (data/README.md says whose). `parley serve` prints how to ask for them.",
            NULL, only, 0))
        return EXIT_USAGE;
    bool ok = place_open(&place, &line.settings, true, &error);
    if (ok && !place.core) {
        reason_set(&error, REASON_DIRECTORY_IN_USE, "a server has the data directory: stop it first");
        ok = false;
    }
    ok = ok && sample_make(place.core, place.reader, &error);
    place_close(&place);
    if (ok)
        printf("The sample company is in %s. Now: parley serve --data %s\n", line.settings.data, line.settings.data);
    command_line_clear(&line);
    return ok ? EXIT_FINE : command_fail(error);
}
