/* The commands that are one request: company, operator, department, button, search, erase, scrub. Their words and
 * options stand in tables; what they do is port/admin.c. */
#include "app/command.h"
#include "app/place.h"
#include "text/json_read.h"

#include <sodium.h>
#include <stdio.h>

enum field_kind {
    FIELD_TEXT,
    FIELD_LIST, /* may be given again */
    FIELD_FLAG,
    FIELD_NUMBER,
    FIELD_PASSWORD, /* a flag: the value is the first line of standard input */
};

/* An option and the request's member it becomes. */
struct field {
    const char *option, *member;
    enum field_kind kind;
    const char *argument; /* as the help names it */
    const char *about;
};

/* An argument that is no option. */
struct argument {
    const char *name; /* in the help; NULL = none */
    const char *member;
};

enum { ARGUMENTS = 2 };

struct verb {
    const char *name;
    struct argument arguments[ARGUMENTS];
    bool joined; /* there is one, and more that are given are joined to it by blanks */
    const char *summary;
    struct field fields[8];
};

#define COMPANY \
    { \
        "company", "company", FIELD_TEXT, "NAME", "The company; the first one added when not given" \
    }

static const struct verb company_verbs[] = {
    {"add",
     {{"NAME", "name"}},
     false,
     "Add a company; the first one is the default",
     {{"time-zone", "timeZone", FIELD_TEXT, "ZONE", "Its time zone, as America/New_York (required)"},
      {"host", "host", FIELD_TEXT, "NAME", "The host name of requests that are meant for it"}}},
    {"list", {{0}}, false, "List the companies, one a line", {{0}}},
    {"set",
     {{"NAME", "name"}},
     false,
     "Change a company",
     {{"name", "newName", FIELD_TEXT, "NAME", "Its new name"},
      {"time-zone", "timeZone", FIELD_TEXT, "ZONE", "Its time zone"},
      {"host", "host", FIELD_TEXT, "NAME", "The host name of requests that are meant for it; empty = none"}}},
    {"token",
     {{"NAME", "name"}},
     false,
     "Make an Agendize apiKey and token and a bearer token of Parley's own; shown once",
     {{"right", "rights", FIELD_LIST, "RIGHT",
       "Only a bearer token, with this right: read, write, import, admin, notes or manage; may be repeated"},
      {"agendize", "agendize", FIELD_FLAG, NULL, "Only an apiKey and token; beside --right: those too"}}},
    {"tokens",
     {{"NAME", "name"}},
     false,
     "List its tokens, one a line: id, rights, when made and last used; never the secret",
     {{0}}},
    {"revoke", {{"NAME", "name"}, {"ID", "id"}}, false, "End one of its tokens at once", {{0}}},
    {0},
};

static const struct verb operator_verbs[] = {
    {"add",
     {{"USERNAME", "username"}},
     false,
     "Add an operator; user names are unique over all companies",
     {COMPANY,
      {"role", "roles", FIELD_LIST, "ROLE",
       "admin, livechat-manager, livechat-monitor, livechat-agent or user; may be repeated"},
      {"password-stdin", "password", FIELD_PASSWORD, NULL, "Read the password from standard input"},
      {"name", "name", FIELD_TEXT, "NAME", "Shown to visitors; the user name when not given"},
      {"email", "email", FIELD_TEXT, "ADDRESS", "Also good for logging in"},
      {"department", "departments", FIELD_LIST, "ID", "Where they work; may be repeated"},
      {"id", "id", FIELD_TEXT, "ID", "The userId; random when not given"}}},
    {"list",
     {{0}},
     false,
     "List the operators, one a line",
     {{"company", "company", FIELD_TEXT, "NAME", "Of this company only"}}},
    {"set",
     {{"USERNAME", "username"}},
     false,
     "Change an operator",
     {{"role", "roles", FIELD_LIST, "ROLE", "All roles they have from now on; may be repeated"},
      {"name", "name", FIELD_TEXT, "NAME", "Shown to visitors"},
      {"email", "email", FIELD_TEXT, "ADDRESS", "Also good for logging in"},
      {"department", "departments", FIELD_LIST, "ID", "All departments they work in; may be repeated"},
      {"disable", "disabled", FIELD_FLAG, NULL, "Take all their tokens and refuse them from now on"}}},
    {"passwd",
     {{"USERNAME", "username"}},
     false,
     "Set the password; all their tokens end. The first one enables an operator",
     {{"password-stdin", "password", FIELD_PASSWORD, NULL, "Read it from standard input (required)"}}},
    {"token",
     {{"USERNAME", "username"}},
     false,
     "Make a userId and authToken for the Rocket.Chat API; shown once",
     {{0}}},
    {"tokens",
     {{"USERNAME", "username"}},
     false,
     "List their tokens, one a line: id, when made and last used; never the secret",
     {{0}}},
    {"revoke", {{"USERNAME", "username"}, {"ID", "id"}}, false, "End one of their tokens at once", {{0}}},
    {0},
};

