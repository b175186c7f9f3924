#include "core/conversation.h"
#include "core/fixture.h"
#include "core/history.h"

#include "base/clock.h"

#define ASSERT_STR(a, b) g_assert_cmpmem((a).ptr, (a).len, (b), strlen(b))

static const char chat[] = "{'id':'s1','visitor':{'id':'v1','name':'Ann'},"
                           "'participants':[{'id':1,'type':'Client','name':'Ann'},{'id':2,'type':'Agent','name':'Bob'},"
                           "{'id':3,'type':'External','name':'bot'}],'events':[{'type':'joined','at':1000,'by':1}]}";

static struct head head_of(struct fixture *f, const char *id)
{
    GError *error = NULL;
    struct head head;
    struct session_view view = fixture_session(f, id);
    history_head(fixture_read(f), &view.session, &f->arena, &head, &error);
    g_assert_no_error(error);
    fixture_read_end(f);
    return head;
}

static void test_open_live(void)
{
    struct fixture f;
    GError *error = NULL;
    fixture_open(&f, 0);
    int64_t before = clock_now_ms();
    g_assert_true(fixture_live(&f, chat, &error));
    struct session_view view = fixture_session(&f, "s1");
    g_assert_cmpint(view.session.start_ms, >=, before); /* stamped, not the line's 1000 */
    g_assert_cmpint(view.session.last_time_ms, ==, view.session.start_ms);
    g_assert_cmpuint(view.session.last_index, ==, 1);
    g_assert_cmpuint(view.participant_count, ==, 3);
    struct head head = head_of(&f, "s1");
    ASSERT_STR(head.visitor.username, "guest-1");
    g_assert_cmpuint(head.visitor.token.len, >=, 17);

    g_assert_false(fixture_live(&f, chat, &error));
    g_assert_error(error, REASON, REASON_SESSION_EXISTS);
    g_clear_error(&error);

    /* The same visitor again keeps token and name; the next new one is the next guest. */
    g_assert_true(fixture_live(&f, "{'id':'s2','visitor':{'id':'v1'},'participants':[],'events':[]}", &error));
    struct head again = head_of(&f, "s2");
    ASSERT_STR(again.visitor.username, "guest-1");
    g_assert_true(str_equal(again.visitor.token, head.visitor.token));
    g_assert_true(fixture_live(&f, "{'id':'s3','visitor':{'id':'v2'},'participants':[],'events':[]}", &error));
    ASSERT_STR(head_of(&f, "s3").visitor.username, "guest-2");

    /* Ids are a company's own. */
    int64_t other = fixture_add_company(&f, "Other", "UTC");
    f.company = other;
    g_assert_true(fixture_live(&f, chat, &error));
    ASSERT_STR(head_of(&f, "s1").visitor.username, "guest-1");
    fixture_close(&f);
}

static void test_open_refused(void)
{
    struct fixture f;
    GError *error = NULL;
    fixture_open(&f, 0);
    g_assert_true(
        fixture_live(&f, "{'id':'a','visitor':{'id':'v1','token':'t'},'participants':[],'events':[]}", &error));
    g_assert_false(
        fixture_live(&f, "{'id':'b','visitor':{'id':'v2','token':'t'},'participants':[],'events':[]}", &error));
    g_assert_error(error, REASON, REASON_ID_TAKEN);
    g_assert_cmpstr(reason_field(error).ptr, ==, "visitor.token");
    g_clear_error(&error);
    g_assert_false(fixture_live(&f,
                                "{'id':'c','visitor':{'id':'v3'},'participants':[{'id':1,'type':'Client','name':'A'}],"
                                "'events':[{'type':'message','at':1,'by':1,'text':''}]}",
                                &error));
    g_assert_error(error, REASON, REASON_TEXT_EMPTY);
    g_assert_cmpstr(reason_field(error).ptr, ==, "events[0].text");
    g_clear_error(&error);
    f.company = 99;
    g_assert_false(fixture_live(&f, chat, &error));
    g_assert_error(error, REASON, REASON_COMPANY_UNKNOWN);
    g_clear_error(&error);
    fixture_close(&f);
}

