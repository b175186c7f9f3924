/* Paths, times and what a bad map is told. */
#include "port/format/format.h"
#include "port/format/guess.h"
#include "port/format/map.h"
#include "text/json_read.h"

#define MAP "[file]\ntype=csv\nrow=message\n"
#define KEYS "[map]\nsession.id=a\nevent.time=b\nevent.text=c\n"

static void assert_word(const char *path, const char *expected)
{
    static const char here[] =
        "{\"a\":{\"b\":[{\"c\":\"deep\"}],\"n\":7},\"x.y\":\"whole\",\"x\":{\"y\":\"parts\"},"
        "\"empty\":\"\",\"null\":null,\"json\":\"{\\\"k\\\":true}\",\"one\":\"1\",\"two\":\"2\"}";
    struct arena a;
    arena_init(&a);
    struct scope scope = {json_read(STR("{\"a\":\"top\"}"), JSON_TOP_OBJECT, &a, NULL),
                          json_read(str_from_c(here), JSON_TOP_OBJECT, &a, NULL)};
    const struct path *parsed = path_parse(str_from_c(path), &a);
    g_assert_nonnull(parsed);
    struct str word = path_word(parsed, &scope, &a);
    g_autofree char *text = word.ptr ? str_to_heap(word) : NULL;
    g_assert_cmpstr(text, ==, expected);
    arena_clear(&a);
}

static void test_paths_find_values(void)
{
    assert_word("a.b.0.c", "deep");
    assert_word("a.n", "7");
    assert_word("a.b.1.c", NULL);
    assert_word("a.b", NULL);
    assert_word("/a", "top");
    assert_word("x.y", "whole");
    assert_word("json.k", "true");
    assert_word("one.k", NULL);
    assert_word("nothing | empty | null | one | two", "1");
    assert_word("one + two", "1 2");
    assert_word("one + nothing | two", "2");
    assert_word("nothing | \"Client\"", "Client");
}

static void assert_refused(const char *text, const char *type, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(map_parse("my.ini", str_from_c(text), type, &error));
    g_assert_error(error, REASON, REASON_USAGE);
    g_assert_true(g_str_has_prefix(error->message, expected));
}

static void test_a_bad_map_is_told_its_group_and_key(void)
{
    assert_refused("# a remark\n\nnonsense\n", NULL, "my.ini:3: ");
    assert_refused(MAP KEYS "event.id\n", NULL, "my.ini:8: ");
    assert_refused("row=message\n", NULL, "my.ini:1: ");
    assert_refused(KEYS "[file]\nrow=message\n", NULL, "my.ini: [file] type: csv or json must stand here");
    assert_refused(MAP KEYS, "json", "my.ini: [file] type: another format was asked for");
    assert_refused("[file]\ntype=csv\nrow=line\n" KEYS, NULL, "my.ini: [file] row: message or session must stand here");
    assert_refused(MAP "colour=red\n" KEYS, NULL, "my.ini: [file] colour: there is no such key; there are about");
    assert_refused(MAP "time_zone=Berlin\n" KEYS, NULL, "my.ini: [file] time_zone: ");
    assert_refused(MAP "separator=ab\n" KEYS, NULL, "my.ini: [file] separator: one character or tab");
    assert_refused(MAP KEYS "event.colour=d\n", NULL,
                   "my.ini: [map] event.colour: there is no such key; there are session.id");
    assert_refused(MAP KEYS "event.id=\n", NULL, "my.ini: [map] event.id: a column or a dotted path");
    assert_refused(MAP "[map]\nsession.id=a\nevent.text=c\n", NULL, "my.ini: [map] event.time: ");
    assert_refused(MAP "[map]\nevent.time=b\nevent.text=c\n", NULL, "my.ini: [map] session.id: ");
    assert_refused(MAP KEYS "[colours]\nred=1\n", NULL, "my.ini: [colours]: there is no such group");
    assert_refused(MAP KEYS "[participant.type]\nkunde=Customer\n", NULL,
                   "my.ini: [participant.type] kunde: one of these must stand here: Client Agent Supervisor External");
}

static void assert_time(const char *format, const char *zone, const char *text, int64_t expected)
{
    g_autofree char *file = g_strdup_printf(MAP "time_format=%s\n" KEYS, format);
    g_autoptr(GError) error = NULL;
    struct map *map = map_parse("my.ini", str_from_c(file), NULL, &error);
    g_assert_no_error(error);
    int64_t ms = map_time(map, str_from_c(text), zone ? zone_get(str_from_c(zone), NULL) : NULL, &error);
    g_assert_cmpint(ms, ==, expected);
    if (expected == INT64_MIN)
        g_assert_error(error, REASON, REASON_TIME_INVALID);
    map_free(map);
}

static void test_times_of_people(void)
{
    assert_time("%d.%m.%Y %H:%M", "Europe/Berlin", "31.12.2024 13:05", INT64_C(1735646700000));
    assert_time("%d.%m.%Y %H:%M:%S | %d.%m.%Y %H:%M", "Europe/Berlin", " 31.12.2024 13:05 ", INT64_C(1735646700000));
    assert_time("%m/%d/%Y %I:%M %p", "UTC", "12/31/2024 01:05 PM", INT64_C(1735650300000));
    assert_time("%d.%m.%Y %H:%M %z", NULL, "31.12.2024 13:05 +0100", INT64_C(1735646700000));
    assert_time("seconds", NULL, "1735646700.5", INT64_C(1735646700500));
    assert_time("milliseconds", NULL, "1735646700500", INT64_C(1735646700500));
    assert_time("", "Europe/Berlin", "2024-12-31 13:05:00", INT64_C(1735646700000));
    assert_time("", NULL, "1735646700.25", INT64_C(1735646700250));
}

