#include "model/session.h"

#include "text/time.h"

#include <stdlib.h>

/* ---- participants ---- */

static int compare_participants(const void *a, const void *b)
{
    uint32_t x = ((const struct participant *)a)->id, y = ((const struct participant *)b)->id;
    return (x > y) - (x < y);
}

const struct participant *session_participant(const struct session_view *view, uint32_t id)
{
    if (view->participant_count == 0)
        return NULL;
    struct participant key = {.id = id};
    return bsearch(&key, view->participants, view->participant_count, sizeof key, compare_participants);
}

static struct participant *find_participant(struct session_view *view, uint32_t id)
{
    return (struct participant *)session_participant(view, id);
}

void session_copy(const struct session_view *from, struct session_view *to, struct arena *a)
{
    *to = *from;
    to->participants = arena_array(a, from->participant_count, sizeof *to->participants);
    to->participant_capacity = from->participant_count;
    if (from->participant_count)
        memcpy(to->participants, from->participants, from->participant_count * sizeof *to->participants);
}

static void make_room(struct session_view *view, struct arena *a)
{
    if (view->participant_count < view->participant_capacity)
        return;
    size_t capacity = MAX(2 * view->participant_count, 4);
    struct participant *larger = arena_array(a, capacity, sizeof *larger);
    if (view->participant_count)
        memcpy(larger, view->participants, view->participant_count * sizeof *larger);
    view->participants = larger;
    view->participant_capacity = capacity;
}

/* `p`'s id is not among the participants yet. */
static struct participant *insert_participant(struct session_view *view, const struct participant *p, struct arena *a)
{
    make_room(view, a);
    size_t at = view->participant_count++;
    while (at > 0 && view->participants[at - 1].id > p->id) {
        view->participants[at] = view->participants[at - 1];
        at--;
    }
    view->participants[at] = *p;
    view->session.participant_count = MAX(view->session.participant_count, p->id);
    return &view->participants[at];
}

/* Who did it; a newcomer is added when its first event introduces it. NULL = nobody we know. */
static struct participant *actor(struct session_view *view, const struct event *e, const struct json_node *data,
                                 struct arena *a)
{
    struct participant *known = find_participant(view, e->participant);
    struct participant introduced;
    if (known || e->participant == 0 || e->participant > LIMIT_PARTICIPANTS ||
        !participant_read(json_get(data, "participant"), e->participant, &introduced, a))
        return known;
    introduced.internal = event_is_internal(e);
    return insert_participant(view, &introduced, a);
}

/* ---- what Rocket.Chat shows as the newest ---- */

static bool is_newer(int64_t time_ms, uint32_t index, int64_t than_ms, uint32_t than)
{
    return time_ms > than_ms || (time_ms == than_ms && index > than);
}

uint32_t session_rocketchat_last(const struct session *s)
{
    bool close = s->rocketchat_close && is_newer(s->end_ms, s->close_index, s->last_shown_ms, s->last_shown);
    return close ? s->close_index : s->last_shown;
}

/* A recorded room speaks for itself while nothing came after it. */
static void settle_lm(struct session *s)
{
    uint32_t last = session_rocketchat_last(s);
    if (s->recorded_lm_ms != NO_TIME && s->last_index == s->recorded_up_to)
        s->lm_ms = s->recorded_lm_ms;
    else
        s->lm_ms = !last ? s->start_ms : last == s->last_shown ? s->last_shown_ms : s->end_ms;
}

bool session_shows(const struct event *e)
{
    bool shown = e->kind == EVENT_FILE ? !event_is_attached(e) : e->kind == EVENT_MESSAGE && !event_is_deleted(e);
    return shown && !event_is_internal(e);
}

void session_show(struct session *s, const struct event *e)
{
    if (!session_shows(e) || !is_newer(e->time_ms, e->index, s->last_shown_ms, s->last_shown))
        return;
    s->last_shown = e->index;
    s->last_shown_ms = e->time_ms;
    settle_lm(s);
}