static void test_names_are_resolved(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    fixture_add_operator(&f, f.company, "op1", "bob", "Bob B.");
    struct department top = {.company = f.company, .id = STR("top"), .name = STR("Top"), .enabled = true};
    struct department sales = {
        .company = f.company, .id = STR("d1"), .name = STR("Sales"), .parent = STR("top"), .enabled = true};
    struct button button = {.company = f.company, .id = STR("b1"), .name = STR("Home page")};
    fixture_put(&f, &(struct account_op){.department = &top});
    fixture_put(&f, &(struct account_op){.department = &sales});
    fixture_put(&f, &(struct account_op){.button = &button});
    const char *line = "{'id':'s1','visitor':{'id':'v1'},'operator':'bob','department':'Sales','button':{'id':'b1'},"
                       "'participants':[{'id':1,'type':'Client','name':'A'},{'id':2,'type':'Agent','name':'B'}],"
                       "'events':[{'type':'joined','at':5,'by':2}]}";
    g_assert_cmpint(fixture_import(&f, line, NULL), ==, OPEN_CREATED);
    struct head head = head_of(&f, "s1");
    ASSERT_STR(head.served_by.id, "op1");
    ASSERT_STR(head.served_by.name, "Bob B.");
    ASSERT_STR(head.participants[1].operator_ref.id, "op1");
    ASSERT_STR(head.department.id, "d1");
    ASSERT_STR(head.department.ancestors, "[\"top\"]");
    ASSERT_STR(head.button.name, "Home page");
    g_assert_cmpint(fixture_import(&f, line, NULL), ==, OPEN_UNCHANGED);

    const char *stranger = "{'id':'s2','visitor':{'id':'v1'},'operator':'carol','participants':[],'events':[]}";
    g_assert_cmpint(fixture_import(&f, stranger, NULL), ==, OPEN_CREATED);
    ASSERT_STR(head_of(&f, "s2").served_by.username, "carol");
    /* Getting an account later makes it no other session. */
    fixture_add_operator(&f, f.company, "op2", "carol", "Carol");
    g_assert_cmpint(fixture_import(&f, stranger, NULL), ==, OPEN_UNCHANGED);
    fixture_close(&f);
}

static void assert_newest(struct fixture *f, uint32_t index, int64_t lm_ms)
{
    struct session session = fixture_session(f, "d").session;
    g_assert_cmpuint(session_rocketchat_last(&session), ==, index);
    g_assert_cmpint(session.lm_ms, ==, lm_ms);
}

/* Deleting Rocket.Chat's newest message shows the one before, whatever lies between, also where all comes in one
 * append. What reports know stays. */
static void test_delete_newest(void)
{
    struct fixture f;
    fixture_open(&f, 0);
#define LINE(more) \
    "{'id':'d','visitor':{'id':'v1'},'participants':[{'id':1,'type':'Client'}],'events':[" \
    "{'type':'message','at':5000,'by':1,'text':'a'},{'type':'message','at':9000,'by':1,'text':'b'}," \
    "{'type':'typing_started','at':9500,'by':1},{'type':'message','at':7000,'by':1,'text':'c'}" more "]}"
#define DELETE(target) ",{'type':'delete','at':9900,'by':1,'target':" target "}"
    fixture_import(&f, LINE(), NULL);
    assert_newest(&f, 2, 9000);
    struct event removal = {.kind = EVENT_DELETE, .participant = 1, .target = 2, .time_ms = NO_TIME};
    fixture_append(&f, "d", removal, NULL);
    assert_newest(&f, 4, 7000);
    removal.target = 1;
    fixture_append(&f, "d", removal, NULL);
    assert_newest(&f, 4, 7000);
    removal.target = 4;
    fixture_append(&f, "d", removal, NULL);
    assert_newest(&f, 0, 5000);
    g_assert_cmpuint(fixture_session(&f, "d").session.messages, ==, 3);
    g_assert_cmpint(fixture_session(&f, "d").session.last_message_ms, ==, 9000);
    fixture_close(&f);

    /* All at once, and then on top of what is stored. */
    fixture_open(&f, 0);
    fixture_import(&f, LINE(DELETE("2")), NULL);
    assert_newest(&f, 4, 7000);
    fixture_import(&f,
                   LINE(DELETE("2") ",{'type':'message','at':8000,'by':1,'text':'d'}" DELETE("4")
                            DELETE("6") ",{'type':'message','at':3000,'by':1,'text':'e'}"),
                   NULL);
    assert_newest(&f, 1, 5000);
#undef DELETE
#undef LINE
    fixture_close(&f);
}

