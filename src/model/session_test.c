#include "base/id.h"
#include "model/visitor.h"

/* ---- a session under the hand ---- */

struct chat {
    struct arena a;
    struct session_view view;
    struct event events[256];
    size_t count;
};

enum { CLIENT = 1, ANNA = 2, BEN = 3, BOT = 4, BOSS = 5 };

static struct participant people[] = {
    {.id = CLIENT, .type = PARTICIPANT_CLIENT, .name = {"Maria", 5}},
    {.id = ANNA, .type = PARTICIPANT_AGENT, .operator_ref = {{"a", 1}, {"anna", 4}, {"Anna", 4}}},
    {.id = BEN, .type = PARTICIPANT_AGENT, .operator_ref = {{"b", 1}, {"ben", 3}, {"Ben", 3}}},
    {.id = BOT, .type = PARTICIPANT_EXTERNAL, .name = {"system", 6}},
    {.id = BOSS, .type = PARTICIPANT_SUPERVISOR, .name = {"boss", 4}},
};

static void chat_open(struct chat *c, enum dialect dialect, int64_t start_ms)
{
    memset(c, 0, sizeof *c);
    arena_init(&c->a);
    struct head h = {
        .dialect = dialect, .visitor.id = STR("v"), .participants = people, .participant_count = G_N_ELEMENTS(people)};
    struct event head = {.kind = EVENT_OPENED, .time_ms = start_ms};
    session_open(&c->view, &head, &h, &c->a);
}

static void chat_add(struct chat *c, enum event_kind kind, uint32_t by, int64_t at, const char *data)
{
    struct event *e = &c->events[c->count++];
    *e = (struct event){.index = (uint32_t)c->count,
                        .kind = kind,
                        .time_ms = at,
                        .participant = by,
                        .text = STR("text"),
                        .data = str_from_c(data)};
    session_apply(&c->view, e, &c->a);
}

static void chat_clear(struct chat *c)
{
    arena_clear(&c->a);
}

/* ---- metrics, worked by hand from doc/dialects/rocketchat.md 2.2 ---- */

/* The seed's room: created at .216, an automatic answer at .449, the visitor's "hi" at .937. */
static void test_seed_metrics(void)
{
    struct chat c;
    const int64_t second = 1626974224000;
    chat_open(&c, DIALECT_ROCKETCHAT, second + 216);
    chat_add(&c, EVENT_MESSAGE, BOT, second + 449, NULL);
    chat_add(&c, EVENT_MESSAGE, CLIENT, second + 937, NULL);
    const struct session *s = &c.view.session;
    const struct session_metrics *m = &s->metrics;
    g_assert_cmpint(m->reaction_first_ms, ==, second + 449);
    g_assert_cmpint(m->reaction_first_length_ms, ==, 233);
    g_assert_cmpint(m->reaction_total_ms, ==, 233);
    g_assert_cmpint(m->response_first_ms, ==, second + 449);
    g_assert_cmpint(m->response_first_length_ms, ==, 233);
    g_assert_cmpint(m->response_total, ==, 1);
    g_assert_cmpint(m->response_total_ms, ==, 233);
    g_assert_cmpint(m->visitor_last_query_ms, ==, second + 937);
    g_assert_cmpint(m->served_last_reply_ms, ==, NO_TIME);
    g_assert_cmpuint(s->messages + s->rocketchat_system, ==, 2);
    g_assert_cmpuint(s->operators_joined, ==, 0);
    g_assert_true(s->waiting_response);
    g_assert_true(operator_ref_is_nobody(&s->response_by.operator_ref));
    g_assert_cmpint(s->last_client_message_ms, ==, second + 937);
    chat_clear(&c);
}

/* A live chat: an operator joins, the visitor asks, the operator answers. */
static void test_first_response(void)
{
    struct chat c;
    chat_open(&c, DIALECT_PARLEY, 1000);
    chat_add(&c, EVENT_JOINED, CLIENT, 1000, NULL);
    chat_add(&c, EVENT_JOINED, ANNA, 3000, NULL);
    chat_add(&c, EVENT_MESSAGE, CLIENT, 5000, NULL);
    chat_add(&c, EVENT_MESSAGE, ANNA, 9000, NULL);
    const struct session *s = &c.view.session;
    const struct session_metrics *m = &s->metrics;
    g_assert_true(str_equal(s->served_by.username, STR("anna")));
    g_assert_cmpint(s->served_ms, ==, 3000);
    g_assert_cmpint(m->visitor_last_query_ms, ==, 5000);
    g_assert_cmpint(m->response_first_ms, ==, 9000);
    g_assert_cmpint(m->response_first_length_ms, ==, 4000); /* since the question */
    g_assert_cmpint(m->reaction_first_length_ms, ==, 6000); /* since serving */
    g_assert_cmpint(m->response_total_ms, ==, 4000);
    g_assert_cmpint(m->reaction_total_ms, ==, 6000);
    g_assert_cmpint(m->response_total, ==, 1);
    g_assert_cmpint(m->served_last_reply_ms, ==, 9000);
    g_assert_false(s->waiting_response);
    g_assert_true(str_equal(s->response_by.operator_ref.username, STR("anna")));
    g_assert_cmpint(s->response_by.first_ms, ==, 9000);
    g_assert_cmpuint(s->operators_joined, ==, 1);
    chat_clear(&c);
}