/* ---- the fold ---- */

/* `lm` of the room among recorded documents; NO_TIME where there is none that can be read. */
static int64_t recorded_lm(const struct json_node *recorded)
{
    struct time_point lm;
    struct str text = json_str(json_get(json_get(json_get(recorded, "rocketchat"), "room"), "lm"));
    return text.ptr && time_parse(text, STR_NULL, &lm, NULL) ? lm.ms : NO_TIME;
}

static int64_t recorded_lm_of_head(const struct head *h)
{
    struct arena scratch;
    arena_init(&scratch);
    int64_t lm_ms = recorded_lm(h->recorded.ptr ? json_read(h->recorded, JSON_TOP_OBJECT, &scratch, NULL) : NULL);
    arena_clear(&scratch);
    return lm_ms;
}

void session_open(struct session_view *view, const struct event *head, const struct head *h, struct arena *a)
{
    struct session *s = &view->session;
    *s = (struct session){
        .company = s->company,
        .visitor = s->visitor,
        .number = s->number,
        .id = s->id,
        .dialect = h->dialect,
        .time_zone = h->time_zone,
        .button_id = h->button.id,
        .button_name = h->button.name,
        .head_documents = h->recorded.ptr || h->source.ptr,
        .recorded_up_to = h->recorded_up_to,
        .recorded_lm_ms = recorded_lm_of_head(h),
        .served_by = h->served_by,
        .served_ms = operator_ref_is_nobody(&h->served_by) ? NO_TIME : head->time_ms,
        .queued_ms = operator_ref_is_nobody(&h->served_by) ? head->time_ms : NO_TIME,
        .department_id = h->department.id,
        .department_ancestors = h->department.ancestors,
        .start_ms = head->time_ms,
        .first_message_ms = NO_TIME,
        .last_message_ms = NO_TIME,
        .last_time_ms = head->time_ms,
        .end_ms = NO_TIME,
        .last_shown_ms = NO_TIME,
        .last_client_message_ms = NO_TIME,
        .response_by = {.first_ms = NO_TIME, .last_ms = NO_TIME},
        .metrics =
            {
                .visitor_last_query_ms = NO_TIME,
                .served_last_reply_ms = NO_TIME,
                .reaction_first_ms = NO_TIME,
                .reaction_first_length_ms = NO_TIME,
                .response_first_ms = NO_TIME,
                .response_first_length_ms = NO_TIME,
                .chat_length_ms = NO_TIME,
                .service_length_ms = NO_TIME,
            },
    };
    memcpy(s->chain, head->chain, sizeof s->chain);
    settle_lm(s);

    view->participants = NULL;
    view->participant_count = view->participant_capacity = 0;
    for (size_t i = 0; i < h->participant_count; i++) {
        struct participant p = h->participants[i];
        p.joined = p.present = false;
        insert_participant(view, &p, a);
    }
}

static bool is_rocketchat(const struct json_node *data)
{
    return str_equal(json_str(json_get(data, "dialect")), dialect_name(DIALECT_ROCKETCHAT));
}

/* What the system messages that Rocket.Chat's dialect wrote for this event add to `msgs`
 * (doc/dialects/rocketchat.md 2.1): `livechat-started` and `livechat-close` 2 each, the others 1 each. A take is two:
 * `command` and `uj`. */
static uint32_t rocketchat_messages(const struct session *s, const struct event *e, const struct participant *by)
{
    switch (e->kind) {
    case EVENT_JOINED:
        return by && by->type == PARTICIPANT_CLIENT && s->rocketchat_system == 0 ? 2 : 0;
    case EVENT_CLOSED:
        return 2;
    case EVENT_TAKE:
        return 2;
    case EVENT_LEFT:
    case EVENT_TRANSFER:
        return 1;
    default:
        return 0;
    }
}