static void test_append(void)
{
    struct fixture f;
    enum reason reason;
    fixture_open(&f, 0);
    fixture_live(&f, chat, NULL);
    g_assert_false(fixture_append(&f, "nowhere", fixture_message(1, "x"), &reason));
    g_assert_cmpint(reason, ==, REASON_SESSION_UNKNOWN);
    g_assert_false(fixture_append(&f, "s1", fixture_message(9, "x"), &reason));
    g_assert_cmpint(reason, ==, REASON_PARTICIPANT_UNKNOWN);
    g_assert_false(fixture_append(&f, "s1", fixture_message(1, ""), &reason));
    g_assert_cmpint(reason, ==, REASON_TEXT_EMPTY);
    fixture_append(&f, "s1", fixture_message(1, "hi"), NULL);
    fixture_append(&f, "s1", fixture_message(2, "hello"), NULL);
    g_assert_cmpstr(fixture_transcript(&f, "s1"), ==, "joined:1: message:1:hi message:2:hello");

    struct event edit = {.kind = EVENT_EDIT, .participant = 1, .target = 2, .text = STR("HI"), .time_ms = NO_TIME};
    fixture_append(&f, "s1", edit, NULL);
    edit.text = STR("Hi!");
    fixture_append(&f, "s1", edit, NULL);
    struct event removal = {.kind = EVENT_DELETE, .participant = 2, .target = 3, .time_ms = NO_TIME};
    fixture_append(&f, "s1", removal, NULL);
    g_assert_cmpstr(fixture_transcript(&f, "s1"), ==,
                    "joined:1: message:1:Hi! message:2: edit:1:HI edit:1:Hi! delete:2:");
    g_assert_false(fixture_append(&f, "s1", removal, &reason));
    g_assert_cmpint(reason, ==, REASON_EVENT_DELETED);
    edit.target = 7;
    g_assert_false(fixture_append(&f, "s1", edit, &reason));
    g_assert_cmpint(reason, ==, REASON_EVENT_UNKNOWN);
    edit.target = 1;
    g_assert_false(fixture_append(&f, "s1", edit, &reason));
    g_assert_cmpint(reason, ==, REASON_FIELD_VALUE);

    struct event closed = {.kind = EVENT_CLOSED, .participant = 2, .time_ms = NO_TIME};
    fixture_append(&f, "s1", closed, NULL);
    g_assert_false(fixture_append(&f, "s1", fixture_message(1, "late"), &reason));
    g_assert_cmpint(reason, ==, REASON_SESSION_CLOSED);
    g_assert_cmpuint(fixture_session(&f, "s1").session.last_index, ==, 8); /* the client's leave, and the close */
    fixture_close(&f);
}

