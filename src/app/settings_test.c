#include "app/settings.h"

static void test_defaults_and_file(void)
{
    struct settings s;
    g_autoptr(GError) error = NULL;
    settings_init(&s);
    g_assert_cmpstr(s.listen, ==, "127.0.0.1:3000");
    g_assert_cmpint(s.rocketchat_rate_limiter, ==, 600);
    g_assert_true(settings_read_text(
        &s, STR("[rocketchat]\nrate_limiter = 0\n[genesys]\nlenient=yes\n[log]\nlevel=debug\n"), &error));
    g_assert_no_error(error);
    g_assert_cmpint(s.rocketchat_rate_limiter, ==, 0);
    g_assert_true(s.genesys_lenient);
    g_assert_cmpstr(s.log_level, ==, "debug");
    settings_clear(&s);
}

static void refuse(const char *text, const char *part)
{
    struct settings s;
    g_autoptr(GError) error = NULL;
    settings_init(&s);
    g_assert_false(settings_read_text(&s, str_from_c(text), &error));
    g_assert_cmpint(reason_of(error), ==, REASON_SETTING_INVALID);
    g_assert_nonnull(strstr(error->message, part));
    settings_clear(&s);
}

static void test_refusals(void)
{
    refuse("[rocketchat]\nrate_limit = 5\n", "rate_limit in section [rocketchat]");
    refuse("[rockets]\n", "[rockets]");
    refuse("[http]\nloops = 65\n", "[http] loops must be a whole number from 0 to 64");
    refuse("[http]\nloops = two\n", "[http] loops");
    refuse("[agendize]\ndate_bounds = both\n", "natural literal");
    refuse("[genesys]\nlenient = maybe\n", "true or false");
    refuse("listen = 1\n", "malformed");
}

static void test_precedence(void)
{
    const char *argv_list[] = {"parley", "--http-loops", "3", "--genesys-lenient", NULL};
    g_auto(GStrv) argv = g_strdupv((char **)argv_list);
    struct settings_source source = {0};
    struct settings s;
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    settings_options(context, &source, true, NULL);
    g_assert_true(g_option_context_parse_strv(context, &argv, &error));
    g_setenv("PARLEY_HTTP_LOOPS", "2", TRUE);
    g_setenv("PARLEY_GENESYS_ALIAS", "9", TRUE);
    g_assert_true(settings_load(&s, &source, &error));
    g_assert_no_error(error);
    g_assert_cmpint(s.http_loops, ==, 3);
    g_assert_true(s.genesys_lenient);
    g_assert_cmpstr(s.genesys_alias, ==, "9");
    settings_clear(&s);
    g_setenv("PARLEY_HTTP_LOOPS", "many", TRUE);
    g_assert_false(settings_load(&s, &source, &error));
    g_assert_nonnull(strstr(error->message, "PARLEY_HTTP_LOOPS"));
    g_unsetenv("PARLEY_HTTP_LOOPS");
    g_unsetenv("PARLEY_GENESYS_ALIAS");
    settings_source_clear(&source);
}

/* What `parley settings` prints reads back as the same settings. */
static void test_written_file_reads_back(void)
{
    struct settings s, again;
    struct buf first, second;
    buf_init(&first, 1 << 20);
    buf_init(&second, 1 << 20);
    settings_init(&s);
    settings_init(&again);
    g_assert_true(settings_read_text(&s, STR("[http]\nloops = 7\n[genesys]\nprefix=/chat\n"), NULL));
    settings_write_file(&s, &first);
    g_assert_true(settings_read_text(&again, buf_str(&first), NULL));
    settings_write_file(&again, &second);
    g_assert_true(str_equal(buf_str(&first), buf_str(&second)));
    settings_clear(&s);
    settings_clear(&again);
    buf_clear(&first);
    buf_clear(&second);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/settings/defaults_and_file", test_defaults_and_file);
    g_test_add_func("/settings/refusals", test_refusals);
    g_test_add_func("/settings/precedence", test_precedence);
    g_test_add_func("/settings/written_file_reads_back", test_written_file_reads_back);
    return g_test_run();
}