/* Whoever waits already goes on waiting since then. */
static void serve(struct session *s, const struct operator_ref *o, int64_t since_ms)
{
    bool waits = s->state == SESSION_OPEN && operator_ref_is_nobody(o);
    if (!waits)
        s->queued_ms = NO_TIME;
    else if (s->queued_ms == NO_TIME)
        s->queued_ms = since_ms;
    s->served_by = *o;
    s->served_ms = operator_ref_is_nobody(o) ? NO_TIME : since_ms;
}

static bool agent_has_joined(const struct session_view *view)
{
    for (size_t i = 0; i < view->participant_count; i++)
        if (view->participants[i].type == PARTICIPANT_AGENT && view->participants[i].joined)
            return true;
    return false;
}

static void fold_joined(struct session_view *view, const struct event *e, struct participant *by)
{
    struct session *s = &view->session;
    if (by->type == PARTICIPANT_AGENT) {
        if (operator_ref_is_nobody(&s->served_by))
            serve(s, &by->operator_ref, e->time_ms);
        else if (s->served_ms == s->start_ms && !agent_has_joined(view))
            s->served_ms = e->time_ms; /* the head knew who serves, not since when */
    }
    if (!by->joined && (by->type == PARTICIPANT_AGENT || by->type == PARTICIPANT_SUPERVISOR))
        s->operators_joined++;
    by->joined = by->present = true;
}

/* doc/dialects/rocketchat.md 2.2, with now = the message's own time; the state is the one before this message. */
static void fold_metrics(struct session *s, int64_t now, bool from_client)
{
    struct session_metrics *m = &s->metrics;
    int64_t last_query = m->visitor_last_query_ms != NO_TIME ? m->visitor_last_query_ms : s->start_ms;
    int64_t last_reply = m->served_last_reply_ms != NO_TIME ? m->served_last_reply_ms : s->start_ms;
    if (from_client) {
        if (last_reply >= last_query)
            m->visitor_last_query_ms = now;
        return;
    }
    int64_t response = now - last_query;
    if (m->served_last_reply_ms == NO_TIME) {
        int64_t reaction = now - (s->served_ms != NO_TIME ? s->served_ms : s->start_ms);
        if (response != 0) {
            m->response_first_ms = m->reaction_first_ms = now;
            m->response_first_length_ms = response;
            m->reaction_first_length_ms = reaction;
        }
        m->response_total++;
        m->response_total_ms += response;
        m->reaction_total_ms += reaction;
    } else if (last_query > last_reply) {
        m->response_total++;
        m->response_total_ms += response;
        m->reaction_total_ms += response;
    }
    if (last_query > last_reply)
        m->served_last_reply_ms = now;
}

static void fold_response(struct session *s, int64_t now, const struct participant *by)
{
    if (by->type == PARTICIPANT_CLIENT) {
        s->last_client_message_ms = now;
        s->waiting_response = true;
        s->response_by.operator_ref = (struct operator_ref){0};
        s->response_by.first_ms = s->response_by.last_ms = NO_TIME;
        return;
    }
    if (s->waiting_response) {
        s->response_by.operator_ref = participant_operator(by);
        s->response_by.first_ms = now;
    }
    if (s->response_by.first_ms != NO_TIME)
        s->response_by.last_ms = now;
    s->waiting_response = false;
}

static void fold_message(struct session *s, const struct event *e, const struct participant *by)
{
    s->messages++;
    s->last_message = e->index;
    s->first_message_ms = s->messages == 1 ? e->time_ms : MIN(s->first_message_ms, e->time_ms);
    s->last_message_ms = MAX(s->last_message_ms, e->time_ms);
    session_show(s, e);
    if (!by)
        return;
    fold_metrics(s, e->time_ms, by->type == PARTICIPANT_CLIENT);
    fold_response(s, e->time_ms, by);
}