/* Two edits of one message in one append: the second sees the first. */
static void test_append_several(void)
{
    struct fixture f;
    GError *error = NULL;
    fixture_open(&f, 0);
    fixture_live(&f, chat, NULL);
    struct event events[] = {
        fixture_message(1, "one"),
        {.kind = EVENT_EDIT, .participant = 1, .target = 2, .text = STR("two"), .time_ms = NO_TIME},
        {.kind = EVENT_EDIT, .participant = 1, .target = 2, .text = STR("three"), .time_ms = NO_TIME},
    };
    struct append_op op;
    append_op_init(&op, f.core);
    op.company = f.company;
    op.session_id = STR("s1");
    op.events = events;
    op.event_count = 3;
    core_run(&op.op, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(op.stored[2].index, ==, 4);
    g_assert_cmpuint(op.view.session.last_index, ==, 4);
    op_clear(&op.op);
    g_assert_cmpstr(fixture_transcript(&f, "s1"), ==, "joined:1: message:1:three edit:1:two edit:1:three");

    /* All or none. */
    struct event bad[] = {fixture_message(1, "fine"), fixture_message(9, "nobody")};
    append_op_init(&op, f.core);
    op.company = f.company;
    op.session_id = STR("s1");
    op.events = bad;
    op.event_count = 2;
    g_assert_false(core_run(&op.op, &error));
    g_assert_error(error, REASON, REASON_PARTICIPANT_UNKNOWN);
    g_clear_error(&error);
    op_clear(&op.op);
    g_assert_cmpuint(fixture_session(&f, "s1").session.last_index, ==, 4);
    fixture_close(&f);
}

static void test_repeated(void)
{
    struct fixture f;
    enum reason reason;
    GError *error = NULL;
    fixture_open(&f, 0);
    fixture_live(&f, chat, NULL);
    struct event message = fixture_message(1, "once");
    message.id = STR("m1");
    fixture_append(&f, "s1", message, NULL);
    struct event closed = {.kind = EVENT_CLOSED, .participant = 1, .time_ms = NO_TIME};
    fixture_append(&f, "s1", closed, NULL);

    struct append_op op;
    append_op_init(&op, f.core);
    op.company = f.company;
    op.session_id = STR("s1");
    op.events = &message;
    op.event_count = 1;
    g_assert_true(core_run(&op.op, &error));
    g_assert_true(op.repeated);
    g_assert_cmpuint(op.stored->index, ==, 2);
    ASSERT_STR(op.stored->text, "once");
    op_clear(&op.op);
    g_assert_cmpuint(fixture_session(&f, "s1").session.last_index, ==, 4);

    /* The same id with other content is never taken for the stored event. */
    struct event others[] = {message, message, message, message};
    others[0].text = STR("another text");
    others[1].participant = 2;
    others[2].data = STR("{\"a\":1}");
    others[3].kind = EVENT_NOTICE;
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_assert_false(fixture_append(&f, "s1", others[i], &reason));
        g_assert_cmpint(reason, ==, REASON_ID_TAKEN);
    }

    /* An id that reads as another event's. */
    fixture_live(
        &f, "{'id':'s2','visitor':{'id':'v1'},'participants':[{'id':1,'type':'Client','name':'A'}],'events':[]}", NULL);
    message = fixture_message(1, "x");
    message.id = STR("s2.7");
    g_assert_false(fixture_append(&f, "s2", message, &reason));
    g_assert_cmpint(reason, ==, REASON_ID_INVALID);
    message.id = STR("s2.1");
    fixture_append(&f, "s2", message, NULL);
    fixture_close(&f);
}

static bool refuse_all(struct append_op *op, struct store_txn *txn, const struct session_view *view, GError **error)
{
    g_assert_true(op->prepare_data == refuse_all);
    g_assert_true(txn && str_equal(view->session.id, op->session_id));
    reason_set(error, REASON_NOT_SERVED_BY_CALLER, "no");
    return false;
}

static void test_prepare(void)
{
    struct fixture f;
    GError *error = NULL;
    fixture_open(&f, 0);
    fixture_live(&f, chat, NULL);
    struct event message = fixture_message(1, "x");
    struct append_op op;
    append_op_init(&op, f.core);
    op.company = f.company;
    op.session_id = STR("s1");
    op.events = &message;
    op.event_count = 1;
    op.prepare = refuse_all;
    op.prepare_data = refuse_all;
    g_assert_false(core_run(&op.op, &error));
    g_assert_error(error, REASON, REASON_NOT_SERVED_BY_CALLER);
    g_clear_error(&error);
    op_clear(&op.op);
    g_assert_cmpuint(fixture_session(&f, "s1").session.last_index, ==, 1);
    fixture_close(&f);
}

static enum closer leave(struct fixture *f, const char *session, uint32_t by, bool *closed)
{
    GError *error = NULL;
    struct event left = {.kind = EVENT_LEFT, .participant = by, .time_ms = NO_TIME};
    struct append_op op;
    append_op_init(&op, f->core);
    op.company = f->company;
    op.session_id = str_from_c(session);
    op.events = &left;
    op.event_count = 1;
    op.close_when_empty = true;
    core_run(&op.op, &error);
    g_assert_no_error(error);
    *closed = op.view.session.state == SESSION_CLOSED;
    enum closer closer = op.view.session.closer;
    op_clear(&op.op);
    return closer;
}

static void test_close_when_empty(void)
{
    struct fixture f;
    bool closed;
    fixture_open(&f, 0);
    fixture_live(&f, chat, NULL);
    struct event joined = {.kind = EVENT_JOINED, .participant = 2, .time_ms = NO_TIME};
    fixture_append(&f, "s1", joined, NULL);
    joined.participant = 3;
    fixture_append(&f, "s1", joined, NULL);
    leave(&f, "s1", 1, &closed);
    g_assert_false(closed); /* the agent is there */
    g_assert_cmpint(leave(&f, "s1", 2, &closed), ==, CLOSER_OPERATOR);
    g_assert_true(closed); /* the bot alone keeps nothing open */
    g_assert_cmpstr(fixture_transcript(&f, "s1"), ==,
                    "joined:1: joined:2: joined:3: left:1: left:2: left:3: closed:0:");
    fixture_close(&f);
}