static void test_turns_and_several_agents(void)
{
    struct chat c;
    chat_open(&c, DIALECT_PARLEY, 0);
    chat_add(&c, EVENT_MESSAGE, CLIENT, 1000, NULL); /* moves lq: VQ = AR = start */
    chat_add(&c, EVENT_MESSAGE, CLIENT, 2000, NULL); /* a run: stays */
    g_assert_cmpint(c.view.session.metrics.visitor_last_query_ms, ==, 1000);
    chat_add(&c, EVENT_MESSAGE, ANNA, 4000, NULL); /* first response, 3000; nobody serves: reaction since start */
    chat_add(&c, EVENT_MESSAGE, BEN, 6000, NULL);  /* no new question: nothing */
    const struct session_metrics *m = &c.view.session.metrics;
    g_assert_cmpint(m->response_total, ==, 1);
    g_assert_cmpint(m->reaction_total_ms, ==, 4000);
    g_assert_cmpint(m->served_last_reply_ms, ==, 4000);
    g_assert_true(str_equal(c.view.session.response_by.operator_ref.username, STR("anna")));
    g_assert_cmpint(c.view.session.response_by.first_ms, ==, 4000);
    g_assert_cmpint(c.view.session.response_by.last_ms, ==, 6000);
    chat_add(&c, EVENT_MESSAGE, CLIENT, 10000, NULL); /* second turn */
    g_assert_true(operator_ref_is_nobody(&c.view.session.response_by.operator_ref));
    g_assert_true(c.view.session.waiting_response);
    chat_add(&c, EVENT_MESSAGE, BEN, 15000, NULL);
    g_assert_cmpint(m->visitor_last_query_ms, ==, 10000);
    g_assert_cmpint(m->response_total, ==, 2);
    g_assert_cmpint(m->response_total_ms, ==, 3000 + 5000);
    g_assert_cmpint(m->reaction_total_ms, ==, 4000 + 5000);
    g_assert_cmpint(m->response_first_ms, ==, 4000); /* the first stays */
    g_assert_cmpint(m->served_last_reply_ms, ==, 15000);
    g_assert_true(str_equal(c.view.session.response_by.operator_ref.username, STR("ben")));
    chat_clear(&c);
}

/* Upstream's quirk: as long as the visitor has not written, each agent message is a "first response" again. */
static void test_metrics_quirk(void)
{
    struct chat c;
    chat_open(&c, DIALECT_PARLEY, 0);
    chat_add(&c, EVENT_MESSAGE, ANNA, 0, NULL); /* at once: counted, but fd and ft are not written */
    const struct session_metrics *m = &c.view.session.metrics;
    g_assert_cmpint(m->response_total, ==, 1);
    g_assert_cmpint(m->response_first_ms, ==, NO_TIME);
    g_assert_cmpint(m->reaction_first_length_ms, ==, NO_TIME);
    chat_add(&c, EVENT_MESSAGE, ANNA, 1000, NULL);
    chat_add(&c, EVENT_MESSAGE, ANNA, 3000, NULL);
    g_assert_cmpint(m->response_total, ==, 3);
    g_assert_cmpint(m->response_total_ms, ==, 4000);
    g_assert_cmpint(m->response_first_ms, ==, 3000); /* overwritten */
    g_assert_cmpint(m->response_first_length_ms, ==, 3000);
    g_assert_cmpint(m->served_last_reply_ms, ==, NO_TIME);
    g_assert_cmpint(c.view.session.response_by.last_ms, ==, NO_TIME); /* nobody was waiting for an answer */
    chat_clear(&c);
}

static void test_close_metrics(void)
{
    struct chat c;
    chat_open(&c, DIALECT_PARLEY, 1000);
    chat_add(&c, EVENT_JOINED, ANNA, 4000, NULL);
    chat_add(&c, EVENT_HOLD, ANNA, 5000, NULL);
    g_assert_true(c.view.session.on_hold);
    chat_add(&c, EVENT_CLOSED, ANNA, 11000, NULL);
    const struct session *s = &c.view.session;
    g_assert_cmpint(s->state, ==, SESSION_CLOSED);
    g_assert_cmpint(s->closer, ==, CLOSER_OPERATOR);
    g_assert_false(s->on_hold);
    g_assert_cmpint(s->end_ms, ==, 11000);
    g_assert_cmpint(s->metrics.chat_length_ms, ==, 10000);
    g_assert_cmpint(s->metrics.service_length_ms, ==, 7000);
    chat_add(&c, EVENT_CLOSED, CLIENT, 12000, NULL); /* an import may say so twice */
    g_assert_cmpint(s->end_ms, ==, 11000);
    g_assert_cmpint(s->closer, ==, CLOSER_OPERATOR);
    chat_add(&c, EVENT_HOLD, ANNA, 13000, NULL);
    g_assert_false(s->on_hold);
    chat_clear(&c);

    chat_open(&c, DIALECT_PARLEY, 1000);
    chat_add(&c, EVENT_TAKE, ANNA, 4000, NULL);
    chat_add(&c, EVENT_CLOSED, ANNA, 4000, NULL);
    g_assert_cmpint(s->metrics.service_length_ms, ==, NO_TIME); /* zero is not written */
    chat_clear(&c);

    chat_open(&c, DIALECT_PARLEY, 1000);
    chat_add(&c, EVENT_CLOSED, 0, 1000, NULL);
    g_assert_cmpint(s->closer, ==, CLOSER_SYSTEM);
    g_assert_cmpint(s->metrics.chat_length_ms, ==, 0);
    g_assert_cmpint(s->metrics.service_length_ms, ==, NO_TIME); /* never served */
    chat_clear(&c);
}

static void test_closer(void)
{
    static const struct {
        uint32_t by;
        const char *data;
        enum closer closer;
    } cases[] = {
        {0, NULL, CLOSER_SYSTEM},
        {CLIENT, NULL, CLOSER_VISITOR},
        {BOT, NULL, CLOSER_SYSTEM},
        {BOSS, NULL, CLOSER_OPERATOR},
        {0, "{\"closer\":\"operator\"}", CLOSER_OPERATOR},
        {BOSS, "{\"closer\":\"visitor\"}", CLOSER_VISITOR},
        {CLIENT, "{\"closer\":\"system\"}", CLOSER_SYSTEM},
        {CLIENT, "{\"closer\":7}", CLOSER_VISITOR},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct chat c;
        chat_open(&c, DIALECT_PARLEY, 0);
        chat_add(&c, EVENT_CLOSED, cases[i].by, 1, cases[i].data);
        g_assert_cmpint(c.view.session.closer, ==, cases[i].closer);
        chat_clear(&c);
    }
}