static void fold_take(struct session *s, const struct event *e, const struct json_node *data,
                      const struct participant *by, struct arena *a)
{
    struct operator_ref taker = operator_ref_read(json_get(data, "operator"), a);
    if (operator_ref_is_nobody(&taker) && by)
        taker = by->operator_ref;
    if (!operator_ref_is_nobody(&taker))
        serve(s, &taker, e->time_ms);
}

static void fold_transfer(struct session *s, const struct event *e, const struct json_node *data, struct arena *a)
{
    if (!data)
        return; /* a transfer nothing is known of */
    const struct json_node *department = json_get(data, "department");
    struct str id = arena_str(a, json_str(json_get(department, "id")));
    if (id.ptr) {
        s->department_id = id;
        s->department_ancestors = model_json_text(json_get(department, "ancestors"), a);
    }
    struct operator_ref next = operator_ref_read(json_get(data, "operator"), a);
    serve(s, &next, e->time_ms);
}

static void fold_delete(struct session *s, const struct event *e)
{
    s->deleted++;
    if (s->last_shown != e->target)
        return;
    s->last_shown = 0;
    s->last_shown_ms = NO_TIME;
}

static void close_session(struct session *s, const struct event *e, enum closer closer)
{
    s->state = SESSION_CLOSED;
    s->closer = closer;
    s->close_index = e->index;
    s->on_hold = false;
    s->queued_ms = NO_TIME;
    s->end_ms = e->time_ms;
    s->metrics.chat_length_ms = s->end_ms - s->start_ms;
    if (s->served_ms != NO_TIME && s->end_ms != s->served_ms)
        s->metrics.service_length_ms = s->end_ms - s->served_ms;
}

static enum closer closer_of(const struct json_node *data, const struct participant *by)
{
    struct str closer = json_str(json_get(data, "closer"));
    if (str_equal(closer, STR("visitor")))
        return CLOSER_VISITOR;
    if (str_equal(closer, STR("operator")))
        return CLOSER_OPERATOR;
    if (str_equal(closer, STR("system")) || !by || by->type == PARTICIPANT_EXTERNAL)
        return CLOSER_SYSTEM;
    return by->type == PARTICIPANT_CLIENT ? CLOSER_VISITOR : CLOSER_OPERATOR;
}

/* The operator named in the data, else who did it, else who served: the last for imports that say no more than that an
 * operator closed. */
static struct operator_ref closed_by(const struct session *s, const struct json_node *data,
                                     const struct participant *by, struct arena *a)
{
    struct operator_ref named = operator_ref_read(json_get(data, "operator"), a);
    if (!operator_ref_is_nobody(&named))
        return named;
    return by && by->type != PARTICIPANT_CLIENT ? participant_operator(by) : s->served_by;
}

static bool all_strings(const struct json_node *array)
{
    const struct json_node *element = json_first(array);
    while (json_is(element, JSON_STRING))
        element = element->next;
    return json_is(array, JSON_ARRAY) && !element;
}

static void fold_closed(struct session *s, const struct event *e, const struct json_node *data,
                        const struct participant *by, struct arena *a)
{
    const struct json_node *tags = json_get(data, "tags");
    if (s->state == SESSION_CLOSED)
        return;
    close_session(s, e, closer_of(data, by));
    s->rocketchat_close = is_rocketchat(data);
    if (s->closer == CLOSER_OPERATOR)
        s->closed_by = closed_by(s, data, by, a);
    if (all_strings(tags))
        s->tags = model_json_text(tags, a);
}

static bool is_same_operator(const struct operator_ref *a, const struct operator_ref *b)
{
    return a->id.ptr && b->id.ptr ? str_equal(a->id, b->id) : str_equal(a->username, b->username);
}

