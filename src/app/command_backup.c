#include "app/command.h"
#include "app/place.h"
#include "text/json_write.h"

#include <stdio.h>

/* Another process may write the file: it does not know our working directory. */
static bool backup_to(struct place *place, const char *file, GError **error)
{
    struct buf request, reply;
    struct json w;
    g_autofree char *path = g_canonicalize_filename(file, NULL);
    buf_init(&request, LIMIT_HTTP_BODY);
    buf_init(&reply, LIMIT_HTTP_BODY);
    json_init(&w, &request);
    json_object_begin(&w);
    json_member_string(&w, "command", STR("backup"));
    json_member_string(&w, "path", str_from_c(path));
    json_object_end(&w);
    bool ok = place_command(place, buf_str(&request), &reply, error);
    buf_clear(&request);
    buf_clear(&reply);
    return ok;
}

int command_backup(int argc, char **argv)
{
    static const char *const only[] = {"data", NULL};
    struct place place = {0};
    struct command_line line;
    GError *error = NULL;
    if (!command_line_read(
            &line, argc, argv, "FILE --data DIR - Write a consistent copy to a new file",
            "The server may go on meanwhile. `parley restore` makes a data directory of it again. The file holds\n"
            "everything, hashes of credentials included: keep it as safe as the data itself.",
            NULL, only, 1))
        return EXIT_USAGE;
    int code;
    if (!line.arguments[0])
        code = command_usage("backup", "FILE is missing");
    else if (place_open(&place, &line.settings, false, &error) && backup_to(&place, line.arguments[0], &error))
        code = EXIT_FINE;
    else
        code = command_fail(error);
    place_close(&place);
    command_line_clear(&line);
    return code;
}