/* Everybody present leaves before the end, who closes first; `stored` is the close. */
static void test_close(void)
{
    struct fixture f;
    GError *error = NULL;
    fixture_open(&f, 0);
    fixture_live(&f, chat, NULL);
    struct event joined = {.kind = EVENT_JOINED, .participant = 2, .time_ms = NO_TIME};
    fixture_append(&f, "s1", joined, NULL);
    struct event closed = {.kind = EVENT_CLOSED, .participant = 2, .id = STR("end"), .time_ms = NO_TIME};
    for (int again = 0; again < 2; again++) {
        struct append_op op;
        append_op_init(&op, f.core);
        op.company = f.company;
        op.session_id = STR("s1");
        op.events = &closed;
        op.event_count = 1;
        core_run(&op.op, &error);
        g_assert_no_error(error);
        g_assert_cmpint(op.repeated, ==, again);
        g_assert_cmpuint(op.stored->index, ==, 5);
        g_assert_cmpint(op.stored->kind, ==, EVENT_CLOSED);
        g_assert_cmpuint(op.view.session.last_index, ==, 5);
        op_clear(&op.op);
    }
    g_assert_cmpstr(fixture_transcript(&f, "s1"), ==, "joined:1: joined:2: left:2: left:1: closed:2:");
    struct event left = fixture_event(&f, "s1", 4);
    g_assert_true(str_equal(left.data, LEFT_BY_CLOSE));
    g_assert_cmpint(left.time_ms, ==, fixture_event(&f, "s1", 5).time_ms);
    fixture_close(&f);
}

/* A conversation that ends as it is opened; and an import says itself who left. */
static void test_close_at_open(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    fixture_live(&f,
                 "{'id':'s1','visitor':{'id':'v1'},'participants':[{'id':1,'type':'Client','name':'A'},"
                 "{'id':2,'type':'Agent','name':'B'}],'events':[{'type':'joined','at':1,'by':1},"
                 "{'type':'joined','at':1,'by':2},{'type':'closed','at':1,'by':1},{'type':'survey','at':1,'by':1}]}",
                 NULL);
    g_assert_cmpstr(fixture_transcript(&f, "s1"), ==, "joined:1: joined:2: left:1: left:2: closed:1: survey:1:");
    fixture_import(&f,
                   "{'id':'s2','visitor':{'id':'v1'},'participants':[{'id':1,'type':'Client','name':'A'}],"
                   "'events':[{'type':'joined','at':1,'by':1},{'type':'closed','at':2,'by':1}]}",
                   NULL);
    g_assert_cmpstr(fixture_transcript(&f, "s2"), ==, "joined:1: closed:1:");
    struct event closed = {.kind = EVENT_CLOSED, .participant = 1, .time_ms = 3};
    fixture_append(&f, "s2", closed, NULL); /* history, too: its time is given */
    g_assert_cmpstr(fixture_transcript(&f, "s2"), ==, "joined:1: closed:1: closed:1:");
    fixture_close(&f);
}