/* Documents of the system that the session came from, and what they know that no event told: who serves, and where. */
static void fold_recorded(struct session *s, const struct event *e, const struct json_node *data, struct arena *a)
{
    const struct json_node *since = json_get(data, "servedSince"), *department = json_get(data, "department");
    struct operator_ref served = operator_ref_read(json_get(data, "operator"), a);
    struct str id = arena_str(a, json_str(json_get(department, "id")));
    s->head_documents = true;
    s->recorded_up_to = json_int64(json_get(data, "upTo")) == e->index - 1 ? e->index : 0;
    s->recorded_lm_ms = recorded_lm(data);
    if (!operator_ref_is_nobody(&served) && !is_same_operator(&served, &s->served_by))
        serve(s, &served, json_is(since, JSON_INTEGER) ? since->integer : e->time_ms);
    if (id.ptr && !str_equal(id, s->department_id)) {
        s->department_id = id;
        s->department_ancestors = model_json_text(json_get(department, "ancestors"), a);
    }
}

static void fold_erased(struct session_view *view, const struct event *e)
{
    if (view->session.state == SESSION_OPEN)
        close_session(&view->session, e, CLOSER_SYSTEM);
    view->session.erased = true;
    for (size_t i = 0; i < view->participant_count; i++)
        if (view->participants[i].type == PARTICIPANT_CLIENT)
            view->participants[i].name = STR_NULL;
}

static void fold_kind(struct session_view *view, const struct event *e, const struct json_node *data,
                      struct participant *by, struct arena *a)
{
    struct session *s = &view->session;
    switch (e->kind) {
    case EVENT_JOINED:
        if (by)
            fold_joined(view, e, by);
        if (is_rocketchat(data) && s->messages == 0)
            s->waiting_response = true; /* a room waits from its creation on */
        break;
    case EVENT_LEFT:
        if (by)
            by->present = false;
        break;
    case EVENT_MESSAGE:
        fold_message(s, e, by);
        break;
    case EVENT_FILE:
        s->files += !event_is_attached(e);
        session_show(s, e);
        break;
    case EVENT_DELETE:
        fold_delete(s, e);
        break;
    case EVENT_TAKE:
        fold_take(s, e, data, by, a);
        break;
    case EVENT_TRANSFER:
        fold_transfer(s, e, data, a);
        break;
    case EVENT_HOLD:
        s->on_hold = s->state == SESSION_OPEN;
        break;
    case EVENT_RESUME:
        s->on_hold = false;
        break;
    case EVENT_NICKNAME:
        if (by)
            by->name = e->text;
        break;
    case EVENT_CLOSED:
        fold_closed(s, e, data, by, a);
        break;
    case EVENT_ERASED:
        fold_erased(view, e);
        break;
    case EVENT_RECORDED:
        fold_recorded(s, e, data, a);
        break;
    default:
        break;
    }
}

/* Parsing is most of the cost of a fold: only where something could be read. */
static const struct json_node *read_data(const struct session_view *view, const struct event *e, struct arena *scratch)
{
    if (str_is_empty(e->data) || (e->kind == EVENT_MESSAGE && session_participant(view, e->participant)))
        return NULL;
    return json_read(e->data, JSON_STORED, scratch, NULL);
}

void session_apply(struct session_view *view, const struct event *e, struct arena *a)
{
    struct session *s = &view->session;
    struct arena scratch;
    arena_init(&scratch);
    const struct json_node *data = read_data(view, e, &scratch);
    struct participant *by = actor(view, e, data, a);
    if (!event_is_internal(e)) {
        uint32_t system_messages = is_rocketchat(data) ? rocketchat_messages(s, e, by) : 0;
        fold_kind(view, e, data, by, a);
        s->rocketchat_system += system_messages;
        if (by)
            by->internal = false;
    }
    s->last_index = e->index;
    s->times_went_back |= e->time_ms < s->last_time_ms;
    s->last_time_ms = MAX(s->last_time_ms, e->time_ms);
    settle_lm(s);
    memcpy(s->chain, e->chain, sizeof s->chain);
    arena_clear(&scratch);
}

/* ---- admission ---- */