/* Who closed it, and the close's tags (doc/dialects/rocketchat.md, more decisions (l) and (m)). */
static void test_closed_by(void)
{
    static const struct {
        uint32_t by;
        const char *data, *id, *name, *tags;
    } cases[] = {
        {ANNA, NULL, "a", "Anna", NULL},
        {BEN, "{\"closer\":\"operator\",\"tags\":[\"sale\",\"vip\"]}", "b", "Ben", "[\"sale\",\"vip\"]"},
        {0, "{\"closer\":\"operator\",\"operator\":{\"id\":\"e\",\"name\":\"Eve\"}}", "e", "Eve", NULL},
        {0, "{\"closer\":\"operator\"}", "a", "Anna", NULL}, /* who served */
        {CLIENT, "{\"closer\":\"operator\"}", "a", "Anna", NULL},
        {BOSS, NULL, NULL, "boss", NULL}, /* without an account */
        {CLIENT, "{\"tags\":[]}", NULL, NULL, "[]"},
        {0, "{\"tags\":[\"a\",7]}", NULL, NULL, NULL},
        {BOT, "{\"tags\":\"a\"}", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct chat c;
        chat_open(&c, DIALECT_PARLEY, 0);
        chat_add(&c, EVENT_JOINED, ANNA, 1, NULL);
        chat_add(&c, EVENT_CLOSED, cases[i].by, 2, cases[i].data);
        chat_add(&c, EVENT_CLOSED, BEN, 3, "{\"tags\":[\"late\"]}"); /* the first counts */
        const struct session *s = &c.view.session;
        g_assert_true(str_equal(s->closed_by.id, str_from_c(cases[i].id)));
        g_assert_true(str_equal(s->closed_by.name, str_from_c(cases[i].name)));
        g_assert_true(str_equal(s->tags, str_from_c(cases[i].tags)) && !s->tags.ptr == !cases[i].tags);
        g_assert_cmpuint(s->close_index, ==, 2);
        chat_clear(&c);
    }
}

/* ---- Rocket.Chat's newest message ---- */

#define OF_ROCKETCHAT "{\"dialect\":\"rocketchat\"}"

static void assert_newest(const struct chat *c, uint32_t index, int64_t lm_ms)
{
    g_assert_cmpuint(session_rocketchat_last(&c->view.session), ==, index);
    g_assert_cmpint(c->view.session.lm_ms, ==, lm_ms);
}

static void test_newest_shown(void)
{
    struct chat c;
    chat_open(&c, DIALECT_PARLEY, 1000);
    assert_newest(&c, 0, 1000); /* the start */
    chat_add(&c, EVENT_MESSAGE, CLIENT, 3000, NULL);
    chat_add(&c, EVENT_TYPING_STARTED, CLIENT, 3500, NULL);
    assert_newest(&c, 1, 3000);
    g_assert_false(c.view.session.times_went_back);
    chat_add(&c, EVENT_MESSAGE, ANNA, 2000, NULL); /* imported out of order: the newest by time stays */
    assert_newest(&c, 1, 3000);
    g_assert_true(c.view.session.times_went_back);
    chat_add(&c, EVENT_FILE, CLIENT, 3000, NULL); /* a tie goes to the later one */
    assert_newest(&c, 4, 3000);
    g_assert_cmpuint(c.view.session.last_message, ==, 3); /* reports know nothing of this */
    chat_add(&c, EVENT_CLOSED, ANNA, 5000, NULL);         /* another dialect's close is no message */
    assert_newest(&c, 4, 3000);
    chat_clear(&c);

    chat_open(&c, DIALECT_ROCKETCHAT, 1000);
    chat_add(&c, EVENT_MESSAGE, CLIENT, 3000, NULL);
    chat_add(&c, EVENT_CLOSED, ANNA, 5000, OF_ROCKETCHAT);
    assert_newest(&c, 2, 5000);
    chat_add(&c, EVENT_MESSAGE, CLIENT, 6000, NULL); /* only an import goes on */
    assert_newest(&c, 3, 6000);
    chat_clear(&c);
}

/* After a delete of the newest the caller hands in the one before; a log that is folded as it stands comes to the
 * same. */
static void test_newest_deleted(void)
{
    struct chat c, again;
    chat_open(&c, DIALECT_PARLEY, 1000);
    chat_add(&c, EVENT_MESSAGE, CLIENT, 2000, NULL);
    chat_add(&c, EVENT_MESSAGE, CLIENT, 3000, NULL);
    c.events[c.count] = (struct event){.index = 3, .kind = EVENT_DELETE, .time_ms = 4000, .target = 2};
    session_apply(&c.view, &c.events[c.count++], &c.a);
    assert_newest(&c, 0, 1000);
    session_show(&c.view.session, &c.events[0]);
    assert_newest(&c, 1, 2000);
    g_assert_cmpuint(c.view.session.messages, ==, 2);
    g_assert_cmpint(c.view.session.last_message_ms, ==, 3000);

    chat_open(&again, DIALECT_PARLEY, 1000);
    event_revise(&c.events[1], &c.events[2]);
    session_show(&again.view.session, &c.events[1]);
    assert_newest(&again, 0, 1000);
    for (size_t i = 0; i < c.count; i++)
        session_apply(&again.view, &c.events[i], &again.a);
    g_assert_true(session_equal(&c.view, &again.view, NULL));
    chat_clear(&c);
    chat_clear(&again);
}

/* A recorded room's `lm` holds while nothing came after it. */
static void test_recorded_lm(void)
{
    struct chat c;
    struct head h = {.dialect = DIALECT_ROCKETCHAT,
                     .recorded = STR("{\"rocketchat\":{\"room\":{\"lm\":\"1970-01-01T00:00:09.500Z\"}}}"),
                     .recorded_up_to = 1};
    struct event head = {.kind = EVENT_OPENED, .time_ms = 1000};
    memset(&c, 0, sizeof c);
    arena_init(&c.a);
    session_open(&c.view, &head, &h, &c.a);
    chat_add(&c, EVENT_MESSAGE, CLIENT, 2000, NULL);
    assert_newest(&c, 1, 9500);
    chat_add(&c, EVENT_TYPING_STARTED, CLIENT, 3000, NULL);
    assert_newest(&c, 1, 2000);
    h.recorded = STR("{\"rocketchat\":{\"room\":{\"lm\":\"yesterday\"}}}");
    session_open(&c.view, &head, &h, &c.a);
    c.count = 0;
    chat_add(&c, EVENT_MESSAGE, CLIENT, 2000, NULL);
    assert_newest(&c, 1, 2000);
    chat_clear(&c);
}

/* ---- serving, joining ---- */

static void test_take_and_transfer(void)
{
    struct chat c;
    chat_open(&c, DIALECT_PARLEY, 0);
    const struct session *s = &c.view.session;
    g_assert_true(operator_ref_is_nobody(&s->served_by));
    g_assert_cmpint(s->served_ms, ==, NO_TIME);
    chat_add(&c, EVENT_TAKE, ANNA, 5, "{\"operator\":{\"id\":\"x\",\"username\":\"xeno\",\"name\":\"X\"}}");
    g_assert_true(str_equal(s->served_by.id, STR("x")));
    g_assert_cmpint(s->served_ms, ==, 5);
    chat_add(&c, EVENT_TAKE, BEN, 6, NULL); /* the participant's own operator */
    g_assert_true(str_equal(s->served_by.username, STR("ben")));
    chat_add(&c, EVENT_JOINED, ANNA, 7, NULL); /* somebody serves already */
    g_assert_true(str_equal(s->served_by.username, STR("ben")));
    g_assert_cmpint(s->served_ms, ==, 6);
    chat_add(&c, EVENT_TRANSFER, BEN, 8, NULL); /* nothing known of it */
    g_assert_true(str_equal(s->served_by.username, STR("ben")));
    chat_add(&c, EVENT_TRANSFER, BEN, 9, "{\"department\":{\"id\":\"sales\",\"ancestors\":[\"eu\", \"all\"]}}");
    g_assert_true(str_equal(s->department_id, STR("sales")));
    g_assert_true(str_equal(s->department_ancestors, STR("[\"eu\",\"all\"]")));
    g_assert_true(operator_ref_is_nobody(&s->served_by)); /* back in the queue */
    g_assert_cmpint(s->served_ms, ==, NO_TIME);
    chat_add(&c, EVENT_TRANSFER, 0, 10, "{\"operator\":{\"id\":\"a\"}}");
    g_assert_true(str_equal(s->served_by.id, STR("a")));
    g_assert_cmpint(s->served_ms, ==, 10);
    g_assert_true(str_equal(s->department_id, STR("sales")));
    chat_clear(&c);
}

/* Who only notes is known to who sees notes; the first thing that others see makes them known to all. */
static void test_who_only_notes(void)
{
    struct chat c;
    chat_open(&c, DIALECT_PARLEY, 1);
    chat_add(&c, EVENT_MESSAGE, 6, 2, "{\"participant\":{\"type\":\"Supervisor\"},\"visibility\":\"internal\"}");
    g_assert_true(session_participant(&c.view, 6)->internal);
    chat_add(&c, EVENT_MESSAGE, ANNA, 3, "{\"visibility\":\"internal\"}");
    g_assert_false(session_participant(&c.view, ANNA)->internal); /* the head named her */
    chat_add(&c, EVENT_HOLD, 6, 4, NULL);
    g_assert_false(session_participant(&c.view, 6)->internal);
    chat_add(&c, EVENT_MESSAGE, 6, 5, "{\"visibility\":\"internal\"}");
    g_assert_false(session_participant(&c.view, 6)->internal);
    chat_clear(&c);
}

static void test_queue(void)
{
    struct chat c;
    chat_open(&c, DIALECT_PARLEY, 1);
    const struct session *s = &c.view.session;
    g_assert_cmpint(s->queued_ms, ==, 1);
    chat_add(&c, EVENT_TRANSFER, 0, 2, "{\"department\":{\"id\":\"sales\"}}"); /* no new wait */
    g_assert_cmpint(s->queued_ms, ==, 1);
    chat_add(&c, EVENT_TAKE, ANNA, 3, NULL);
    g_assert_cmpint(s->queued_ms, ==, NO_TIME);
    chat_add(&c, EVENT_TRANSFER, ANNA, 4, "{\"comment\":\"later\"}");
    g_assert_cmpint(s->queued_ms, ==, 4);
    chat_add(&c, EVENT_JOINED, BOT, 5, NULL);
    g_assert_cmpint(s->queued_ms, ==, 4);
    chat_add(&c, EVENT_CLOSED, CLIENT, 6, NULL);
    g_assert_cmpint(s->queued_ms, ==, NO_TIME);
    chat_add(&c, EVENT_TRANSFER, 0, 7, "{}"); /* an import's, behind its close */
    g_assert_cmpint(s->queued_ms, ==, NO_TIME);
    chat_clear(&c);
}

/* An import names in its head who served; since when follows from the first agent's join. */
static void test_head_operator(void)
{
    struct arena a;
    arena_init(&a);
    struct session_view view = {0};
    struct head h = {
        .served_by = {.username = STR("anna")}, .participants = people, .participant_count = G_N_ELEMENTS(people)};
    struct event head = {.kind = EVENT_OPENED, .time_ms = 100};
    session_open(&view, &head, &h, &a);
    g_assert_cmpint(view.session.served_ms, ==, 100);
    struct event joined = {.index = 1, .kind = EVENT_JOINED, .participant = BOSS, .time_ms = 200};
    session_apply(&view, &joined, &a);
    g_assert_cmpint(view.session.served_ms, ==, 100);
    joined = (struct event){.index = 2, .kind = EVENT_JOINED, .participant = BEN, .time_ms = 300};
    session_apply(&view, &joined, &a);
    g_assert_cmpint(view.session.served_ms, ==, 300);
    joined = (struct event){.index = 3, .kind = EVENT_JOINED, .participant = ANNA, .time_ms = 400};
    session_apply(&view, &joined, &a);
    g_assert_cmpint(view.session.served_ms, ==, 300);
    g_assert_true(str_equal(view.session.served_by.username, STR("anna")));
    arena_clear(&a);
}

static void test_participants(void)
{
    struct chat c;
    chat_open(&c, DIALECT_GENESYS, 0);
    g_assert_false(session_participant(&c.view, CLIENT)->present);
    chat_add(&c, EVENT_JOINED, 40, 1,
             "{\"participant\":{\"type\":\"Agent\",\"name\":\"Dora\",\"operator\":{\"id\":\"d\"}}}");
    chat_add(&c, EVENT_MESSAGE, 20, 2, "{\"participant\":{\"type\":\"External\"}}");
    g_assert_cmpuint(c.view.participant_count, ==, G_N_ELEMENTS(people) + 2);
    g_assert_cmpuint(c.view.session.participant_count, ==, 40);
    const struct participant *dora = session_participant(&c.view, 40);
    g_assert_true(dora->present && dora->joined && str_equal(dora->name, STR("Dora")));
    g_assert_true(str_equal(c.view.session.served_by.id, STR("d")));
    g_assert_false(session_participant(&c.view, 20)->joined);
    for (size_t i = 1; i < c.view.participant_count; i++)
        g_assert_cmpuint(c.view.participants[i - 1].id, <, c.view.participants[i].id);
    chat_add(&c, EVENT_LEFT, 40, 3, NULL);
    g_assert_false(session_participant(&c.view, 40)->present);
    chat_add(&c, EVENT_JOINED, 40, 4, NULL);
    g_assert_true(session_participant(&c.view, 40)->present);
    g_assert_cmpuint(c.view.session.operators_joined, ==, 1); /* once, however often */
    chat_add(&c, EVENT_NICKNAME, CLIENT, 5, NULL);
    g_assert_true(str_equal(session_participant(&c.view, CLIENT)->name, STR("text")));
    /* A participant that is known is not introduced a second time. */
    chat_add(&c, EVENT_JOINED, CLIENT, 6, "{\"participant\":{\"type\":\"Agent\",\"name\":\"Eve\"}}");
    g_assert_cmpint(session_participant(&c.view, CLIENT)->type, ==, PARTICIPANT_CLIENT);
    g_assert_null(session_participant(&c.view, 0));
    g_assert_null(session_participant(&c.view, 41));
    chat_clear(&c);
}

static void test_rocketchat_system_messages(void)
{
    struct chat c;
    static const char mark[] = "{\"dialect\":\"rocketchat\"}";
    chat_open(&c, DIALECT_ROCKETCHAT, 0);
    g_assert_false(c.view.session.waiting_response);
    chat_add(&c, EVENT_JOINED, CLIENT, 0, mark);
    g_assert_true(c.view.session.waiting_response);
    g_assert_cmpuint(c.view.session.rocketchat_system, ==, 2);
    chat_add(&c, EVENT_JOINED, ANNA, 1, mark);
    chat_add(&c, EVENT_TAKE, ANNA, 1, mark);
    g_assert_cmpuint(c.view.session.rocketchat_system, ==, 4);
    chat_add(&c, EVENT_CLOSED, ANNA, 2, mark);
    g_assert_cmpuint(c.view.session.rocketchat_system, ==, 6);
    chat_clear(&c);
    /* Imported: the same events without the mark add nothing. */
    chat_open(&c, DIALECT_ROCKETCHAT, 0);
    chat_add(&c, EVENT_JOINED, CLIENT, 0, NULL);
    chat_add(&c, EVENT_TAKE, ANNA, 1, "{\"dialect\":\"genesys\"}");
    chat_add(&c, EVENT_CLOSED, ANNA, 2, NULL);
    g_assert_cmpuint(c.view.session.rocketchat_system, ==, 0);
    g_assert_false(c.view.session.waiting_response);
    chat_clear(&c);
}

static void test_erased(void)
{
    struct chat c;
    chat_open(&c, DIALECT_PARLEY, 0);
    chat_add(&c, EVENT_MESSAGE, CLIENT, 3, NULL);
    chat_add(&c, EVENT_ERASED, 0, 9, NULL);
    const struct session *s = &c.view.session;
    g_assert_true(s->erased);
    g_assert_cmpint(s->state, ==, SESSION_CLOSED);
    g_assert_cmpint(s->end_ms, ==, 9);
    g_assert_null(session_participant(&c.view, CLIENT)->name.ptr);
    g_assert_nonnull(session_participant(&c.view, BOT)->name.ptr);
    /* The log without payloads still folds to an equal session. */
    struct session_view again = {0};
    struct event head = {.kind = EVENT_OPENED, .erased = true};
    struct head nothing = {0};
    session_open(&again, &head, &nothing, &c.a);
    for (size_t i = 0; i < c.count; i++) {
        struct event bare = {.index = c.events[i].index,
                             .kind = c.events[i].kind,
                             .time_ms = c.events[i].time_ms,
                             .participant = c.events[i].participant,
                             .erased = true};
        session_apply(&again, &bare, &c.a);
    }
    const char *difference = "";
    g_assert_true(session_equal(&c.view, &again, &difference));
    g_assert_null(difference);
    chat_clear(&c);
}

/* ---- the fold against a naive recomputation ---- */

/* Chooses so that joins, turns and closes meet often. */
static void add_random(struct chat *c)
{
    static const char *const data[] = {
        NULL,
        NULL,
        "{\"operator\":{\"id\":\"x\",\"username\":\"xeno\"}}",
        "{\"department\":{\"id\":\"sales\"}}",
        "{\"closer\":\"visitor\"}",
        "{\"dialect\":\"rocketchat\"}",
        "{\"participant\":{\"type\":\"Supervisor\",\"name\":\"New\"}}",
        "{\"participant\":7,\"operator\":[],\"department\":{\"id\":{}},\"closer\":{}}",
        "[]",
        "{broken",
    };
    bool message = g_test_rand_int_range(0, 2) == 0;
    enum event_kind kind = message ? EVENT_MESSAGE : (enum event_kind)g_test_rand_int_range(1, EVENT_CLOSED);
    if (g_test_rand_int_range(0, 40) == 0)
        kind = EVENT_CLOSED;
    chat_add(c, kind, (uint32_t)g_test_rand_int_range(0, 9), g_test_rand_int_range(0, 1000),
             data[g_test_rand_int_range(0, G_N_ELEMENTS(data))]);
}

static bool has_type(const struct chat *c, uint32_t id, enum participant_type type)
{
    const struct participant *p = session_participant(&c->view, id);
    return p && p->type == type;
}

static const struct event *newest(const struct chat *c, enum event_kind kind)
{
    for (size_t i = c->count; i-- > 0;)
        if (c->events[i].kind == kind)
            return &c->events[i];
    return NULL;
}

/* Each figure by a scan of its own, straight from what it means. */
static void check_counts(const struct chat *c, int64_t start_ms)
{
    const struct session *s = &c->view.session;
    uint32_t messages = 0, operators = 0;
    int64_t first = INT64_MAX, last = INT64_MIN, greatest = start_ms;
    bool joined[64] = {false}, present[64] = {false};
    for (size_t i = 0; i < c->count; i++) {
        const struct event *e = &c->events[i];
        greatest = MAX(greatest, e->time_ms);
        if (e->kind == EVENT_MESSAGE) {
            messages++;
            first = MIN(first, e->time_ms);
            last = MAX(last, e->time_ms);
        }
        joined[e->participant] |= e->kind == EVENT_JOINED;
        if (e->kind == EVENT_JOINED || e->kind == EVENT_LEFT)
            present[e->participant] = e->kind == EVENT_JOINED;
    }
    for (size_t i = 0; i < c->view.participant_count; i++) {
        const struct participant *p = &c->view.participants[i];
        operators += joined[p->id] && (p->type == PARTICIPANT_AGENT || p->type == PARTICIPANT_SUPERVISOR);
    }
    g_assert_cmpuint(s->messages, ==, messages);
    g_assert_cmpint(s->first_message_ms, ==, messages ? first : NO_TIME);
    g_assert_cmpint(s->last_message_ms, ==, messages ? last : NO_TIME);
    g_assert_cmpint(s->last_time_ms, ==, greatest);
    g_assert_cmpuint(s->last_index, ==, c->count);
    const struct event *message = newest(c, EVENT_MESSAGE);
    g_assert_cmpuint(s->last_message, ==, message ? message->index : 0);
    for (uint32_t id = 1; id <= G_N_ELEMENTS(people); id++) { /* those known from the start */
        g_assert_cmpint(session_participant(&c->view, id)->joined, ==, joined[id]);
        g_assert_cmpint(session_participant(&c->view, id)->present, ==, present[id]);
    }
    if (c->view.participant_count == G_N_ELEMENTS(people))
        g_assert_cmpuint(s->operators_joined, ==, operators);
}

/* Upstream's rule as it stands in the spec, in seconds' stead milliseconds, with "unset" as a flag. */
static void check_metrics(const struct chat *c, int64_t start_ms)
{
    struct {
        bool set;
        int64_t at;
    } lq = {0}, lr = {0}, first = {0};
    int64_t tt = 0, total = 0, first_length = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct event *e = &c->events[i];
        /* Only those who are known from the start, to keep this independent of introductions. */
        if (e->kind != EVENT_MESSAGE || e->participant == 0 || e->participant > G_N_ELEMENTS(people))
            continue;
        int64_t VQ = lq.set ? lq.at : start_ms, AR = lr.set ? lr.at : start_ms, now = e->time_ms;
        if (has_type(c, e->participant, PARTICIPANT_CLIENT)) {
            if (AR >= VQ)
                lq.set = true, lq.at = now;
            continue;
        }
        if (!lr.set || VQ > AR) {
            total++;
            tt += now - VQ;
        }
        if (!lr.set && now != VQ)
            first.set = true, first.at = now, first_length = now - VQ;
        if (VQ > AR)
            lr.set = true, lr.at = now;
    }
    const struct session_metrics *m = &c->view.session.metrics;
    g_assert_cmpint(m->visitor_last_query_ms, ==, lq.set ? lq.at : NO_TIME);
    g_assert_cmpint(m->served_last_reply_ms, ==, lr.set ? lr.at : NO_TIME);
    g_assert_cmpint(m->response_first_ms, ==, first.set ? first.at : NO_TIME);
    g_assert_cmpint(m->response_first_length_ms, ==, first.set ? first_length : NO_TIME);
    g_assert_cmpint(m->response_total, ==, total);
    g_assert_cmpint(m->response_total_ms, ==, tt);
}

