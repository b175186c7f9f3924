/* Every call of the store fails in turn, in a small scenario whose operations are tried again until they are done: in
 * the end each is there exactly once, and nothing half. */
#include "core/erase.h"
#include "core/fixture.h"
#include "core/history.h"

#include "base/log.h"

enum { MAX_CALLS = 2000, MAX_TRIES = 100000 };

/* Tries an operation until it is done; `done_as` is the refusal that says that it was done before, without its answer.
 */
static void insist(struct op *(*make)(struct fixture *f, void *op), void (*clear)(struct op *op), struct fixture *f,
                   void *place, enum reason done_as)
{
    bool unknown = false, done = false;
    for (int tries = 0; !done; tries++) {
        GError *error = NULL;
        struct op *op = make(f, place);
        g_assert_cmpint(tries, <, MAX_TRIES);
        done = core_run(op, &error);
        if (error && reason_of(error) == done_as && unknown)
            done = true;
        unknown |= error && reason_of(error) == REASON_COMMIT_UNKNOWN;
        if (!done && reason_class(reason_of(error)) != CLASS_IO && reason_class(reason_of(error)) != CLASS_UNAVAILABLE)
            g_error("try %d: %s", tries, error->message);
        if (!done)
            g_usleep(100); /* a retry's pause */
        g_clear_error(&error);
        clear(op);
    }
}

static struct op *make_company(struct fixture *f, void *place)
{
    static struct company company;
    struct account_op *op = place;
    company = (struct company){.name = STR("Test"), .time_zone = STR("UTC")};
    account_op_init(op, f->core);
    op->company = &company;
    return &op->op;
}

static struct op *make_import(struct fixture *f, void *place)
{
    struct import_op *op = place;
    import_op_init(op, f->core);
    op->company = f->company;
    op->lines = arena_array(&op->op.arena, 2, sizeof *op->lines);
    op->lines[0] =
        fixture_line(f, "{'id':'s1','visitor':{'id':'v1'},'participants':[{'id':1,'type':'Client','name':'A'}],"
                        "'events':[{'type':'message','at':1000,'by':1,'text':'one'}]}");
    op->lines[1] =
        fixture_line(f, "{'id':'s2','visitor':{'id':'v2'},'participants':[{'id':1,'type':'Client','name':'A'}],"
                        "'events':[{'type':'message','at':2000,'by':1,'text':'two'}]}");
    op->line_count = 2;
    return &op->op;
}

static void clear_import(struct op *op)
{
    import_op_clear((struct import_op *)op);
}

static struct op *make_open(struct fixture *f, void *place)
{
    struct open_op *op = place;
    open_op_init(op, f->core);
    op->company = f->company;
    op->line = fixture_line(f, "{'id':'s3','dialect':'genesys','visitor':{'id':'v3'},'participants':[{'id':1,"
                               "'type':'Client','name':'A'}],'events':[{'type':'joined','at':1,'by':1}]}");
    op->user_id = STR("user");
    op->secure_key = STR("key");
    op->live_chat = true;
    return &op->op;
}

static struct op *make_one(struct fixture *f, void *place, struct event e)
{
    static struct event event;
    struct append_op *op = place;
    event = e;
    event.participant = 1;
    event.time_ms = NO_TIME;
    append_op_init(op, f->core);
    op->company = f->company;
    op->session_id = STR("s3");
    op->events = &event;
    op->event_count = 1;
    return &op->op;
}

static struct op *make_append(struct fixture *f, void *place)
{
    return make_one(f, place, (struct event){.kind = EVENT_MESSAGE, .id = STR("m1"), .text = STR("hi")});
}

static struct op *make_edit(struct fixture *f, void *place)
{
    return make_one(f, place, (struct event){.kind = EVENT_EDIT, .target = 2, .id = STR("e1"), .text = STR("hello")});
}

static struct op *make_erase(struct fixture *f, void *place)
{
    struct erase_op *op = place;
    erase_op_init(op, f->core);
    op->company = f->company;
    op->visitor_id = STR("v1");
    return &op->op;
}

/* A restart goes on with what failed. */
static void insist_on_finish(struct fixture *f, struct fault **fault, bool *fired)
{
    GError *error = NULL;
    if (erase_scrub(f->core, NULL, &error))
        return;
    g_assert_cmpint(reason_class(reason_of(error)), ==, CLASS_IO);
    g_clear_error(&error);
    *fired = true;
    fixture_stop(f);
    g_assert_true(fixture_start_faulty(f, 0, REASON_DISK_FULL, fault));
    g_assert_true(erase_scrub(f->core, NULL, &error));
}

static int64_t first_company(struct fixture *f)
{
    struct company *companies;
    size_t count;
    g_assert_true(store_companies(fixture_read(f), &f->arena, &companies, &count, NULL));
    fixture_read_end(f);
    g_assert_cmpuint(count, ==, 1);
    return companies[0].number;
}

static void no_finding(void *data, const char *text)
{
    (void)data;
    g_error("%s", text);
}

static bool run_scenario(int n, enum reason reason)
{
    struct fixture f;
    struct fault *fault;
    union {
        struct account_op account;
        struct import_op import;
        struct open_op open;
        struct append_op append;
        struct erase_op erase;
    } op;
    fixture_open_empty(&f);
    bool fired = !fixture_start_faulty(&f, n, reason, &fault);
    if (fired)
        g_assert_true(fixture_start_faulty(&f, 0, reason, &fault));
    insist(make_company, op_clear, &f, &op, REASON_NAME_TAKEN);
    fired |= fault_fired(fault); /* the checks' own reads are not to fail */
    f.company = fired ? first_company(&f) : 1;
    insist(make_import, clear_import, &f, &op, REASON_COUNT);
    insist(make_open, op_clear, &f, &op, REASON_SESSION_EXISTS);
    insist(make_append, op_clear, &f, &op, REASON_COUNT);
    insist(make_edit, op_clear, &f, &op, REASON_COUNT);
    insist(make_erase, op_clear, &f, &op, REASON_VISITOR_UNKNOWN);
    insist_on_finish(&f, &fault, &fired);
    fired |= fault_fired(fault);
    fault_arm(fault, 0, reason);
    g_assert_cmpstr(fixture_transcript(&f, "s2"), ==, "message:1:two");
    g_assert_cmpstr(fixture_transcript(&f, "s3"), ==, "joined:1: message:1:hello edit:1:hello");
    g_assert_true(fixture_session(&f, "s1").session.erased);
    GError *error = NULL;
    g_assert_true(store_check(f.reader, no_finding, NULL, NULL, &error));
    g_assert_no_error(error);
    fixture_close(&f);
    return fired;
}

static void test_every_call(gconstpointer data)
{
    enum reason reason = (enum reason)GPOINTER_TO_INT(data);
    int n = 1;
    log_set_level((enum log_level)(LOG_LEVEL_ERROR + 1)); /* it will complain a lot */
    while (run_scenario(n, reason))
        g_assert_cmpint(n++, <, MAX_CALLS);
    g_assert_cmpint(n, >, 50); /* the scenario makes that many calls at least */
    log_set_level(LOG_LEVEL_INFO);
}

int main(int argc, char **argv)
{
    id_library_init();
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/fault/every-call/disk-full", GINT_TO_POINTER(REASON_DISK_FULL), test_every_call);
    return g_test_run();
}
