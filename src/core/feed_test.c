/* The feed is the log, once, in the order of the commits, whatever the pages, and tells nothing that is gone. */
#include "core/erase.h"
#include "core/feed.h"
#include "core/fixture.h"

#include <glib/gstdio.h>
#include <pthread.h>

enum { PATIENCE_S = 60 };

#define SESSION(id, visitor, events) \
    "{'id':'" id "','visitor':{'id':'" visitor "','name':'MARKER','token':'KEY " visitor "'},'participants':[" \
    "{'id':1,'type':'Client','name':'MARKER'},{'id':2,'type':'Agent','name':'B'}],'events':[" events "]}"
#define MESSAGE(text) "{'type':'message','at':1000,'by':1,'text':'" text "'}"

static struct feed_page read_page(struct fixture *f, const struct feed_filter *filter, struct feed_place after,
                                  size_t limit)
{
    GError *error = NULL;
    struct feed_page page;
    feed_read(fixture_read(f), filter, after, limit, &f->arena, &page, &error);
    g_assert_no_error(error);
    return page;
}

/* "open:a.0 append:a.1=text ..." in pages of that many, each going on by its cursor. */
static const char *tell(struct fixture *f, const struct feed_filter *filter, struct feed_place after, size_t limit)
{
    GString *told = g_string_new("");
    bool complete = false;
    while (!complete) {
        struct feed_page page = read_page(f, filter, after, limit);
        for (size_t i = 0; i < page.count; i++) {
            const struct feed_change *c = &page.changes[i];
            struct str text = event_current_text(&c->event);
            g_string_append_printf(told, "%s%.*s:%.*s.%u", told->len ? " " : "", STR_ARG(feed_kind_name(c->kind)),
                                   STR_ARG(c->view->session.id), c->event.index);
            if (text.len)
                g_string_append_printf(told, "=%.*s", STR_ARG(text));
            g_assert_cmpint(c->time_ms, >, 0);
            g_assert_cmpint(feed_place_compare(c->place, after), >, 0);
        }
        GError *error = NULL;
        feed_cursor_read(f->core, f->company, feed_cursor(f->core, f->company, page.next, &f->arena), &after, &f->arena,
                         &error);
        g_assert_no_error(error);
        complete = page.complete;
    }
    struct str text = arena_str(&f->arena, str_from(told->str, told->len));
    g_string_free(told, TRUE);
    return text.ptr;
}

static struct feed_filter all_of(const struct fixture *f)
{
    return (struct feed_filter){.company = f->company, .kinds = FEED_ALL_KINDS};
}

static const char *tell_all(struct fixture *f)
{
    const struct feed_filter all = all_of(f);
    return tell(f, &all, (struct feed_place){0}, 7);
}

static void append(struct fixture *f, const char *session, enum event_kind kind, uint32_t target, const char *text)
{
    struct event e = {.kind = kind,
                      .participant = kind == EVENT_TAKE || kind == EVENT_USER_DATA ? 0 : 1,
                      .time_ms = NO_TIME,
                      .target = target,
                      .text = text ? str_from_c(text) : STR_NULL};
    if (kind == EVENT_TAKE)
        e.data = STR("{\"operator\":{\"username\":\"bob\"},\"participant\":2}");
    g_assert_true(fixture_append(f, session, e, NULL));
}

static void erase(struct fixture *f, const char *visitor)
{
    GError *error = NULL;
    struct erase_op op;
    erase_op_init(&op, f->core);
    op.company = f->company;
    op.visitor_id = str_from_c(visitor);
    core_run(&op.op, &error);
    g_assert_no_error(error);
    op_clear(&op.op);
}