static void test_serial_dates_of_spreadsheets(void)
{
    assert_time("spreadsheet", "UTC", "45657.545138889", INT64_C(1735650300000));
    assert_time("spreadsheet", "Europe/Berlin", "45657,545138889", INT64_C(1735646700000));
    assert_time("spreadsheet", "UTC", "25569", 0);
    assert_time("spreadsheet | %d.%m.%Y", "UTC", "31.12.2024", INT64_C(1735603200000));
}

static void test_a_zone_is_asked_for_and_never_guessed(void)
{
    assert_time("%d.%m.%Y %H:%M", NULL, "31.12.2024 13:05", INT64_MIN);
    assert_time("spreadsheet", NULL, "45657.5", INT64_MIN);
    assert_time("", NULL, "2024-12-31 13:05:00", INT64_MIN);
}

/* 02:30 comes twice in October and never in March. */
static void test_hours_doubled_or_lost(void)
{
    assert_time("%d.%m.%Y %H:%M", "Europe/Berlin", "27.10.2024 02:30", INT64_C(1729989000000));
    assert_time("%d.%m.%Y %H:%M", "Europe/Berlin", "31.03.2024 02:30", INT64_C(1711848600000));
}

static void test_what_is_no_time(void)
{
    assert_time("%d.%m.%Y", "UTC", "30.02.2024", INT64_MIN);
    assert_time("%d.%m.%Y", "UTC", "01.01.2024 and more", INT64_MIN);
    assert_time("%d.%m.%Y", "UTC", "01.01.2200", INT64_MIN);
    assert_time("spreadsheet", "UTC", "yesterday", INT64_MIN);
    assert_time("seconds", NULL, "1e300", INT64_MIN);
    assert_time("seconds", NULL, "-5", INT64_MIN);
}

static void test_values_may_end_in_a_star(void)
{
    struct map *map = map_parse(
        "my.ini", STR(MAP KEYS "[participant.type]\nagent:system=External\nagent*=Agent\n*=Client\n"), NULL, NULL);
    g_assert_true(str_equal(map_word(map, TABLE_PARTICIPANT_TYPE, STR("agent:system")), STR("External")));
    g_assert_true(str_equal(map_word(map, TABLE_PARTICIPANT_TYPE, STR("agent:7")), STR("Agent")));
    g_assert_true(str_equal(map_word(map, TABLE_PARTICIPANT_TYPE, STR("Agent")), STR("Client")));
    g_assert_null(map_word(map, TABLE_PARTICIPANT_TYPE, STR("")).ptr);
    map_free(map);
}

static void test_every_preset_is_a_good_map(void)
{
    const struct format *format;
    int presets = 0;
    for (size_t i = 0; (format = format_at(i)); i++) {
        struct map *map = NULL;
        g_autoptr(GError) error = NULL;
        if (!format->map)
            continue;
        format_map(format, NULL, STR_NULL, &map, &error);
        g_assert_no_error(error);
        map_free(map);
        presets++;
    }
    g_assert_cmpint(presets, >, 10);
}

static void test_a_map_is_guessed_from_names_and_values(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *map = guess_map(STR("Chat-ID;Datum;Absender;Nachricht\n1;31.12.2024 13:05;Kunde;Hi\n1;31.12.2024 "
                                         "13:06;Tom;Hi\n"),
                                     &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(map, "time_format=%d.%m.%Y %H:%M\n"));
    g_assert_nonnull(strstr(map, "session.id=Chat-ID\nevent.time=Datum\nevent.text=Nachricht\n"));
    g_assert_nonnull(strstr(map, "\nKunde=Client\n# is this right?\nTom=Agent\n"));
    struct map *parsed = map_parse("guess", str_from_c(map), NULL, &error);
    g_assert_no_error(error);
    map_free(parsed);
    g_autofree char *western =
        guess_map(STR("chat,date,from,text\n1,03/05/2024 10:00,K\xfcnde,a\n1,03/25/2024 10:00,x,b\n"), &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(western, "encoding=windows-1252\n"));
    g_assert_nonnull(strstr(western, "time_format=%m/%d/%Y %H:%M\n"));
    g_autofree char *either = guess_map(STR("chat,date,text\n1,03/05/2024 10:00,a\n"), &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(
        either, "\ntime_format=%d/%m/%Y %H:%M\n# This fits as well; which is it?\n#time_format=%m/%d/%Y %H:%M\n"));
    g_assert_null(guess_map(STR("x,y\n1,2\n"), &error));
    g_assert_error(error, REASON, REASON_USAGE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/map/paths-find-values", test_paths_find_values);
    g_test_add_func("/map/a-bad-map-is-told-its-group-and-key", test_a_bad_map_is_told_its_group_and_key);
    g_test_add_func("/map/times-of-people", test_times_of_people);
    g_test_add_func("/map/serial-dates-of-spreadsheets", test_serial_dates_of_spreadsheets);
    g_test_add_func("/map/a-zone-is-asked-for-and-never-guessed", test_a_zone_is_asked_for_and_never_guessed);
    g_test_add_func("/map/hours-doubled-or-lost", test_hours_doubled_or_lost);
    g_test_add_func("/map/what-is-no-time", test_what_is_no_time);
    g_test_add_func("/map/values-may-end-in-a-star", test_values_may_end_in_a_star);
    g_test_add_func("/map/every-preset-is-a-good-map", test_every_preset_is_a_good_map);
    g_test_add_func("/map/a-map-is-guessed-from-names-and-values", test_a_map_is_guessed_from_names_and_values);
    return g_test_run();
}
