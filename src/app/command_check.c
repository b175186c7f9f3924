#include "app/command.h"
#include "app/place.h"
#include "text/json_read.h"

#include <stdio.h>

static int64_t number(const struct json_node *tree, const char *member)
{
    return json_int64(json_get(tree, member));
}

/* Prints what one check found; answers how many findings. */
static int64_t tell_findings(struct str reply)
{
    struct arena a;
    arena_init(&a);
    const struct json_node *tree = json_read(reply, JSON_TOP_OBJECT, &a, NULL);
    const struct json_node *findings = json_get(tree, "findings");
    int64_t found = number(tree, "found"), repaired = number(tree, "repaired"), more = found;
    for (const struct json_node *finding = json_first(findings); finding; finding = finding->next, more--) {
        struct str words = json_str(finding);
        printf("%.*s\n", STR_ARG(words));
    }
    if (more > 0)
        printf("... and %lld more\n", (long long)more);
    printf("%s: %lld sessions, %lld visitors, %lld events; %lld findings", found ? "not clean" : "clean",
           (long long)number(tree, "sessions"), (long long)number(tree, "visitors"), (long long)number(tree, "events"),
           (long long)found);
    if (repaired)
        printf(", %lld rows made anew", (long long)repaired);
    putchar('\n');
    arena_clear(&a);
    return found;
}

static bool check_once(struct place *place, bool repair, int64_t *found, GError **error)
{
    struct buf reply;
    buf_init(&reply, LIMIT_IMPORT_LINE);
    bool ok = place_command(
        place, repair ? STR("{\"command\":\"check\",\"repair\":true}") : STR("{\"command\":\"check\"}"), &reply, error);
    if (ok)
        *found = tell_findings(buf_str(&reply));
    buf_clear(&reply);
    return ok;
}

int command_check(int argc, char **argv)
{
    static const char *const only[] = {"data", NULL};
    gboolean repair = FALSE;
    struct place place = {0};
    struct command_line line;
    GError *error = NULL;
    int64_t found = 0;
    const GOptionEntry entries[] = {
        {"repair", 0, 0, G_OPTION_ARG_NONE, &repair, "Make anew from the log what differs from it, then check again",
         NULL},
        {0},
    };
    if (!command_line_read(
            &line, argc, argv, "--data DIR - Is everything stored as the log says?",
            "Checks the files, rebuilds every session, visitor, sum and search row from the log and compares, and\n"
            "verifies every conversation's chain. Exit code 1 when anything is wrong.",
            entries, only, 0))
        return EXIT_USAGE;
    bool ok = place_open(&place, &line.settings, false, &error) && check_once(&place, repair, &found, &error);
    if (ok && repair && found > 0)
        ok = check_once(&place, false, &found, &error);
    place_close(&place);
    command_line_clear(&line);
    if (!ok)
        return command_fail(error);
    return found ? EXIT_FAILED : EXIT_FINE;
}
