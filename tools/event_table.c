/* Makes the tables of doc/events.md from the kinds' facts and from what each dialect says of them.
 *
 *     event_table --check PAGE    exit 1 when the page's tables are not these
 *     event_table PAGE            puts them into the page */
#include "wire/agendize/kinds.h"
#include "wire/genesys/kinds.h"
#include "wire/parley/kinds.h"
#include "wire/rocketchat/kinds.h"

#include <stdio.h>
#include <string.h>

#define BEGIN "<!-- event_table -->\n"
#define END "<!-- end -->\n"

static GString *make_tables(void)
{
    GString *out = g_string_new(BEGIN);
    g_string_append(out, "| no | kind | Genesys WebAPI | Genesys GMS | Rocket.Chat | Agendize | Parley |\n"
                         "|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < EVENT_KIND_COUNT; i++)
        g_string_append_printf(out, "| %d | `%s` | %s | %s | %s | %s | %s |\n", i, event_facts[i].word.ptr,
                               genesys_kinds[i].webapi, genesys_kinds[i].gms, rocketchat_kinds[i].page,
                               agendize_kinds[i].page, parley_kinds[i].page);
    g_string_append(out, "\n| kind | may be appended | by the system (0), too | text | after the close |\n"
                         "|---|---|---|---|---|\n");
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        const struct event_facts *facts = &event_facts[i];
        g_string_append_printf(out, "| `%s` | %s | %s | %sat most %zu bytes | %s |\n", facts->word.ptr,
                               facts->live ? "yes" : "-", facts->by_participant ? "-" : "yes",
                               facts->needs_text ? "required, " : "", facts->text_max,
                               facts->after_close ? "yes" : "-");
    }
    return g_string_append(out, END);
}

int main(int argc, char **argv)
{
    const char *path = argv[argc - 1];
    bool check = argc == 3 && !strcmp(argv[1], "--check");
    g_autofree char *page = NULL;
    if (argc < 2 || !g_file_get_contents(path, &page, NULL, NULL)) {
        fprintf(stderr, "usage: event_table [--check] doc/events.md\n");
        return 2;
    }
    char *begin = strstr(page, BEGIN), *end = begin ? strstr(begin, END) : NULL;
    if (!end) {
        fprintf(stderr, "%s has no place between %s and %s", path, BEGIN, END);
        return 1;
    }
    g_autoptr(GString) tables = make_tables();
    bool current = g_str_has_prefix(begin, tables->str);
    if (check) {
        if (!current)
            fprintf(stderr, "the tables of %s are not those of the code: run event_table %s\n", path, path);
        return !current;
    }
    g_autoptr(GString) made = g_string_new_len(page, begin - page);
    g_string_append(made, tables->str);
    g_string_append(made, end + strlen(END));
    return g_file_set_contents(path, made->str, (gssize)made->len, NULL) ? 0 : 1;
}