static void return_to(struct fixture *f, const char *session, uint32_t who, struct event *event)
{
    GError *error = NULL;
    struct append_op op;
    append_op_init(&op, f->core);
    op.company = f->company;
    op.session_id = str_from_c(session);
    op.returning = who;
    op.events = event;
    op.event_count = event != NULL;
    core_run(&op.op, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(op.view.session.last_index, ==, fixture_session(f, session).session.last_index);
    if (event)
        g_assert_cmpint(op.stored->kind, ==, event->kind);
    op_clear(&op.op);
}

/* Who left an open session joins again first; nobody else does. */
static void test_return(void)
{
    struct fixture f;
    bool closed;
    fixture_open(&f, 0);
    fixture_live(&f, chat, NULL);
    struct event joined = {.kind = EVENT_JOINED, .participant = 2, .time_ms = NO_TIME};
    fixture_append(&f, "s1", joined, NULL);
    struct event message = fixture_message(1, "x"), closing = {.kind = EVENT_CLOSED, .time_ms = NO_TIME};
    return_to(&f, "s1", 1, &message);
    return_to(&f, "s1", 1, NULL); /* is there */
    return_to(&f, "s1", 3, NULL); /* never was */
    return_to(&f, "s1", 9, NULL); /* nobody */
    g_assert_cmpstr(fixture_transcript(&f, "s1"), ==, "joined:1: joined:2: message:1:x");
    leave(&f, "s1", 1, &closed);
    return_to(&f, "s1", 1, NULL);
    g_assert_true(str_equal(fixture_event(&f, "s1", 5).data, STR("{\"rejoined\":true}")));
    leave(&f, "s1", 1, &closed);
    return_to(&f, "s1", 1, &message);
    fixture_append(&f, "s1", closing, NULL);
    return_to(&f, "s1", 1, NULL); /* it is over */
    g_assert_cmpstr(fixture_transcript(&f, "s1"), ==,
                    "joined:1: joined:2: message:1:x left:1: joined:1: left:1: joined:1: message:1:x left:1: left:2: "
                    "closed:0:");
    fixture_close(&f);
}

static void test_key(void)
{
    struct fixture f;
    GError *error = NULL;
    fixture_open(&f, 0);
    fixture_live(&f,
                 "{'id':'s1','visitor':{'id':'v1'},'participants':[{'id':4,'type':'Agent','name':'B'},"
                 "{'id':7,'type':'Client','name':'A'}],'events':[]}",
                 NULL);
    struct key_op op;
    key_op_init(&op, f.core);
    op.company = f.company;
    op.session_id = STR("s1");
    op.user_id = STR("0123456789abcdef");
    op.secure_key = STR("fedcba9876543210");
    core_run(&op.op, &error);
    g_assert_no_error(error);
    op_clear(&op.op);
    struct chat_key *keys;
    size_t count;
    int64_t number = fixture_session(&f, "s1").session.number;
    g_assert_true(store_chat_keys(fixture_read(&f), number, &f.arena, &keys, &count, &error));
    g_assert_cmpuint(count, ==, 1);
    g_assert_cmpuint(keys[0].participant, ==, 7);
    fixture_read_end(&f);
    g_assert_cmpuint(fixture_session(&f, "s1").session.last_index, ==, 0);
    fixture_close(&f);
}

/* ---- import ---- */

#define LINE(id, extra, events) \
    "{'id':'" id "','visitor':{'id':'v1'" extra \
    "},'participants':[{'id':1,'type':'Client','name':'A'}],'events':[" events "]}"
#define JOINED "{'type':'joined','at':1000,'by':1}"
#define HI ",{'type':'message','at':2000,'by':1,'text':'hi'}"
#define YO ",{'type':'message','at':1500,'by':1,'text':'yo'}"

static void test_import_again(void)
{
    struct fixture f;
    enum reason reason;
    fixture_open(&f, 0);
    g_assert_cmpint(fixture_import(&f, LINE("s1", "", JOINED HI), NULL), ==, OPEN_CREATED);
    g_assert_cmpint(fixture_import(&f, LINE("s1", "", JOINED HI), NULL), ==, OPEN_UNCHANGED);
    g_assert_cmpint(fixture_import(&f, LINE("s1", "", JOINED), NULL), ==, OPEN_UNCHANGED);
    g_assert_cmpint(fixture_import(&f, LINE("s1", "", JOINED HI YO), NULL), ==, OPEN_APPENDED);
    g_assert_cmpint(fixture_import(&f, LINE("s1", "", JOINED YO), &reason), ==, -1);
    g_assert_cmpint(reason, ==, REASON_SESSION_DIFFERS);
    g_assert_cmpint(fixture_import(&f, LINE("s1", ",'name':'B'", JOINED HI YO), &reason), ==, -1);
    g_assert_cmpint(reason, ==, REASON_SESSION_DIFFERS);
    struct session_view view = fixture_session(&f, "s1");
    g_assert_cmpint(view.session.start_ms, ==, 1000);
    g_assert_cmpint(view.session.first_message_ms, ==, 1500);
    g_assert_cmpint(view.session.last_message_ms, ==, 2000);
    g_assert_cmpstr(fixture_transcript(&f, "s1"), ==, "joined:1: message:1:hi message:1:yo");

    /* What an export says beside that is the same session. */
    struct head head = head_of(&f, "s1");
    char *text =
        g_strdup_printf(LINE("s1", ",'token':'%.*s','username':'guest-1'", JOINED HI YO), STR_ARG(head.visitor.token));
    g_assert_cmpint(fixture_import(&f, text, NULL), ==, OPEN_UNCHANGED);
    g_free(text);
    fixture_close(&f);
}

static void run_import(struct fixture *f, const char *const *texts, size_t count, bool skip_bad, struct import_op *op,
                       GError **error)
{
    import_op_init(op, f->core);
    op->company = f->company;
    op->lines = arena_array(&op->op.arena, count, sizeof *op->lines);
    op->line_count = count;
    op->skip_bad = skip_bad;
    op->value_name = STR("place");
    op->value = STR("here");
    for (size_t i = 0; i < count; i++)
        op->lines[i] = fixture_line(f, texts[i]);
    core_run(&op->op, error);
}

static bool value_stored(struct fixture *f)
{
    struct str value;
    bool found = false;
    g_assert_true(store_value_get(fixture_read(f), STR("place"), &f->arena, &value, &found, NULL));
    fixture_read_end(f);
    return found;
}

static bool session_stored(struct fixture *f, const char *id)
{
    struct session_view view;
    bool found = history_session(fixture_read(f), f->company, str_from_c(id), &f->arena, &view, NULL);
    fixture_read_end(f);
    return found;
}

static void test_import_batch(void)
{
    struct fixture f;
    GError *error = NULL;
    struct import_op op;
    fixture_open(&f, 0);
    fixture_import(&f, LINE("old", "", JOINED HI), NULL);
    /* The third one differs from what is stored; the fifth repeats the first. */
    const char *const lines[] = {LINE("a", "", JOINED), LINE("b", "", JOINED HI), LINE("old", "", JOINED YO),
                                 LINE("c", "", JOINED HI YO), LINE("a", "", JOINED HI)};
    run_import(&f, lines, G_N_ELEMENTS(lines), false, &op, &error);
    g_assert_error(error, REASON, REASON_SESSION_DIFFERS);
    g_assert_cmpstr(reason_field(error).ptr, ==, "lines[2]");
    g_clear_error(&error);
    import_op_clear(&op);
    g_assert_false(session_stored(&f, "a"));
    g_assert_false(session_stored(&f, "b"));
    g_assert_false(value_stored(&f));

    run_import(&f, lines, G_N_ELEMENTS(lines), true, &op, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(op.counts.created, ==, 3);
    g_assert_cmpuint(op.counts.appended, ==, 1);
    g_assert_cmpuint(op.counts.refused, ==, 1);
    g_assert_cmpuint(op.counts.unchanged, ==, 0);
    g_assert_cmpuint(op.counts.events, ==, 1 + 2 + 3 + 1);
    g_assert_null(op.refusals[0]);
    g_assert_error(op.refusals[2], REASON, REASON_SESSION_DIFFERS);
    import_op_clear(&op);
    g_assert_true(value_stored(&f));
    g_assert_cmpstr(fixture_transcript(&f, "a"), ==, "joined:1: message:1:hi");
    g_assert_cmpstr(fixture_transcript(&f, "c"), ==, "joined:1: message:1:hi message:1:yo");
    fixture_close(&f);
}

int main(int argc, char **argv)
{
    id_library_init();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/conversation/open/live", test_open_live);
    g_test_add_func("/conversation/open/refused", test_open_refused);
    g_test_add_func("/conversation/open/names", test_names_are_resolved);
    g_test_add_func("/conversation/append", test_append);
    g_test_add_func("/conversation/delete-newest", test_delete_newest);
    g_test_add_func("/conversation/append/several", test_append_several);
    g_test_add_func("/conversation/append/repeated", test_repeated);
    g_test_add_func("/conversation/append/prepare", test_prepare);
    g_test_add_func("/conversation/append/close-when-empty", test_close_when_empty);
    g_test_add_func("/conversation/append/close", test_close);
    g_test_add_func("/conversation/append/return", test_return);
    g_test_add_func("/conversation/open/close", test_close_at_open);
    g_test_add_func("/conversation/key", test_key);
    g_test_add_func("/conversation/import/again", test_import_again);
    g_test_add_func("/conversation/import/batch", test_import_batch);
    return g_test_run();
}