static bool introduces_participant(const struct event *e)
{
    if (str_is_empty(e->data) || e->participant > LIMIT_PARTICIPANTS)
        return false;
    struct arena scratch;
    arena_init(&scratch);
    const struct json_node *data = json_read(e->data, JSON_STORED, &scratch, NULL);
    enum participant_type type;
    bool introduces = participant_type_from_name(json_str(json_get(json_get(data, "participant"), "type")), &type);
    arena_clear(&scratch);
    return introduces;
}

/* What somebody who has left may still do, as somebody who never came may. */
static bool is_from_outside(const struct event *e)
{
    switch (e->kind) {
    case EVENT_JOINED:
    case EVENT_CLOSED:
    case EVENT_TRANSFER:
    case EVENT_HOLD:
    case EVENT_RESUME:
        return true;
    default:
        return event_facts[e->kind].after_close || event_is_internal(e);
    }
}

static bool admits_participant(const struct session_view *view, const struct event *e, bool live, GError **error)
{
    if (e->participant == 0)
        return true; /* event_check knows which kinds may */
    const struct participant *by = session_participant(view, e->participant);
    if (!by && !introduces_participant(e)) {
        reason_set_field(error, REASON_PARTICIPANT_UNKNOWN, STR("by"), "there is no participant %u", e->participant);
        return false;
    }
    bool gone = live && by && by->joined && !by->present;
    if (gone && !is_from_outside(e)) {
        reason_set_field(error, REASON_PARTICIPANT_GONE, STR("by"), "participant %u has left", e->participant);
        return false;
    }
    return true;
}

static bool admits_target(const struct event *e, const struct event *target, GError **error)
{
    if (!event_is_revision(e))
        return true;
    if (!target || e->target != target->index || e->target >= e->index)
        reason_set_field(error, REASON_EVENT_UNKNOWN, STR("target"), "there is no event %u before it", e->target);
    else if (target->kind != EVENT_MESSAGE)
        reason_set_field(error, REASON_FIELD_VALUE, STR("target"), "event %u is no message", e->target);
    else if (event_is_deleted(target))
        reason_set_field(error, REASON_EVENT_DELETED, STR("target"), "message %u is deleted", e->target);
    else
        return true;
    return false;
}

bool session_admits(const struct session_view *view, const struct event *e, const struct event *target, bool live,
                    GError **error)
{
    const struct session *s = &view->session;
    if (s->erased) {
        reason_set(error, REASON_SESSION_ERASED, "the session is erased");
        return false;
    }
    /* The last place is kept for the erasure, which nothing may stand in the way of. */
    if (s->last_index + (e->kind == EVENT_ERASED ? 1 : 2) >= LIMIT_EVENTS_PER_SESSION) {
        reason_set(error, REASON_SESSION_FULL, "the session has its greatest number of events, %d",
                   LIMIT_EVENTS_PER_SESSION - 2);
        return false;
    }
    if (live && s->state == SESSION_CLOSED && !event_facts[e->kind].after_close) {
        reason_set(error, REASON_SESSION_CLOSED, "the session is closed");
        return false;
    }
    return admits_participant(view, e, live, error) && admits_target(e, target, error);
}

/* ---- comparing ---- */

static bool participant_equal(const struct participant *a, const struct participant *b)
{
    return a->id == b->id && a->type == b->type && str_equal(a->name, b->name) &&
           operator_ref_equal(&a->operator_ref, &b->operator_ref) && a->joined == b->joined &&
           a->present == b->present && a->internal == b->internal;
}

static bool participants_equal(const struct session_view *a, const struct session_view *b)
{
    if (a->participant_count != b->participant_count)
        return false;
    for (size_t i = 0; i < a->participant_count; i++)
        if (!participant_equal(&a->participants[i], &b->participants[i]))
            return false;
    return true;
}

/* Member lists for the comparison. Those of the first list follow from kinds, times and indices alone, so that they
 * hold for an erased session too, whose payloads are gone. */
