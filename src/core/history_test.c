#include "core/fixture.h"
#include "core/history.h"

#define MESSAGE(at, text) ",{'type':'message','at':" at ",'by':1,'text':'" text "'}"
#define LINE(id, visitor, events) \
    "{'id':'" id "','visitor':{'id':'" visitor "'},'participants':[{'id':1,'type':'Client','name':'A'}],'events':[" \
    "{'type':'joined','at':1000,'by':1}" events "]}"

static const char *indices(struct fixture *f, const struct session *s, enum history_anchor anchor, uint32_t index,
                           size_t limit)
{
    GError *error = NULL;
    struct history_page page;
    history_events(f->txn, s, anchor, index, limit, &f->arena, &page, &error);
    g_assert_no_error(error);
    struct str text = STR("");
    for (size_t i = 0; i < page.count; i++)
        text = arena_printf(&f->arena, "%.*s%u ", STR_ARG(text), page.events[i].index);
    return arena_printf(&f->arena, "%.*s%s", STR_ARG(text), page.complete ? "complete" : "more").ptr;
}

static void test_pages(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    fixture_import(&f, LINE("s", "v", MESSAGE("1", "b") MESSAGE("2", "c") MESSAGE("3", "d") MESSAGE("4", "e")), NULL);
    struct session s = fixture_session(&f, "s").session;
    fixture_read(&f);
    static const struct {
        enum history_anchor anchor;
        uint32_t index;
        size_t limit;
        const char *answer;
    } cases[] = {
        {HISTORY_FROM, 0, 9, "1 2 3 4 5 complete"},
        {HISTORY_FROM, 1, 5, "1 2 3 4 5 complete"},
        {HISTORY_FROM, 2, 3, "2 3 4 more"},
        {HISTORY_FROM, 5, 3, "5 complete"},
        {HISTORY_FROM, 6, 3, "complete"},
        {HISTORY_AFTER, 0, 2, "1 2 more"},
        {HISTORY_AFTER, 3, 2, "4 5 complete"},
        {HISTORY_AFTER, UINT32_MAX, 2, "complete"},
        {HISTORY_BEFORE, 4, 2, "2 3 more"},
        {HISTORY_BEFORE, 3, 2, "1 2 complete"},
        {HISTORY_BEFORE, 2, 2, "1 complete"},
        {HISTORY_BEFORE, 1, 2, "complete"},
        {HISTORY_BEFORE, 0, 2, "complete"},
        {HISTORY_BEFORE, UINT32_MAX, 2, "4 5 more"},
        {HISTORY_AROUND, 3, 3, "2 3 4 more"},
        {HISTORY_AROUND, 1, 3, "1 2 3 more"},
        {HISTORY_AROUND, 5, 3, "3 4 5 more"},
        {HISTORY_AROUND, 3, 9, "1 2 3 4 5 complete"},
        {HISTORY_AROUND, 3, 5, "1 2 3 4 5 complete"},
        {HISTORY_AROUND, UINT32_MAX, 2, "4 5 more"},
        {HISTORY_AROUND, 3, 1, "3 more"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpstr(indices(&f, &s, cases[i].anchor, cases[i].index, cases[i].limit), ==, cases[i].answer);
    fixture_close(&f);
}

static void test_event_ids(void)
{
    struct fixture f;
    GError *error = NULL;
    struct event event;
    fixture_open(&f, 0);
    fixture_import(&f, LINE("s", "v", MESSAGE("1", "b") ",{'type':'message','at':2,'by':1,'id':'own','text':'c'}"),
                   NULL);
    struct session s = fixture_session(&f, "s").session;
    fixture_read(&f);
    g_assert_true(history_event(f.txn, &s, STR("s.2"), &f.arena, &event, &error));
    g_assert_cmpuint(event.index, ==, 2);
    g_assert_true(history_event(f.txn, &s, STR("own"), &f.arena, &event, &error));
    g_assert_cmpuint(event.index, ==, 3);
    static const char *const unknown[] = {"s.3", "s.0", "s.4", "s.02", "t.2", "", "s."};
    for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
        g_assert_false(history_event(f.txn, &s, str_from_c(unknown[i]), &f.arena, &event, &error));
        g_assert_error(error, REASON, REASON_EVENT_UNKNOWN);
        g_clear_error(&error);
    }
    fixture_close(&f);
}

static void test_lists(void)
{
    struct fixture f;
    GError *error = NULL;
    struct history_item *items;
    struct visitor v;
    size_t count;
    fixture_open(&f, 0);
    fixture_import(&f, LINE("a", "v1", MESSAGE("5000", "first")), NULL);
    fixture_import(&f, LINE("b", "v2", MESSAGE("6000", "second") MESSAGE("7000", "third")), NULL);
    fixture_import(&f, "{'id':'c','visitor':{'id':'v1'},'start':500,'participants':[],'events':[]}", NULL);
    fixture_read(&f);
    struct store_session_filter filter = {
        .company = f.company, .state = -1, .dialect = -1, .from_ms = NO_TIME, .to_ms = NO_TIME};
    g_assert_true(history_list(f.txn, &filter, NULL, false, 10, &f.arena, &items, &count, &error));
    g_assert_cmpuint(count, ==, 3);
    g_assert_cmpmem(items[0].session.id.ptr, 1, "a", 1);
    g_assert_cmpmem(items[0].visitor.id.ptr, 2, "v1", 2);
    g_assert_cmpmem(items[1].last_message.text.ptr, 5, "third", 5);
    g_assert_cmpuint(items[1].author.id, ==, 1);
    g_assert_cmpmem(items[1].visitor.id.ptr, 2, "v2", 2);
    g_assert_cmpuint(items[2].last_message.index, ==, 0);

    g_assert_true(history_visitor(f.txn, f.company, STR("v1"), &f.arena, &v, &error));
    g_assert_cmpint(v.sessions, ==, 2);
    g_assert_true(history_rooms(f.txn, &v, STORE_ROOM_START_ASC, 0, 0, &f.arena, &items, &count, &error));
    g_assert_cmpuint(count, ==, 2);
    g_assert_cmpmem(items[0].session.id.ptr, 1, "c", 1);
    g_assert_cmpmem(items[1].last_message.text.ptr, 5, "first", 5);
    g_assert_false(history_visitor(f.txn, f.company, STR("v9"), &f.arena, &v, &error));
    g_assert_error(error, REASON, REASON_VISITOR_UNKNOWN);
    g_clear_error(&error);
    g_assert_false(history_visitor(f.txn, f.company + 1, STR("v1"), &f.arena, &v, &error));
    g_clear_error(&error);
    fixture_close(&f);
}

static void test_summary_by(void)
{
    struct fixture f;
    GError *error = NULL;
    struct history_bucket *buckets;
    size_t count;
    const int64_t hour = 3600 * 1000, day = 24 * hour;
    fixture_open(&f, 0);
    fixture_read(&f);
    g_assert_true(history_summary_by(f.txn, f.company, NO_TIME, NO_TIME, HISTORY_DAY, STR("UTC"), &f.arena, &buckets,
                                     &count, &error));
    g_assert_cmpuint(count, ==, 0);
    fixture_import(&f, LINE("a", "v1", MESSAGE("3600000", "x") MESSAGE("3700000", "y")), NULL); /* 1970-01-01 01:00 */
    fixture_import(&f, LINE("b", "v1", MESSAGE("180000000", "x")), NULL);                       /* 1970-01-03 02:00 */
    fixture_read(&f);
    g_assert_true(history_summary_by(f.txn, f.company, NO_TIME, NO_TIME, HISTORY_DAY, STR("UTC"), &f.arena, &buckets,
                                     &count, &error));
    g_assert_cmpuint(count, ==, 3);
    g_assert_cmpint(buckets[0].start_ms, ==, 0);
    g_assert_cmpint(buckets[2].end_ms, ==, 3 * day);
    g_assert_cmpint(buckets[0].sum.sessions, ==, 1);
    g_assert_cmpint(buckets[0].sum.messages, ==, 2);
    g_assert_cmpint(buckets[0].sum.duration_ms, ==, 100000);
    g_assert_cmpint(buckets[1].sum.sessions, ==, 0);
    g_assert_cmpint(buckets[2].sum.sessions, ==, 1);
    /* Half-open bounds cut the first and last one. */
    g_assert_true(history_summary_by(f.txn, f.company, hour, 2 * day + 2 * hour, HISTORY_DAY, STR("UTC"), &f.arena,
                                     &buckets, &count, &error));
    g_assert_cmpuint(count, ==, 3);
    g_assert_cmpint(buckets[0].start_ms, ==, hour);
    g_assert_cmpint(buckets[2].end_ms, ==, 2 * day + 2 * hour);
    g_assert_cmpint(buckets[0].sum.sessions, ==, 1);
    g_assert_cmpint(buckets[2].sum.sessions, ==, 0);
    g_assert_false(history_summary_by(f.txn, f.company, 0, 6000 * hour, HISTORY_HOUR, STR("UTC"), &f.arena, &buckets,
                                      &count, &error));
    g_assert_error(error, REASON, REASON_FIELD_VALUE);
    g_assert_cmpstr(reason_field(error).ptr, ==, "by");
    g_clear_error(&error);
    g_assert_true(history_summary_by(f.txn, f.company, 0, 5000 * hour, HISTORY_HOUR, STR("UTC"), &f.arena, &buckets,
                                     &count, &error));
    g_assert_cmpuint(count, ==, 5000);
    g_assert_false(
        history_summary_by(f.txn, f.company, 0, 1, HISTORY_HOUR, STR("Nowhere"), &f.arena, &buckets, &count, &error));
    g_assert_error(error, REASON, REASON_ZONE_UNKNOWN);
    g_clear_error(&error);
    fixture_close(&f);
}

int main(int argc, char **argv)
{
    id_library_init();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/history/pages", test_pages);
    g_test_add_func("/history/event-ids", test_event_ids);
    g_test_add_func("/history/lists", test_lists);
    g_test_add_func("/history/summary-by", test_summary_by);
    return g_test_run();
}