static const struct verb department_verbs[] = {
    {"add",
     {{"NAME", "name"}},
     false,
     "Add a department",
     {COMPANY,
      {"id", "id", FIELD_TEXT, "ID", "Its id; random when not given"},
      {"parent", "parent", FIELD_TEXT, "ID", "The unit above it"}}},
    {"list", {{0}}, false, "List the departments, one a line", {COMPANY}},
    {"set",
     {{"ID", "id"}},
     false,
     "Change a department",
     {COMPANY,
      {"name", "name", FIELD_TEXT, "NAME", "Its new name"},
      {"parent", "parent", FIELD_TEXT, "ID", "The unit above it; empty = none"}}},
    {0},
};

static const struct verb button_verbs[] = {
    {"add",
     {{"NAME", "name"}},
     false,
     "Add a chat button",
     {COMPANY, {"id", "id", FIELD_TEXT, "ID", "Its id; random when not given"}}},
    {"list", {{0}}, false, "List the buttons, one a line", {COMPANY}},
    {"set",
     {{"ID", "id"}},
     false,
     "Rename a button",
     {COMPANY, {"name", "name", FIELD_TEXT, "NAME", "Its new name (required)"}}},
    {0},
};

static const struct verb search_verb = {
    "search",
    {{"WORDS", "query"}},
    true,
    "Search messages: all words, \"phrases\", prefix*, and behind -- also -without",
    {COMPANY, {"limit", "limit", FIELD_NUMBER, "N", "At most so many, newest first (20)"}}};

static const struct verb erase_verb = {"erase",
                                       {{"VISITOR", "visitor"}},
                                       false,
                                       "Erase a visitor: texts and personal data go for good, counts stay",
                                       {COMPANY}};

static const struct verb scrub_verb = {
    "scrub",
    {{0}},
    false,
    "Take what was erased out of the files now instead of at scrub_at; writes wait meanwhile",
    {{0}}};

/* ---- from options to a request --------------------------------------------------------------------------- */

enum { NOT_GIVEN = G_MININT };

union value {
    char *text;
    char **list;
    gboolean flag;
    int number;
};

static void make_entries(const struct verb *verb, union value *values, GOptionEntry *entries)
{
    for (size_t i = 0; i < G_N_ELEMENTS(verb->fields) && verb->fields[i].option; i++) {
        const struct field *f = &verb->fields[i];
        GOptionArg kinds[] = {[FIELD_TEXT] = G_OPTION_ARG_STRING,
                              [FIELD_LIST] = G_OPTION_ARG_STRING_ARRAY,
                              [FIELD_FLAG] = G_OPTION_ARG_NONE,
                              [FIELD_NUMBER] = G_OPTION_ARG_INT,
                              [FIELD_PASSWORD] = G_OPTION_ARG_NONE};
        if (f->kind == FIELD_NUMBER)
            values[i].number = NOT_GIVEN;
        entries[i] = (GOptionEntry){f->option, 0, 0, kinds[f->kind], &values[i], f->about, f->argument};
    }
}

