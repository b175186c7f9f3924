#include "base/clock.h"
#include "core/erase.h"
#include "core/fixture.h"
#include "core/history.h"
#include "core/internal.h"
#include "text/time.h"

#include <time.h>

static const char *const lines[] = {
    "{'id':'s1','visitor':{'id':'v1','name':'MARKER'},'participants':[{'id':1,'type':'Client','name':'MARKER'}],'"
    "events':"
    "[{'type':'message','at':1000,'by':1,'text':'MARKER one'},{'type':'message','at':2000,'by':1,'text':'two'}]}",
    "{'id':'s2','visitor':{'id':'v1'},'participants':[{'id':1,'type':'Client','name':'Ann'}],'events':"
    "[{'type':'message','at':5000,'by':1,'text':'MARKER three'},{'type':'closed','at':6000,'by':1}]}",
    "{'id':'s3','visitor':{'id':'v2'},'participants':[{'id':1,'type':'Client','name':'Cid'}],'events':"
    "[{'type':'message','at':5000,'by':1,'text':'stays'}]}",
};

static bool erase(struct fixture *f, const char *visitor, int64_t *sessions, enum reason *reason)
{
    GError *error = NULL;
    struct erase_op op;
    erase_op_init(&op, f->core);
    op.company = f->company;
    op.visitor_id = str_from_c(visitor);
    bool done = core_run(&op.op, &error);
    *sessions = op.sessions;
    op_clear(&op.op);
    *reason = error ? reason_of(error) : REASON_COUNT;
    g_clear_error(&error);
    return done;
}

static bool directory_holds(struct fixture *f, const char *text)
{
    bool holds = false;
    GDir *dir = g_dir_open(f->directory, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        char *path = g_build_filename(f->directory, name, NULL), *bytes;
        gsize size;
        if (g_file_get_contents(path, &bytes, &size, NULL)) {
            holds |= memmem(bytes, size, text, strlen(text)) != NULL;
            g_free(bytes);
        }
        g_free(path);
    }
    g_dir_close(dir);
    return holds;
}

static struct summary sum(struct fixture *f)
{
    struct summary s;
    g_assert_true(history_summary(fixture_read(f), f->company, NO_TIME, NO_TIME, &s, NULL));
    fixture_read_end(f);
    return s;
}

static void check_nothing_is_read(struct fixture *f, const char *id)
{
    GError *error = NULL;
    struct session_view view = fixture_session(f, id);
    struct history_page page;
    struct head head;
    g_assert_true(view.session.erased);
    g_assert_cmpint(view.session.state, ==, SESSION_CLOSED);
    fixture_read(f);
    g_assert_true(history_events(f->txn, &view.session, HISTORY_FROM, 1, 100, &f->arena, &page, &error));
    for (size_t i = 0; i < page.count; i++) {
        g_assert_null(page.events[i].text.ptr);
        g_assert_null(page.events[i].data.ptr);
    }
    g_assert_true(history_head(f->txn, &view.session, &f->arena, &head, &error));
    g_assert_null(head.visitor.id.ptr);
    fixture_read_end(f);
}

/* Every event's seal, from the head on. */
static void check_chain(struct fixture *f, const char *id)
{
    GError *error = NULL;
    struct session_view view = fixture_session(f, id);
    struct event *events;
    size_t count;
    uint8_t chain[EVENT_CHAIN_SIZE] = {0};
    g_assert_true(
        store_events(fixture_read(f), &view.session, 0, UINT32_MAX, SIZE_MAX, &f->arena, &events, &count, &error));
    g_assert_cmpuint(count, ==, view.session.last_index + 1);
    for (size_t i = 0; i < count; i++) {
        struct event again = events[i];
        event_seal(&again, chain);
        g_assert_cmpmem(again.chain, sizeof again.chain, events[i].chain, sizeof events[i].chain);
        memcpy(chain, again.chain, sizeof chain);
    }
    g_assert_cmpmem(chain, sizeof chain, view.session.chain, sizeof chain);
    fixture_read_end(f);
}