#define SURVIVING_NUMBERS(X) \
    X(company) \
    X(visitor) \
    X(number) \
    X(state) \
    X(erased) \
    X(start_ms) \
    X(first_message_ms) \
    X(last_message_ms) \
    X(last_time_ms) \
    X(end_ms) \
    X(last_index) \
    X(messages) \
    X(deleted) \
    X(last_message) \
    X(files) \
    X(last_shown) \
    X(last_shown_ms) \
    X(close_index) \
    X(times_went_back)

#define OTHER_NUMBERS(X) \
    X(dialect) \
    X(head_documents) \
    X(recorded_up_to) \
    X(recorded_lm_ms) \
    X(lm_ms) \
    X(closer) \
    X(rocketchat_close) \
    X(on_hold) \
    X(served_ms) \
    X(queued_ms) \
    X(operators_joined) \
    X(participant_count) \
    X(rocketchat_system) \
    X(last_client_message_ms) \
    X(waiting_response) \
    X(response_by.first_ms) \
    X(response_by.last_ms) \
    X(metrics.visitor_last_query_ms) \
    X(metrics.served_last_reply_ms) \
    X(metrics.reaction_first_ms) \
    X(metrics.reaction_first_length_ms) \
    X(metrics.reaction_total_ms) \
    X(metrics.response_first_ms) \
    X(metrics.response_first_length_ms) \
    X(metrics.response_total_ms) \
    X(metrics.response_total) \
    X(metrics.chat_length_ms) \
    X(metrics.service_length_ms)

#define OTHER_TEXTS(X) \
    X(time_zone) \
    X(button_id) \
    X(button_name) \
    X(department_id) \
    X(department_ancestors) \
    X(tags)

#define NUMBER(member) \
    if (a->member != b->member) \
        return #member;
#define TEXT(member) \
    if (!str_equal(a->member, b->member)) \
        return #member;

static const char *surviving_difference(const struct session *a, const struct session *b)
{
    TEXT(id)
    SURVIVING_NUMBERS(NUMBER)
    return memcmp(a->chain, b->chain, sizeof a->chain) ? "chain" : NULL;
}

static const char *other_difference(const struct session *a, const struct session *b)
{
    OTHER_NUMBERS(NUMBER)
    OTHER_TEXTS(TEXT)
    if (!operator_ref_equal(&a->served_by, &b->served_by))
        return "operator";
    if (!operator_ref_equal(&a->closed_by, &b->closed_by))
        return "closed_by";
    return operator_ref_equal(&a->response_by.operator_ref, &b->response_by.operator_ref) ? NULL
                                                                                          : "response_by.operator";
}

#undef NUMBER
#undef TEXT

bool session_equal(const struct session_view *a, const struct session_view *b, const char **difference)
{
    const char *differs = surviving_difference(&a->session, &b->session);
    if (!differs && !a->session.erased)
        differs = other_difference(&a->session, &b->session);
    if (!differs && !a->session.erased && !participants_equal(a, b))
        differs = "participants";
    if (difference)
        *difference = differs;
    return !differs;
}

/* ---- reports ---- */

struct contribution session_contribution(const struct session *s)
{
    /* A row that is damaged may have messages and no times. */
    if (s->messages == 0 || s->first_message_ms == NO_TIME || s->last_message_ms == NO_TIME)
        return (struct contribution){0};
    return (struct contribution){
        .counts = true,
        .at_ms = s->first_message_ms,
        .sessions = 1,
        .duration_ms = s->last_message_ms - s->first_message_ms,
        .messages = s->messages,
    };
}

int64_t summary_average_thousandths(const struct summary *s)
{
    if (s->sessions <= 0) /* less than none: of a damaged roll-up */
        return 0;
    int64_t whole = s->duration_ms / s->sessions, rest = s->duration_ms % s->sessions;
    return whole + (rest > 0 && rest >= s->sessions - rest); /* half up, without doubling the sum */
}