static void free_values(const struct verb *verb, union value *values)
{
    for (size_t i = 0; i < G_N_ELEMENTS(verb->fields) && verb->fields[i].option; i++)
        if (verb->fields[i].kind == FIELD_TEXT)
            g_free(values[i].text);
        else if (verb->fields[i].kind == FIELD_LIST)
            g_strfreev(values[i].list);
}

/* The first line of standard input; no password is longer than LIMIT_NAME. */
static struct str read_password(char line[LIMIT_NAME + 2])
{
    if (!fgets(line, LIMIT_NAME + 2, stdin))
        return STR("");
    line[strcspn(line, "\r\n")] = '\0';
    return str_from_c(line);
}

static void add_field(struct json *w, const struct field *f, const union value *value)
{
    char line[LIMIT_NAME + 2];
    bool given = f->kind == FIELD_NUMBER                              ? value->number != NOT_GIVEN
                 : f->kind == FIELD_FLAG || f->kind == FIELD_PASSWORD ? value->flag
                                                                      : value->text != NULL;
    if (!given)
        return;
    json_key(w, str_from_c(f->member));
    switch (f->kind) {
    case FIELD_TEXT:
        json_add_string(w, str_from_c(value->text));
        break;
    case FIELD_LIST:
        json_array_begin(w);
        for (char **word = value->list; *word; word++)
            json_add_string(w, str_from_c(*word));
        json_array_end(w);
        break;
    case FIELD_FLAG:
        json_add_bool(w, true);
        break;
    case FIELD_NUMBER:
        json_add_int(w, value->number);
        break;
    case FIELD_PASSWORD:
        json_add_string(w, read_password(line));
        sodium_memzero(line, sizeof line);
        break;
    }
}

/* ---- printing -------------------------------------------------------------------------------------------- */

static void print_json(const struct json_node *tree)
{
    struct buf line;
    struct json w;
    buf_init(&line, LIMIT_IMPORT_LINE);
    json_init(&w, &line);
    json_add_tree(&w, tree);
    buf_add_byte(&line, '\n');
    fwrite(line.ptr, 1, line.len, stdout);
    buf_clear(&line);
}

/* A list one object a line, anything else on one line. */
static int print_reply(struct str reply)
{
    struct arena a;
    arena_init(&a);
    const struct json_node *tree = json_read(reply, JSON_TOP_OBJECT, &a, NULL), *list = json_first(tree);
    if (json_is(list, JSON_ARRAY) && !list->next) {
        for (const struct json_node *item = list->first; item; item = item->next)
            print_json(item);
    } else if (tree) {
        print_json(tree);
    }
    arena_clear(&a);
    return EXIT_FINE;
}

/* ---- running --------------------------------------------------------------------------------------------- */

/* A member of the request that is missing is an option that was forgotten. */
static int fail_verb(const char *command, const struct verb *verb, GError *error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(verb->fields) && verb->fields[i].option; i++) {
        const struct field *f = &verb->fields[i];
        if (reason_of(error) == REASON_FIELD_MISSING && str_equal(reason_field(error), str_from_c(f->member))) {
            g_error_free(error);
            return command_usage(command, "--%s %s is missing", f->option, f->argument);
        }
    }
    return command_fail(error);
}

/* "NAME ID " */
static char *argument_names(const struct verb *verb)
{
    GString *names = g_string_new(NULL);
    for (size_t i = 0; i < ARGUMENTS && verb->arguments[i].name; i++)
        g_string_append_printf(names, "%s ", verb->arguments[i].name);
    return g_string_free(names, FALSE);
}

static int argument_count(const struct verb *verb)
{
    int count = 0;
    while (count < ARGUMENTS && verb->arguments[count].name)
        count++;
    return count;
}

/* False: one is missing, which was printed. */
static bool add_arguments(struct json *w, const struct verb *verb, char **given, const char *command)
{
    for (size_t i = 0; i < ARGUMENTS && verb->arguments[i].name; i++) {
        if (!given[i]) {
            command_usage(command, "%s is missing", verb->arguments[i].name);
            return false;
        }
        g_autofree char *words = verb->joined ? g_strjoinv(" ", given) : g_strdup(given[i]);
        json_key(w, str_from_c(verb->arguments[i].member));
        json_add_string(w, str_from_c(words));
    }
    return true;
}