static bool knows_only_people(const struct chat *c)
{
    return c->view.participant_count == G_N_ELEMENTS(people);
}

static void test_random_folds(void)
{
    for (int round = 0; round < 2000; round++) {
        struct chat *c = g_new(struct chat, 1);
        int64_t start_ms = g_test_rand_int_range(0, 500);
        chat_open(c, DIALECT_PARLEY, start_ms);
        size_t length = (size_t)g_test_rand_int_range(0, 60);
        while (c->count < length)
            add_random(c);
        check_counts(c, start_ms);
        if (knows_only_people(c))
            check_metrics(c, start_ms);
        /* Closed by the first close only. */
        const struct event *close = NULL;
        for (size_t i = c->count; i-- > 0;)
            if (c->events[i].kind == EVENT_CLOSED)
                close = &c->events[i];
        g_assert_cmpint(c->view.session.state, ==, close ? SESSION_CLOSED : SESSION_OPEN);
        g_assert_cmpint(c->view.session.end_ms, ==, close ? close->time_ms : NO_TIME);
        /* The message that speaks last decides who waits. */
        const struct event *message = newest(c, EVENT_MESSAGE);
        if (message && message->participant >= 1 && message->participant <= G_N_ELEMENTS(people))
            g_assert_cmpint(c->view.session.waiting_response, ==, message->participant == CLIENT);
        chat_clear(c);
        g_free(c);
    }
}