static void test_erase(void)
{
    struct fixture f;
    GError *error = NULL;
    enum reason reason;
    int64_t erased;
    struct visitor v;
    fixture_open(&f, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        fixture_import(&f, lines[i], NULL);
    struct summary before = sum(&f);
    g_assert_true(directory_holds(&f, "MARKER"));
    g_assert_false(erase(&f, "nobody", &erased, &reason));
    g_assert_cmpint(reason, ==, REASON_VISITOR_UNKNOWN);

    g_assert_true(erase(&f, "v1", &erased, &reason));
    g_assert_cmpint(erased, ==, 2);
    check_nothing_is_read(&f, "s1");
    check_nothing_is_read(&f, "s2");
    g_assert_false(history_visitor(fixture_read(&f), f.company, STR("v1"), &f.arena, &v, NULL));
    g_assert_false(erase(&f, "v1", &erased, &reason));
    g_assert_cmpint(reason, ==, REASON_VISITOR_UNKNOWN);
    g_assert_false(fixture_append(&f, "s1", fixture_message(1, "x"), &reason));
    g_assert_cmpint(reason, ==, REASON_SESSION_ERASED);
    g_assert_cmpint(fixture_import(&f, lines[0], &reason), ==, -1);
    g_assert_cmpint(reason, ==, REASON_SESSION_ERASED);

    fixture_read_end(&f);
    g_assert_true(erase_scrub(f.core, NULL, &error));
    g_assert_false(directory_holds(&f, "MARKER"));
    check_nothing_is_read(&f, "s1");
    check_chain(&f, "s1");
    check_chain(&f, "s2");
    check_chain(&f, "s3");
    g_assert_cmpstr(fixture_transcript(&f, "s3"), ==, "message:1:stays");
    struct summary after = sum(&f);
    g_assert_cmpmem(&before, sizeof before, &after, sizeof after);

    /* The id is free for somebody new. */
    g_assert_cmpint(fixture_import(&f, "{'id':'s4','visitor':{'id':'v1'},'participants':[],'events':[]}", NULL), ==, 0);
    g_assert_true(history_visitor(fixture_read(&f), f.company, STR("v1"), &f.arena, &v, NULL));
    g_assert_cmpint(v.sessions, ==, 1);
    fixture_close(&f);
}

static bool cancel(void *data, int64_t done, int64_t total)
{
    (void)data, (void)done, (void)total;
    return false;
}

/* Stopped in the middle, it goes on at the next start. */
static void test_resume(void)
{
    struct fixture f;
    GError *error = NULL;
    enum reason reason;
    int64_t erased;
    fixture_open(&f, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        fixture_import(&f, lines[i], NULL);
    g_assert_true(erase(&f, "v1", &erased, &reason));
    struct store_progress progress = {.report = cancel};
    if (!erase_scrub(f.core, &progress, &error))
        g_assert_error(error, REASON, REASON_CANCELLED);
    g_clear_error(&error);
    fixture_reopen(&f);
    g_assert_true(erase_scrub(f.core, NULL, &error));
    bool erasing, scrub;
    int64_t owed_ms;
    g_assert_true(store_scrub_pending(fixture_read(&f), &erasing, &scrub, &owed_ms, &error));
    g_assert_false(erasing || scrub);
    fixture_read_end(&f);
    g_assert_false(directory_holds(&f, "MARKER"));
    fixture_close(&f);
}

/* A reader that holds the log open delays the scrub, and does not end it. */
static void test_reader_in_the_way(void)
{
    struct fixture f;
    GError *error = NULL;
    enum reason reason;
    int64_t erased;
    fixture_open(&f, 0);
    fixture_import(&f, lines[0], NULL);
    fixture_read(&f);
    g_assert_true(erase(&f, "v1", &erased, &reason));
    struct store_progress progress = {.report = cancel};
    g_assert_false(erase_scrub(f.core, &progress, &error));
    g_assert_error(error, REASON, REASON_CANCELLED);
    g_clear_error(&error);
    fixture_read_end(&f);
    g_assert_true(erase_scrub(f.core, NULL, &error));
    g_assert_no_error(error);
    g_assert_false(directory_holds(&f, "MARKER"));
    fixture_close(&f);
}

/* The next time that the clock shows it, across midnight and the change of summer time. */
static void test_due(void)
{
    static const struct {
        const char *zone, *owed, *due;
        int minute;
    } cases[] = {
        {"UTC", "2026-11-27T01:00:00.000Z", "2026-11-27T03:00:00.000Z", 180},
        {"UTC", "2026-11-27T03:00:00.000Z", "2026-11-28T03:00:00.000Z", 180},
        {"UTC", "2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00.000Z", 0},
        {"Europe/Berlin", "2026-11-27T01:30:00.000Z", "2026-11-27T02:00:00.000Z", 180},
        {"Europe/Berlin", "2026-03-28T12:00:00.000Z", "2026-03-29T01:00:00.000Z", 180}, /* after a night without 2:30 */
        {"Europe/Berlin", "2026-10-24T12:00:00.000Z", "2026-10-25T02:00:00.000Z", 180},
        {"America/New_York", "2026-07-01T06:59:59.000Z", "2026-07-01T07:00:00.000Z", 180},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct time_point owed, due;
        g_setenv("TZ", cases[i].zone, TRUE);
        tzset();
        g_assert_true(time_parse(str_from_c(cases[i].owed), STR_NULL, &owed, NULL));
        g_assert_true(time_parse(str_from_c(cases[i].due), STR_NULL, &due, NULL));
        g_assert_cmpint(erase_due_ms(owed.ms, cases[i].minute), ==, due.ms);
    }
    g_unsetenv("TZ");
    tzset();
}

static struct erase_counters counters_of(struct fixture *f)
{
    struct erase_counters counters;
    erase_counters(f->core, &counters);
    return counters;
}

/* Not at the erasure but when it is due, once for all; also when nobody ran at that time. */
static void test_scrub_when_due(void)
{
    enum { DAY_MS = 24 * 60 * 60 * 1000 };
    struct fixture f;
    GError *error = NULL;
    enum reason reason;
    int64_t erased;
    fixture_open(&f, 0);
    f.options.scrub_minute = 0;
    fixture_reopen(&f);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        fixture_import(&f, lines[i], NULL);
    g_assert_false(counters_of(&f).owed);
    g_assert_true(erase(&f, "v1", &erased, &reason));
    g_assert_true(erase_finish(f.core, NULL, &error));
    g_assert_true(counters_of(&f).owed);
    g_assert_cmpint(counters_of(&f).due_ms, >, clock_now_ms());
    eraser_tick(f.core->eraser);
    g_assert_true(erase_finish(f.core, NULL, &error));
    g_assert_cmpint(counters_of(&f).scrubs, ==, 0);
    fixture_reopen(&f);
    g_assert_true(counters_of(&f).owed); /* the store remembers */
    g_assert_cmpint(counters_of(&f).scrubs, ==, 0);
    eraser_owe(f.core->eraser, clock_now_ms() - 2 * DAY_MS);
    eraser_tick(f.core->eraser);
    g_assert_true(erase_finish(f.core, NULL, &error));
    g_assert_cmpint(counters_of(&f).scrubs, ==, 1);
    g_assert_false(counters_of(&f).owed);
    g_assert_false(directory_holds(&f, "MARKER"));
    g_assert_true(erase_scrub(f.core, NULL, &error)); /* nothing is owed: nothing is done */
    g_assert_cmpint(counters_of(&f).scrubs, ==, 1);
    fixture_close(&f);
}

int main(int argc, char **argv)
{
    id_library_init();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/erase/erase", test_erase);
    g_test_add_func("/erase/resume", test_resume);
    g_test_add_func("/erase/due", test_due);
    g_test_add_func("/erase/scrub-when-due", test_scrub_when_due);
    g_test_add_func("/erase/reader-in-the-way", test_reader_in_the_way);
    return g_test_run();
}