static void test_order(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    int64_t other = fixture_add_company(&f, "Other", "UTC");
    fixture_import(&f, SESSION("a", "v", MESSAGE("one") "," MESSAGE("two")), NULL);
    fixture_import(&f, SESSION("b", "v", MESSAGE("three")), NULL);
    append(&f, "a", EVENT_MESSAGE, 0, "four");
    append(&f, "b", EVENT_EDIT, 1, "five");
    append(&f, "a", EVENT_TAKE, 0, NULL);
    append(&f, "b", EVENT_USER_DATA, 0, NULL);
    append(&f, "a", EVENT_DELETE, 3, NULL);
    append(&f, "b", EVENT_CLOSED, 0, NULL);
    static const char whole[] = "open:a.0 append:a.1=one append:a.2=two open:b.0 append:b.1=five append:a.3 "
                                "edit:b.2=five take:a.4 visitor:b.3 delete:a.5 close:b.4";
    struct feed_filter filter = all_of(&f);
    for (size_t limit = 1; limit < 20; limit++)
        g_assert_cmpstr(tell(&f, &filter, (struct feed_place){0}, limit), ==, whole);

    /* From behind any change what is told is the rest. */
    struct feed_page page = read_page(&f, &filter, (struct feed_place){0}, 100);
    const char *rest = whole;
    for (size_t i = 0; i < page.count; i++) {
        rest = strchr(rest, ' ') ? strchr(rest, ' ') + 1 : "";
        g_assert_cmpstr(tell(&f, &filter, page.changes[i].place, 2), ==, rest);
    }
    fixture_reopen(&f);
    g_assert_cmpstr(tell_all(&f), ==, whole);

    filter.kinds = 1u << FEED_OPEN | 1u << FEED_CLOSE;
    g_assert_cmpstr(tell(&f, &filter, (struct feed_place){0}, 2), ==, "open:a.0 open:b.0 close:b.4");
    filter = all_of(&f);
    filter.session = fixture_session(&f, "a").session.number;
    g_assert_cmpstr(tell(&f, &filter, (struct feed_place){0}, 2), ==,
                    "open:a.0 append:a.1=one append:a.2=two append:a.3 take:a.4 delete:a.5");
    filter = (struct feed_filter){.company = other, .kinds = FEED_ALL_KINDS};
    g_assert_true(read_page(&f, &filter, (struct feed_place){0}, 10).complete);
    g_assert_cmpuint(read_page(&f, &filter, (struct feed_place){0}, 10).count, ==, 0);
    fixture_close(&f);
}

/* What an edit said is told while it stands, and no more when something came after it. */
static void test_revised(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    fixture_import(&f, SESSION("a", "v", MESSAGE("first")), NULL);
    append(&f, "a", EVENT_EDIT, 1, "second");
    append(&f, "a", EVENT_EDIT, 1, "third");
    g_assert_cmpstr(tell_all(&f), ==, "open:a.0 append:a.1=third edit:a.2 edit:a.3=third");
    append(&f, "a", EVENT_DELETE, 1, NULL);
    g_assert_cmpstr(tell_all(&f), ==, "open:a.0 append:a.1 edit:a.2 edit:a.3 delete:a.4");
    fixture_close(&f);
}

static bool holds(struct str text, const char *word)
{
    return text.len && memmem(text.ptr, text.len, word, strlen(word));
}

/* Of an erased session every change is there, from the beginning, and says nothing. */
static void test_erased(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    fixture_import(&f, SESSION("a", "v", MESSAGE("MARKER")), NULL);
    append(&f, "a", EVENT_EDIT, 1, "MARKER again");
    fixture_import(&f, SESSION("b", "w", MESSAGE("stays")), NULL);
    struct feed_filter all = all_of(&f);
    struct feed_page page = read_page(&f, &all, (struct feed_place){0}, 10);
    g_assert_true(holds(page.changes[0].event.data, "MARKER"));
    g_assert_false(holds(page.changes[0].event.data, "KEY")); /* a token is nobody's to read */
    erase(&f, "v");
    for (int round = 0; round < 2; round++) {
        g_assert_cmpstr(tell_all(&f), ==, "open:a.0 append:a.1 edit:a.2 open:b.0 append:b.1=stays erase:a.3");
        page = read_page(&f, &all, (struct feed_place){0}, 10);
        for (size_t i = 0; i < 3; i++) {
            const struct feed_change *c = &page.changes[i];
            g_assert_true(c->event.erased && !c->event.text.ptr && !c->event.data.ptr && !c->event.id.ptr);
            for (size_t k = 0; k < c->view->participant_count; k++)
                g_assert_false(holds(c->view->participants[k].name, "MARKER"));
        }
        fixture_read_end(&f);
        g_assert_true(erase_finish(f.core, NULL, NULL)); /* the payloads are gone, too */
    }
    fixture_close(&f);
}