/* Folding in two parts over a copy gives the same, and leaves the copied one as it was. */
static void test_copy(void)
{
    for (int round = 0; round < 500; round++) {
        struct chat *c = g_new(struct chat, 1);
        chat_open(c, DIALECT_PARLEY, 10);
        size_t half = (size_t)g_test_rand_int_range(0, 30), length = half + (size_t)g_test_rand_int_range(0, 30);
        while (c->count < half)
            add_random(c);
        struct session_view kept, before;
        session_copy(&c->view, &kept, &c->a);
        session_copy(&c->view, &before, &c->a);
        struct session_view after;
        session_copy(&before, &after, &c->a);
        while (c->count < length)
            add_random(c);
        for (size_t i = half; i < length; i++)
            session_apply(&after, &c->events[i], &c->a);
        const char *difference = NULL;
        g_assert_true(session_equal(&after, &c->view, &difference));
        g_assert_true(session_equal(&before, &kept, &difference));
        chat_clear(c);
        g_free(c);
    }
}

/* ---- admission ---- */

static void refuse(const struct chat *c, struct event e, const struct event *target, bool live, enum reason reason)
{
    GError *error = NULL;
    e.index = (uint32_t)c->count + 1;
    g_assert_false(session_admits(&c->view, &e, target, live, &error));
    g_assert_cmpstr(reason_name(reason_of(error)), ==, reason_name(reason));
    g_error_free(error);
}

