#include "app/command.h"
#include "base/id.h"

#include <locale.h>
#include <stdio.h>

static const struct command commands[] = {
    {"serve", "Serve a data directory over HTTP", command_serve},
    {"demo", "Make a data directory with the sample company", command_demo},
    {"company", "Add, list and change companies; make API tokens", command_company},
    {"operator", "Add, list and change operators; passwords and tokens", command_operator},
    {"department", "Add, list and change departments", command_department},
    {"button", "Add, list and rename chat buttons", command_button},
    {"import", "Import conversations from files", command_import},
    {"export", "Write all conversations to standard output", command_export},
    {"search", "Search messages", command_search},
    {"erase", "Erase a visitor", command_erase},
    {"scrub", "Take what was erased out of the files, now", command_scrub},
    {"check", "Compare what is stored with the log", command_check},
    {"backup", "Write a consistent copy to a file", command_backup},
    {"restore", "Make a data directory from a backup", command_restore},
    {"settings", "Print the settings in force, or all there are", command_settings},
    {"version", "Print the version", command_version},
};

int command_version(int argc, char **argv)
{
    struct command_line line;
    static const char *const none[] = {NULL};
    if (!command_line_read(&line, argc, argv, "- Print the version", NULL, NULL, none, 0))
        return EXIT_USAGE;
    command_line_clear(&line);
    printf("parley %s\n", PARLEY_VERSION);
    return EXIT_FINE;
}

static void print_help(FILE *out)
{
    fprintf(out, "Parley keeps the history of live chats and shows it in the APIs of several chat servers.\n\n"
                 "Usage:\n  parley COMMAND [OPTION...]\n\nCommands:\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "\n`parley help COMMAND` shows a command's options. Commands work on a data directory, --data DIR or\n"
                 "PARLEY_DATA, beside a running server as well. Exit codes: 0 fine, 1 failure, 2 wrong use.\n");
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    id_library_init();
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        static char help[] = "--help";
        if (argc == 2) {
            print_help(stdout);
            return EXIT_FINE;
        }
        memmove(argv + 1, argv + 2, (size_t)(argc - 2) * sizeof *argv); /* `help COMMAND` is `COMMAND --help` */
        argv[argc - 1] = help;
    }
    const char *name = !strcmp(argv[1], "--version") ? "version" : argv[1];
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (!strcmp(commands[i].name, name))
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "parley: there is no command %s; `parley --help` lists all\n", argv[1]);
    return EXIT_USAGE;
}