/* Internal events, and what revises them, are for who may see notes. */
static void test_notes(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    fixture_import(&f, SESSION("a", "v", MESSAGE("hello")), NULL);
    struct event note = {.kind = EVENT_MESSAGE,
                         .participant = 2,
                         .time_ms = NO_TIME,
                         .text = STR("rude"),
                         .data = STR("{\"visibility\":\"internal\"}")};
    g_assert_true(fixture_append(&f, "a", note, NULL));
    append(&f, "a", EVENT_EDIT, 2, "very rude");
    struct feed_filter filter = all_of(&f);
    struct caller viewer = {.kind = CALLER_BEARER, .company = f.company, .rights = RIGHT_READ};
    filter.viewer = &viewer;
    g_assert_cmpstr(tell(&f, &filter, (struct feed_place){0}, 1), ==, "open:a.0 append:a.1=hello");
    viewer.rights |= RIGHT_NOTES;
    g_assert_cmpstr(tell(&f, &filter, (struct feed_place){0}, 1), ==,
                    "open:a.0 append:a.1=hello append:a.2=very rude edit:a.3=very rude");
    viewer =
        (struct caller){.kind = CALLER_OPERATOR, .company = f.company, .roles = ROLE_AGENT, .username = STR("bob")};
    viewer.rights = access_rights(viewer.roles);
    append(&f, "a", EVENT_TAKE, 0, NULL);
    fixture_import(&f, SESSION("b", "v", MESSAGE("not theirs") ",{'type':'closed','at':2000,'by':1}"), NULL);
    g_assert_cmpstr(tell(&f, &filter, (struct feed_place){0}, 1), ==,
                    "open:a.0 append:a.1=hello append:a.2=very rude edit:a.3=very rude take:a.4");
    fixture_close(&f);
}

/* ---- cursors ---- */

static void refuse(struct fixture *f, int64_t company, struct str cursor, enum reason reason, struct feed_place *place)
{
    GError *error = NULL;
    g_assert_false(feed_cursor_read(f->core, company, cursor, place, &f->arena, &error));
    g_assert_cmpint(reason_of(error), ==, reason);
    g_assert_true(str_equal(reason_field(error), STR("after")));
    g_clear_error(&error);
}

static void test_cursors(void)
{
    struct fixture f;
    struct feed_place place;
    fixture_open(&f, 0);
    int64_t other = fixture_add_company(&f, "Other", "UTC");
    struct str cursor = feed_cursor(f.core, f.company, (struct feed_place){7, 2}, &f.arena);
    refuse(&f, other, cursor, REASON_CURSOR_INVALID, &place);
    refuse(&f, f.company, STR(""), REASON_CURSOR_INVALID, &place);
    refuse(&f, f.company, STR("x"), REASON_CURSOR_INVALID, &place);
    for (size_t i = 0; i < cursor.len; i++) {
        char *changed = (char *)arena_str(&f.arena, cursor).ptr;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        refuse(&f, f.company, str_from(changed, cursor.len), REASON_CURSOR_INVALID, &place);
    }
    fixture_reopen(&f);
    g_assert_true(feed_cursor_read(f.core, f.company, cursor, &place, &f.arena, NULL));
    g_assert_cmpint(feed_place_compare(place, (struct feed_place){7, 2}), ==, 0);
    fixture_close(&f);
}

/* Another core on a copy of this one as it stands, as `restore` makes it. */
static void restore(struct fixture *f, struct fixture *copy)
{
    GError *error = NULL;
    struct fault *fault;
    g_autofree char *path = g_strconcat(f->directory, ".copy", NULL);
    store_backup(core_store(f->core), path, NULL, &error);
    g_assert_no_error(error);
    fixture_open_empty(copy);
    store_restore(copy->directory, path, &error);
    g_assert_no_error(error);
    g_unlink(path);
    g_assert_true(fixture_start_faulty(copy, 0, REASON_INTERNAL, &fault));
    copy->company = f->company;
}

static struct feed_place last_place(struct fixture *f)
{
    struct feed_filter all = all_of(f);
    return read_page(f, &all, (struct feed_place){0}, 100).next;
}

static struct str last_cursor(struct fixture *f)
{
    return feed_cursor(f->core, f->company, last_place(f), &f->arena);
}