static void admit(const struct chat *c, struct event e, const struct event *target, bool live)
{
    GError *error = NULL;
    e.index = (uint32_t)c->count + 1;
    session_admits(&c->view, &e, target, live, &error);
    g_assert_no_error(error);
}

static void test_admits(void)
{
    struct chat c;
    chat_open(&c, DIALECT_PARLEY, 0);
    const struct event message = {.kind = EVENT_MESSAGE, .participant = CLIENT};
    admit(&c, message, NULL, true); /* never joined, may act */
    struct event e = {.kind = EVENT_JOINED, .participant = 9};
    refuse(&c, e, NULL, false, REASON_PARTICIPANT_UNKNOWN);
    e.data = STR("{\"participant\":{\"type\":\"Robot\"}}");
    refuse(&c, e, NULL, false, REASON_PARTICIPANT_UNKNOWN);
    e.data = STR("{\"participant\":{\"type\":\"Agent\"}}");
    admit(&c, e, NULL, true);

    chat_add(&c, EVENT_JOINED, CLIENT, 1, NULL);
    chat_add(&c, EVENT_MESSAGE, CLIENT, 2, NULL);
    chat_add(&c, EVENT_LEFT, CLIENT, 3, NULL);
    refuse(&c, message, NULL, true, REASON_PARTICIPANT_GONE);
    admit(&c, message, NULL, false);
    admit(&c, (struct event){.kind = EVENT_JOINED, .participant = CLIENT}, NULL, true);
    admit(&c, (struct event){.kind = EVENT_CLOSED, .participant = CLIENT}, NULL, true);
    admit(&c, (struct event){.kind = EVENT_SURVEY, .participant = CLIENT}, NULL, true);

    struct event edit = {.kind = EVENT_EDIT, .participant = ANNA, .target = 2};
    admit(&c, edit, &c.events[1], true);
    refuse(&c, edit, NULL, true, REASON_EVENT_UNKNOWN);
    edit.target = 1;
    refuse(&c, edit, &c.events[0], false, REASON_FIELD_VALUE); /* a join */
    edit.target = (uint32_t)c.count + 1;
    struct event self = {.index = edit.target, .kind = EVENT_MESSAGE};
    refuse(&c, edit, &self, false, REASON_EVENT_UNKNOWN); /* not before it */
    struct event deleted = c.events[1], deletion = {.index = 3, .kind = EVENT_DELETE};
    event_revise(&deleted, &deletion);
    edit.target = 2;
    refuse(&c, edit, &deleted, false, REASON_EVENT_DELETED);

    chat_add(&c, EVENT_CLOSED, 0, 4, NULL);
    refuse(&c, (struct event){.kind = EVENT_MESSAGE, .participant = ANNA}, NULL, true, REASON_SESSION_CLOSED);
    refuse(&c, (struct event){.kind = EVENT_CLOSED}, NULL, true, REASON_SESSION_CLOSED);
    admit(&c, (struct event){.kind = EVENT_MESSAGE, .participant = ANNA}, NULL, false);
    admit(&c, (struct event){.kind = EVENT_READ_RECEIPT, .participant = CLIENT}, NULL, true);
    admit(&c, (struct event){.kind = EVENT_USER_DATA}, NULL, true);
    admit(&c, (struct event){.kind = EVENT_ERASED}, NULL, true);

    c.view.session.last_index = LIMIT_EVENTS_PER_SESSION - 1;
    refuse(&c, message, NULL, false, REASON_SESSION_FULL);
    c.view.session.erased = true;
    refuse(&c, message, NULL, false, REASON_SESSION_ERASED);
    chat_clear(&c);
}