/* `name`: the request's command, as "company.add"; argv[0] the words so far, "company add". */
static int run_verb(const char *name, const struct verb *verb, bool create, int argc, char **argv)
{
    static const char *const only[] = {"data", NULL};
    union value values[G_N_ELEMENTS(verb->fields)] = {0};
    GOptionEntry entries[G_N_ELEMENTS(verb->fields) + 1] = {0};
    struct command_line line;
    g_autofree char *names = argument_names(verb);
    g_autofree char *usage = g_strdup_printf("%s--data DIR - %s", names, verb->summary);
    make_entries(verb, values, entries);
    if (!command_line_read(&line, argc, argv, usage, NULL, entries, only, verb->joined ? -1 : argument_count(verb))) {
        free_values(verb, values);
        return EXIT_USAGE;
    }
    struct buf request, reply;
    struct json w;
    struct place place = {0};
    GError *error = NULL;
    int code = EXIT_USAGE;
    buf_init(&request, LIMIT_HTTP_BODY);
    buf_init(&reply, LIMIT_IMPORT_LINE);
    json_init(&w, &request);
    json_object_begin(&w);
    json_member_string(&w, "command", str_from_c(name));
    if (add_arguments(&w, verb, line.arguments, argv[0])) {
        for (size_t i = 0; i < G_N_ELEMENTS(verb->fields) && verb->fields[i].option; i++)
            add_field(&w, &verb->fields[i], &values[i]);
        json_object_end(&w);
        bool ok = place_open(&place, &line.settings, create, &error) &&
                  place_command(&place, buf_str(&request), &reply, &error);
        code = ok ? print_reply(buf_str(&reply)) : fail_verb(argv[0], verb, error);
        place_close(&place);
    }
    buf_clear(&request);
    buf_clear(&reply);
    free_values(verb, values);
    command_line_clear(&line);
    return code;
}

static void print_verbs(const char *group, const struct verb *verbs, FILE *out)
{
    fprintf(out, "Usage:\n");
    for (const struct verb *v = verbs; v->name; v++) {
        g_autofree char *names = argument_names(v);
        g_autofree char *words = g_strdup_printf("%s %s", v->name, names);
        fprintf(out, "  parley %s %-20s %s\n", group, words, v->summary);
    }
    fprintf(out, "\n`parley %s VERB --help` shows the options. All take --data DIR.\n", group);
}

static int run_group(const char *group, const struct verb *verbs, int argc, char **argv)
{
    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        print_verbs(group, verbs, stdout);
        return EXIT_FINE;
    }
    for (const struct verb *v = verbs; argc > 1 && v->name; v++) {
        if (strcmp(v->name, argv[1]))
            continue;
        g_autofree char *name = g_strdup_printf("%s.%s", group, v->name);
        g_autofree char *words = g_strdup_printf("%s %s", group, v->name);
        char *original = argv[1];
        argv[1] = words;
        int code = run_verb(name, v, !strcmp(name, "company.add"), argc - 1, argv + 1);
        argv[1] = original;
        return code;
    }
    if (argc > 1)
        return command_usage(group, "there is no `parley %s %s`", group, argv[1]);
    print_verbs(group, verbs, stderr);
    return EXIT_USAGE;
}

int command_company(int argc, char **argv)
{
    return run_group("company", company_verbs, argc, argv);
}

int command_operator(int argc, char **argv)
{
    return run_group("operator", operator_verbs, argc, argv);
}

int command_department(int argc, char **argv)
{
    return run_group("department", department_verbs, argc, argv);
}

int command_button(int argc, char **argv)
{
    return run_group("button", button_verbs, argc, argv);
}

int command_search(int argc, char **argv)
{
    return run_verb("search", &search_verb, false, argc, argv);
}

int command_erase(int argc, char **argv)
{
    return run_verb("erase", &erase_verb, false, argc, argv);
}

int command_scrub(int argc, char **argv)
{
    return run_verb("scrub", &scrub_verb, false, argc, argv);
}
