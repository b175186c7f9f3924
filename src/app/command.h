/* A command of the program: `parley NAME ...`. One file each, command_NAME.c; main.c has the table. */
#pragma once

#include "app/settings.h"

/* Exit codes. */
enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct command {
    const char *name;
    const char *summary; /* one line */
    /* argv[0] is the command's name. Prints its own errors; answers the exit code. */
    int (*run)(int argc, char **argv);
};

int command_serve(int argc, char **argv);
int command_company(int argc, char **argv);
int command_operator(int argc, char **argv);
int command_department(int argc, char **argv);
int command_button(int argc, char **argv);
int command_search(int argc, char **argv);
int command_erase(int argc, char **argv);
int command_scrub(int argc, char **argv);
int command_import(int argc, char **argv);
int command_export(int argc, char **argv);
int command_check(int argc, char **argv);
int command_backup(int argc, char **argv);
int command_restore(int argc, char **argv);
int command_demo(int argc, char **argv);
int command_settings(int argc, char **argv);
int command_version(int argc, char **argv);

/* What a command line says: the settings it may give, its own options, and what is left. */
struct command_line {
    struct settings_source source;
    struct settings settings;
    char **arguments; /* those that are no options; NULL-terminated */
};

/* Reads a command line.
 *   usage    what stands behind the name in the help, "NAME --data DIR"
 *   about    what the help says below the options; NULL = nothing
 *   entries  the command's own options; NULL = none
 *   only     the settings that are options here; NULL = all
 *   most     how many arguments there may be at most, -1 = any number; the least is 0
 * --help prints and ends the process. False: the error was printed, answer EXIT_USAGE. */
bool command_line_read(struct command_line *line, int argc, char **argv, const char *usage, const char *about,
                       const GOptionEntry *entries, const char *const *only, int most);
void command_line_clear(struct command_line *line);

/* Prints "parley: MESSAGE" and answers the exit code that fits its reason. Takes the error. */
int command_fail(GError *error);

/* The same for wrong use, with a hint at the help. */
int command_usage(const char *command, const char *format, ...) G_GNUC_PRINTF(2, 3);
