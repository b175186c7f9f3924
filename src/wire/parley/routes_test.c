/* Each row of the table says what it is for, and doc/parley-api.md speaks of it. */
#include "wire/parley/internal.h"

static void test_rows(void)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "parley-api.md", NULL);
    g_autofree char *page = NULL;
    g_assert_true(g_file_get_contents(path, &page, NULL, NULL));
    for (size_t i = 0; i < PARLEY_ROUTES; i++) {
        const struct parley_route *route = &parley_routes[i];
        g_auto(GStrv) parts = g_strsplit(route->pattern, ":id", -1);
        g_autofree char *shown = g_strjoinv("{id}", parts);
        g_autofree char *words = g_strdup_printf("%s %s", http_method_name(route->method), shown);
        if (!strstr(page, words))
            g_error("doc/parley-api.md does not name %s", words);
        g_assert_true(route->work && *route->summary);
        for (size_t j = 0; j < route->parameter_count; j++) {
            const struct parameter *p = &route->parameters[j];
            g_autofree char *given = g_strdup_printf("%s=", p->name);
            if (!strstr(page, given))
                g_error("doc/parley-api.md does not name %s of %s", p->name, words);
            g_assert_true(*p->meaning);
            g_assert_true((p->type == PARAMETER_CHOICE || p->type == PARAMETER_LIST) == !!p->words);
            g_assert_true(p->type != PARAMETER_NUMBER || p->least < p->greatest);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/parley/routes", test_rows);
    return g_test_run();
}