/* `cursor` was given by `from`, and `to` shares with it what stands up to `shared`. */
static void goes_on(struct fixture *to, struct str cursor, struct feed_place shared, bool is_there, const char *rest)
{
    struct feed_place place;
    struct feed_filter all = all_of(to);
    GError *error = NULL;
    g_assert_true(feed_cursor_read(to->core, to->company, cursor, &place, &to->arena, &error) == is_there);
    if (!is_there)
        g_assert_error(error, REASON, REASON_CURSOR_GONE);
    g_clear_error(&error);
    g_assert_cmpint(place.number, ==, shared.number);
    g_assert_cmpstr(tell(to, &all, place, 3), ==, rest);
}

/* A tree of copies:  a ── b ── c        first restored at a, goes on with d; nested restored from first at d, with e;
 *                     └── d ── e        second restored at b, goes on with g.
 *                                                                                                                   */
static void test_restored(void)
{
    struct fixture f, first, nested, second;
    fixture_open(&f, 0);
    fixture_import(&f, SESSION("a", "v", MESSAGE("1")), NULL);
    struct feed_place at_a = last_place(&f);
    struct str a = last_cursor(&f);
    restore(&f, &first);
    fixture_import(&f, SESSION("b", "v", ""), NULL);
    struct feed_place at_b = last_place(&f);
    struct str b = last_cursor(&f);
    restore(&f, &second);
    fixture_import(&f, SESSION("c", "v", ""), NULL);
    struct str c = last_cursor(&f);
    fixture_import(&first, SESSION("d", "v", ""), NULL);
    struct feed_place at_d = last_place(&first);
    struct str d = last_cursor(&first);
    restore(&first, &nested);
    fixture_import(&nested, SESSION("e", "v", ""), NULL);
    struct str e = last_cursor(&nested);
    fixture_import(&second, SESSION("g", "v", ""), NULL);

    g_assert_true(str_equal(a, feed_cursor(nested.core, f.company, at_a, &f.arena))); /* the same in every copy */
    goes_on(&f, a, at_a, true, "open:b.0 open:c.0");
    goes_on(&first, a, at_a, true, "open:d.0");
    goes_on(&first, b, at_a, false, "open:d.0");
    goes_on(&first, c, at_a, false, "open:d.0");
    goes_on(&first, d, at_d, true, "");
    goes_on(&nested, d, at_d, true, "open:e.0");
    goes_on(&nested, c, at_a, false, "open:d.0 open:e.0");
    goes_on(&second, b, at_b, true, "open:g.0");
    goes_on(&second, c, at_b, false, "open:g.0");
    goes_on(&second, d, at_a, false, "open:b.0 open:g.0");
    goes_on(&second, e, at_a, false, "open:b.0 open:g.0");
    goes_on(&first, e, at_d, false, "");

    fixture_close(&nested);
    fixture_close(&second);
    fixture_close(&first);
    fixture_close(&f);
}

/* ---- waiting ---- */

/* Follows until it has seen so many changes. */
struct follower {
    struct waiter waiter;
    pthread_t thread;
    struct core *core;
    struct feed_filter filter;
    struct feed_watch watch;
    size_t wanted;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool is_woken;
};

static void wake(struct waiter *waiter)
{
    struct follower *follower = (struct follower *)waiter;
    pthread_mutex_lock(&follower->lock);
    follower->is_woken = true;
    pthread_cond_signal(&follower->woken);
    pthread_mutex_unlock(&follower->lock);
}

static void wait_for_more(struct follower *follower)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    feed_watch_wait(&follower->watch, &follower->waiter);
    pthread_mutex_lock(&follower->lock);
    while (!follower->is_woken)
        g_assert_cmpint(pthread_cond_timedwait(&follower->woken, &follower->lock, &until), ==, 0);
    follower->is_woken = false;
    pthread_mutex_unlock(&follower->lock);
}