/* ---- comparing ---- */

static void expect_difference(const struct session_view *a, const struct session_view *b, const char *name)
{
    const char *difference = NULL;
    g_assert_false(session_equal(a, b, &difference));
    g_assert_cmpstr(difference, ==, name);
}

static void test_equal(void)
{
    struct chat c;
    chat_open(&c, DIALECT_PARLEY, 0);
    chat_add(&c, EVENT_JOINED, ANNA, 1, NULL);
    struct session_view other;
#define DIFFERS(member, value) \
    session_copy(&c.view, &other, &c.a); \
    other.session.member = (value); \
    expect_difference(&c.view, &other, #member)
    DIFFERS(id, STR("other"));
    DIFFERS(number, 9);
    DIFFERS(waiting_response, true);
    DIFFERS(department_ancestors, STR("[]"));
    DIFFERS(metrics.response_total_ms, 1);
    DIFFERS(response_by.last_ms, 1);
#undef DIFFERS
    session_copy(&c.view, &other, &c.a);
    other.session.served_by.name = STR("x");
    expect_difference(&c.view, &other, "operator");
    session_copy(&c.view, &other, &c.a);
    other.session.chain[31] ^= 1;
    expect_difference(&c.view, &other, "chain");
    session_copy(&c.view, &other, &c.a);
    other.participants[0].name = STR("x");
    expect_difference(&c.view, &other, "participants");
    chat_clear(&c);
}

/* ---- reports ---- */

static void test_contribution(void)
{
    struct chat c;
    chat_open(&c, DIALECT_PARLEY, 0);
    chat_add(&c, EVENT_NOTICE, CLIENT, 1, NULL);
    g_assert_false(session_contribution(&c.view.session).counts);
    g_assert_cmpint(session_contribution(&c.view.session).sessions, ==, 0);
    chat_add(&c, EVENT_MESSAGE, CLIENT, 500, NULL); /* imported times need not be ordered */
    chat_add(&c, EVENT_MESSAGE, ANNA, 200, NULL);
    struct contribution got = session_contribution(&c.view.session);
    g_assert_true(got.counts);
    g_assert_cmpint(got.at_ms, ==, 200);
    g_assert_cmpint(got.duration_ms, ==, 300);
    g_assert_cmpint(got.messages, ==, 2);
    chat_clear(&c);

    g_assert_cmpint(summary_average_thousandths(&(struct summary){0}), ==, 0);
    g_assert_cmpint(summary_average_thousandths(&(struct summary){.sessions = 3, .duration_ms = 10}), ==, 3);
    g_assert_cmpint(summary_average_thousandths(&(struct summary){.sessions = 2, .duration_ms = 3}), ==, 2);
    g_assert_cmpint(summary_average_thousandths(&(struct summary){.sessions = 3, .duration_ms = 11}), ==, 4);
    g_assert_cmpint(summary_average_thousandths(&(struct summary){.sessions = 1, .duration_ms = INT64_MAX}), ==,
                    INT64_MAX);
    g_assert_cmpint(summary_average_thousandths(&(struct summary){.sessions = INT64_MAX, .duration_ms = INT64_MAX}), ==,
                    1);
}

/* ---- visitors ---- */

static struct event opened(struct arena *a, struct head *h, int64_t at)
{
    return (struct event){.kind = EVENT_OPENED, .time_ms = at, .data = head_write(h, a)};
}

static void test_visitor(void)
{
    struct arena a;
    arena_init(&a);
    struct visitor v = {.company = 1, .number = 2};
    struct head h = {.visitor = {.id = STR("v"), .token = STR("t1"), .username = STR("guest-1"), .name = STR("Maria")}};
    struct event e = opened(&a, &h, 50);
    visitor_apply(&v, &e, &a);
    h.visitor.token = STR("t2"), h.visitor.username = STR("guest-2"), h.visitor.name = STR_NULL;
    h.visitor.email = STR("m@example.org");
    e = opened(&a, &h, 40);
    visitor_apply(&v, &e, &a);
    g_assert_cmpint(v.sessions, ==, 2);
    g_assert_cmpint(v.created_ms, ==, 50);
    g_assert_true(str_equal(v.token, STR("t1")) && str_equal(v.username, STR("guest-1")));
    g_assert_true(str_equal(v.name, STR("Maria")) && str_equal(v.email, STR("m@example.org")));
    e = (struct event){.kind = EVENT_USER_DATA,
                       .data = STR("{\"visitor\":{\"name\":\"M\",\"phone\":\"1\",\"email\":3}}")};
    struct visitor before = v;
    visitor_apply(&v, &e, &a);
    g_assert_true(str_equal(v.name, STR("M")) && str_equal(v.phone, STR("1")));
    g_assert_true(str_equal(v.email, STR("m@example.org")));
    const char *difference = NULL;
    g_assert_false(visitor_equal(&v, &before, &difference));
    g_assert_cmpstr(difference, ==, "name");
    e.kind = EVENT_MESSAGE;
    before = v;
    visitor_apply(&v, &e, &a);
    g_assert_true(visitor_equal(&v, &before, NULL));
    /* Erasing: columns are dropped at once, payloads later; folding again must not bring names back. */
    v.state = VISITOR_ERASING;
    v.name = STR_NULL;
    e = opened(&a, &(struct head){.visitor = {.id = STR("v"), .name = STR("Maria")}}, 1);
    visitor_apply(&v, &e, &a);
    g_assert_null(v.name.ptr);
    g_assert_cmpint(v.sessions, ==, 3);
    arena_clear(&a);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    id_library_init();
    g_test_add_func("/session/seed-metrics", test_seed_metrics);
    g_test_add_func("/session/first-response", test_first_response);
    g_test_add_func("/session/turns-and-several-agents", test_turns_and_several_agents);
    g_test_add_func("/session/metrics-quirk", test_metrics_quirk);
    g_test_add_func("/session/close-metrics", test_close_metrics);
    g_test_add_func("/session/closer", test_closer);
    g_test_add_func("/session/closed-by", test_closed_by);
    g_test_add_func("/session/newest-shown", test_newest_shown);
    g_test_add_func("/session/newest-deleted", test_newest_deleted);
    g_test_add_func("/session/recorded-lm", test_recorded_lm);
    g_test_add_func("/session/take-and-transfer", test_take_and_transfer);
    g_test_add_func("/session/queue", test_queue);
    g_test_add_func("/session/who_only_notes", test_who_only_notes);
    g_test_add_func("/session/head-operator", test_head_operator);
    g_test_add_func("/session/participants", test_participants);
    g_test_add_func("/session/rocketchat-system-messages", test_rocketchat_system_messages);
    g_test_add_func("/session/erased", test_erased);
    g_test_add_func("/session/random-folds", test_random_folds);
    g_test_add_func("/session/copy", test_copy);
    g_test_add_func("/session/admits", test_admits);
    g_test_add_func("/session/equal", test_equal);
    g_test_add_func("/session/contribution", test_contribution);
    g_test_add_func("/visitor/fold", test_visitor);
    return g_test_run();
}