static void *follow(void *data)
{
    struct follower *follower = data;
    struct feed_place place = {0};
    struct store_reader *reader = core_reader_open(follower->core, NULL);
    uint32_t next[2] = {0}; /* of session a and b */
    for (size_t seen = 0; seen < follower->wanted;) {
        struct arena a;
        struct feed_page page;
        arena_init(&a);
        feed_watch_mark(&follower->watch);
        struct store_txn *txn = core_read_begin(reader, NULL);
        g_assert_true(feed_read(txn, &follower->filter, place, 5, &a, &page, NULL));
        core_read_end(txn);
        for (size_t i = 0; i < page.count; i++) {
            uint32_t *index = &next[page.changes[i].view->session.id.ptr[0] == 'b'];
            g_assert_cmpuint(page.changes[i].event.index, ==, (*index)++);
        }
        seen += page.count;
        place = page.next;
        if (page.complete && seen < follower->wanted)
            wait_for_more(follower);
        arena_clear(&a);
    }
    store_reader_close(reader);
    return NULL;
}

/* Whoever waits is woken, never too late, also by what comes behind a session's end. */
static void test_watch(void)
{
    enum { MESSAGES = 200 };
    struct fixture f;
    struct follower followers[2];
    fixture_open(&f, 0);
    fixture_import(&f, SESSION("a", "v", ""), NULL);
    fixture_import(&f, SESSION("b", "w", ""), NULL);
    append(&f, "b", EVENT_CLOSED, 0, NULL);
    for (int i = 0; i < 2; i++) {
        struct follower *follower = &followers[i];
        *follower = (struct follower){.waiter.wake = wake, .core = f.core, .filter = all_of(&f)};
        follower->wanted = i ? 2 + MESSAGES : 3 + 2 * MESSAGES; /* the head, the close */
        pthread_mutex_init(&follower->lock, NULL);
        pthread_cond_init(&follower->woken, NULL);
        g_assert_true(feed_watch_init(&follower->watch, f.core, f.reader, f.company, i ? STR("b") : STR_NULL,
                                      &follower->filter.session, NULL));
        g_assert_cmpint(pthread_create(&follower->thread, NULL, follow, follower), ==, 0);
    }
    for (int i = 0; i < MESSAGES; i++) {
        append(&f, "a", EVENT_MESSAGE, 0, "x");
        append(&f, "b", EVENT_USER_DATA, 0, NULL);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(followers[i].thread, NULL);
        feed_watch_clear(&followers[i].watch);
        pthread_mutex_destroy(&followers[i].lock);
        pthread_cond_destroy(&followers[i].woken);
    }
    GError *error = NULL;
    struct feed_watch watch;
    int64_t number;
    g_assert_false(feed_watch_init(&watch, f.core, f.reader, f.company, STR("nothing"), &number, &error));
    g_assert_error(error, REASON, REASON_SESSION_UNKNOWN);
    g_clear_error(&error);
    fixture_close(&f);
}

/* Once unwaited nobody is woken any more. */
static void test_unwait(void)
{
    struct fixture f;
    struct follower follower = {
        .waiter.wake = wake, .lock = PTHREAD_MUTEX_INITIALIZER, .woken = PTHREAD_COND_INITIALIZER};
    int64_t number;
    fixture_open(&f, 0);
    fixture_import(&f, SESSION("a", "v", ""), NULL);
    for (int i = 0; i < 2; i++) {
        g_assert_true(
            feed_watch_init(&follower.watch, f.core, f.reader, f.company, i ? STR("a") : STR_NULL, &number, NULL));
        feed_watch_mark(&follower.watch);
        feed_watch_wait(&follower.watch, &follower.waiter);
        feed_watch_unwait(&follower.watch, &follower.waiter);
        append(&f, "a", EVENT_MESSAGE, 0, "x");
        g_assert_false(follower.is_woken);
        feed_watch_wait(&follower.watch, &follower.waiter); /* the mark is old: at once */
        g_assert_true(follower.is_woken);
        follower.is_woken = false;
        feed_watch_clear(&follower.watch);
    }
    fixture_close(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/feed/order", test_order);
    g_test_add_func("/feed/revised", test_revised);
    g_test_add_func("/feed/erased", test_erased);
    g_test_add_func("/feed/notes", test_notes);
    g_test_add_func("/feed/cursors", test_cursors);
    g_test_add_func("/feed/restored", test_restored);
    g_test_add_func("/feed/watch", test_watch);
    g_test_add_func("/feed/unwait", test_unwait);
    return g_test_run();
}
