#include "text/json_read.h"
#include "wire/rocketchat/internal.h"

/* `name` is a literal. */
#define MEMBER_TIME_IF(w, name, ms) ((ms) != NO_TIME ? json_member_time((w), name, (ms)) : (void)0)
#define MEMBER_SECONDS_IF(w, name, ms) ((ms) != NO_TIME ? json_member_decimal3((w), name, (ms)) : (void)0)

/* Without priorities and service levels every room has the original's own defaults (spec 2.1). */
enum { PRIORITY_WEIGHT = 99, ESTIMATED_WAITING_TIME = 9999999 };

struct str visitor_status(const struct session *room)
{
    return room->state == SESSION_OPEN ? STR("online") : STR("offline");
}

static struct str room_name(const struct visitor *v)
{
    return v->name.len ? v->name : v->username;
}

static int64_t room_msgs(const struct session *room)
{
    return (int64_t)room->messages - room->deleted + room->files + room->rocketchat_system;
}

static void add_visitor(struct json *w, const struct session *room, const struct visitor *v)
{
    json_member_object_begin(w, "v");
    json_member_string(w, "_id", v->id);
    json_member_string(w, "username", v->username);
    json_member_string(w, "token", v->token);
    json_member_string(w, "status", visitor_status(room));
    MEMBER_TIME_IF(w, "lastMessageTs", room->last_client_message_ms);
    json_object_end(w);
}

static void add_user(struct json *w, const struct operator_ref *ref)
{
    json_member_string(w, "_id", operator_shown_id(ref));
    json_member_string(w, "username", operator_shown_username(ref));
}

/* response.avg: the one number that may be no whole count of milliseconds. Then the shortest digits that read back
 * the same, as the original prints it. */
static void add_average(struct json *w, int64_t total_ms, int64_t count)
{
    if (total_ms % count == 0) {
        json_member_decimal3(w, "avg", total_ms / count);
        return;
    }
    double seconds = (double)total_ms / 1000 / (double)count;
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    for (int precision = 15; precision <= 17; precision++) {
        char format[8];
        g_snprintf(format, sizeof format, "%%.%dg", precision);
        g_ascii_formatd(digits, sizeof digits, format, seconds);
        if (g_ascii_strtod(digits, NULL) == seconds)
            break;
    }
    json_member_raw(w, "avg", str_from_c(digits));
}

static void add_metrics(struct json *w, const struct session_metrics *m)
{
    json_member_object_begin(w, "metrics");
    if (m->response_total) {
        json_member_object_begin(w, "reaction");
        MEMBER_TIME_IF(w, "fd", m->reaction_first_ms);
        MEMBER_SECONDS_IF(w, "ft", m->reaction_first_length_ms);
        json_member_decimal3(w, "tt", m->reaction_total_ms);
        json_object_end(w);
        json_member_object_begin(w, "response");
        add_average(w, m->response_total_ms, m->response_total);
        MEMBER_TIME_IF(w, "fd", m->response_first_ms);
        MEMBER_SECONDS_IF(w, "ft", m->response_first_length_ms);
        json_member_int(w, "total", m->response_total);
        json_member_decimal3(w, "tt", m->response_total_ms);
        json_object_end(w);
    }
    if (m->served_last_reply_ms != NO_TIME) {
        json_member_object_begin(w, "servedBy");
        json_member_time(w, "lr", m->served_last_reply_ms);
        json_object_end(w);
    }
    if (m->visitor_last_query_ms != NO_TIME) {
        json_member_object_begin(w, "v");
        json_member_time(w, "lq", m->visitor_last_query_ms);
        json_object_end(w);
    }
    MEMBER_SECONDS_IF(w, "chatDuration", m->chat_length_ms);
    MEMBER_SECONDS_IF(w, "serviceTimeDuration", m->service_length_ms);
    json_object_end(w);
}

/* Nobody while it is open, and where the system closed. */
static struct operator_ref closed_by(const struct session *room, const struct visitor *v)
{
    return room->closer == CLOSER_VISITOR ? (struct operator_ref){.id = v->id, .username = v->username}
                                          : room->closed_by;
}

static void add_close(struct json *w, const struct session *room, const struct visitor *v)
{
    struct operator_ref by = closed_by(room, v);
    if (room->state != SESSION_CLOSED)
        return;
    json_member_time(w, "closedAt", room->end_ms);
    json_member_string(w, "closer", room->closer == CLOSER_VISITOR ? STR("visitor") : STR("user"));
    if (!operator_ref_is_nobody(&by)) {
        json_member_object_begin(w, "closedBy");
        add_user(w, &by);
        json_object_end(w);
    }
    if (room->tags.ptr)
        json_member_raw(w, "tags", room->tags);
}

static void add_source(struct json *w, const struct session *room, const struct room_head *head)
{
    if (head->source) {
        json_key_literal(w, "source");
        json_add_tree(w, head->source);
        return;
    }
    json_member_object_begin(w, "source");
    json_member_string(w, "type", STR("api"));
    json_member_string(w, "alias", dialect_name(room->dialect));
    json_object_end(w);
}

/* The computed document, without its outer braces. */
static void add_members(struct json *w, const struct history_item *item, const struct room_head *head,
                        const struct markup_options *markup, struct arena *scratch)
{
    const struct session *room = &item->session;
    const struct visitor *v = &item->visitor;
    json_member_string(w, "_id", room->id);
    json_member_int(w, "msgs", room_msgs(room));
    json_member_int(w, "usersCount", 1 + room->operators_joined);
    json_member_time(w, "lm", room->lm_ms);
    json_member_string(w, "fname", room_name(v));
    json_member_string(w, "t", STR("l"));
    json_member_time(w, "ts", room->start_ms);
    json_member_string_if(w, "departmentId", room->department_id);
    add_visitor(w, room, v);
    json_member_bool(w, "cl", false);
    if (room->state == SESSION_OPEN) /* removed on close, not false */
        json_member_bool(w, "open", true);
    json_member_time(w, "_updatedAt", room->last_time_ms);
    if (room->department_ancestors.ptr)
        json_member_raw(w, "departmentAncestors", room->department_ancestors);
    if (item->last_message.index) {
        json_key_literal(w, "lastMessage");
        struct message last = message_of_room(item, markup);
        message_write(w, &last, scratch);
    }
    add_metrics(w, &room->metrics);
    if (room->waiting_response)
        json_member_bool(w, "waitingResponse", true);
    if (!operator_ref_is_nobody(&room->served_by)) {
        json_member_object_begin(w, "servedBy");
        add_user(w, &room->served_by);
        MEMBER_TIME_IF(w, "ts", room->served_ms);
        json_object_end(w);
    }
    if (!operator_ref_is_nobody(&room->response_by.operator_ref)) {
        json_member_object_begin(w, "responseBy");
        add_user(w, &room->response_by.operator_ref);
        MEMBER_TIME_IF(w, "firstResponseTs", room->response_by.first_ms);
        MEMBER_TIME_IF(w, "lastMessageTs", room->response_by.last_ms);
        json_object_end(w);
    }
    if (room->on_hold)
        json_member_bool(w, "onHold", true);
    json_member_int(w, "priorityWeight", PRIORITY_WEIGHT);
    json_member_int(w, "estimatedWaitingTimeQueue", ESTIMATED_WAITING_TIME);
    add_close(w, room, v);
    add_source(w, room, head);
}

static void add_recorded(struct json *w, const struct room_head *head)
{
    bool told = !head->last_message;
    for (const struct json_node *m = json_first(head->room); m; m = m->next) {
        if (!told && str_equal(m->name, STR("metrics"))) {
            json_key_literal(w, "lastMessage");
            json_add_tree(w, head->last_message);
            told = true;
        }
        json_add_member(w, m);
    }
    if (!told) {
        json_key_literal(w, "lastMessage");
        json_add_tree(w, head->last_message);
    }
}

static void take_recorded(struct room_head *head, struct str recorded, struct arena *a)
{
    const struct json_node *documents =
        recorded.ptr ? json_get(json_read(recorded, JSON_STORED, a, NULL), "rocketchat") : NULL;
    const struct json_node *document = json_get(documents, "room");
    if (json_is(document, JSON_OBJECT))
        head->room = document;
    if (!json_get(head->room, "lastMessage"))
        head->last_message = json_get(documents, "lastMessage");
}

/* The documents that came as an event stand in it: the session's last, as long as they speak. */
static bool read_recorded_event(struct store_txn *txn, const struct session *room, struct arena *a,
                                struct room_head *head, GError **error)
{
    struct history_page last;
    if (!history_events(txn, room, HISTORY_FROM, room->last_index, 1, a, &last, error))
        return false;
    if (last.count && last.events[0].kind == EVENT_RECORDED)
        take_recorded(head, last.events[0].data, a);
    return true;
}

/* A recorded document speaks for itself while nothing came after it. One that holds its lastMessage needs no other. */
bool room_head_read(struct store_txn *txn, const struct session *room, struct arena *a, struct room_head *head,
                    GError **error)
{
    struct head stored;
    bool speaks = room->recorded_up_to == room->last_index;
    *head = (struct room_head){0};
    if (!room->head_documents || room->erased)
        return true;
    if (speaks && !read_recorded_event(txn, room, a, head, error))
        return false;
    if (head->room)
        return true;
    if (!history_head(txn, room, a, &stored, error))
        return false;
    if (stored.source.ptr)
        head->source = json_read(stored.source, JSON_STORED, a, NULL);
    if (speaks && stored.recorded_up_to == room->last_index)
        take_recorded(head, stored.recorded, a);
    return true;
}

void room_write(struct json *w, const struct history_item *item, const struct room_head *head,
                const struct markup_options *markup, struct arena *scratch)
{
    json_object_begin(w);
    if (head->room)
        add_recorded(w, head);
    else
        add_members(w, item, head, markup, scratch);
    json_object_end(w);
}

/* ---- sorting by any path (decision (c)) ---- */

static struct sort_value metrics_value(const struct session_metrics *m, struct str path)
{
    bool answered = m->response_total > 0;
    struct sort_value average = sort_nothing();
    if (answered)
        average = (struct sort_value){.type = SORT_NUMBER,
                                      .number = (double)m->response_total_ms / 1000 / (double)m->response_total};
    const struct sort_member members[] = {
        {STR("reaction.fd"), sort_time(answered ? m->reaction_first_ms : NO_TIME)},
        {STR("reaction.ft"), sort_seconds(answered ? m->reaction_first_length_ms : NO_TIME)},
        {STR("reaction.tt"), sort_seconds(answered ? m->reaction_total_ms : NO_TIME)},
        {STR("response.avg"), average},
        {STR("response.fd"), sort_time(answered ? m->response_first_ms : NO_TIME)},
        {STR("response.ft"), sort_seconds(answered ? m->response_first_length_ms : NO_TIME)},
        {STR("response.total"), sort_number(answered ? m->response_total : NO_TIME)},
        {STR("response.tt"), sort_seconds(answered ? m->response_total_ms : NO_TIME)},
        {STR("servedBy.lr"), sort_time(m->served_last_reply_ms)},
        {STR("v.lq"), sort_time(m->visitor_last_query_ms)},
        {STR("chatDuration"), sort_seconds(m->chat_length_ms)},
        {STR("serviceTimeDuration"), sort_seconds(m->service_length_ms)},
    };
    return sort_member_at(members, G_N_ELEMENTS(members), path);
}

static struct sort_value computed_value(const struct history_item *item, struct str path)
{
    const struct session *room = &item->session;
    const struct visitor *v = &item->visitor;
    const struct operator_ref *responder = &room->response_by.operator_ref;
    bool served = !operator_ref_is_nobody(&room->served_by), answered = !operator_ref_is_nobody(responder);
    struct operator_ref closer = closed_by(room, v);
    const struct sort_member members[] = {
        {STR("_id"), sort_string(room->id)},
        {STR("msgs"), sort_number(room_msgs(room))},
        {STR("usersCount"), sort_number(1 + room->operators_joined)},
        {STR("lm"), sort_time(room->lm_ms)},
        {STR("fname"), sort_string(room_name(v))},
        {STR("t"), sort_string(STR("l"))},
        {STR("ts"), sort_time(room->start_ms)},
        {STR("departmentId"), sort_string(room->department_id)},
        {STR("v._id"), sort_string(v->id)},
        {STR("v.username"), sort_string(v->username)},
        {STR("v.token"), sort_string(v->token)},
        {STR("v.status"), sort_string(visitor_status(room))},
        {STR("v.lastMessageTs"), sort_time(room->last_client_message_ms)},
        {STR("cl"), sort_number(false)},
        {STR("open"), sort_number(room->state == SESSION_OPEN ? true : NO_TIME)},
        {STR("_updatedAt"), sort_time(room->last_time_ms)},
        {STR("waitingResponse"), sort_number(room->waiting_response ? true : NO_TIME)},
        {STR("servedBy._id"), sort_string(operator_shown_id(&room->served_by))},
        {STR("servedBy.username"), sort_string(operator_shown_username(&room->served_by))},
        {STR("servedBy.ts"), sort_time(served ? room->served_ms : NO_TIME)},
        {STR("responseBy._id"), sort_string(operator_shown_id(responder))},
        {STR("responseBy.username"), sort_string(operator_shown_username(responder))},
        {STR("responseBy.firstResponseTs"), sort_time(answered ? room->response_by.first_ms : NO_TIME)},
        {STR("responseBy.lastMessageTs"), sort_time(answered ? room->response_by.last_ms : NO_TIME)},
        {STR("onHold"), sort_number(room->on_hold ? true : NO_TIME)},
        {STR("priorityWeight"), sort_number(PRIORITY_WEIGHT)},
        {STR("estimatedWaitingTimeQueue"), sort_number(ESTIMATED_WAITING_TIME)},
        {STR("closedAt"), sort_time(room->end_ms)},
        {STR("closer"), sort_string(room->closer == CLOSER_NONE      ? STR_NULL
                                    : room->closer == CLOSER_VISITOR ? STR("visitor")
                                                                     : STR("user"))},
        {STR("closedBy._id"), sort_string(operator_shown_id(&closer))},
        {STR("closedBy.username"), sort_string(operator_shown_username(&closer))},
        {STR("source.type"), sort_string(STR("api"))},
        {STR("source.alias"), sort_string(dialect_name(room->dialect))},
    };
    return sort_member_at(members, G_N_ELEMENTS(members), path);
}

/* What stands behind `prefix` in the path; STR_NULL when it does not begin so. */
static struct str path_below(struct str path, struct str prefix)
{
    return str_starts_with(path, prefix) ? str_skip(path, prefix.len) : STR_NULL;
}

struct sort_value room_value(const struct history_item *item, const struct room_head *head, struct str path,
                             struct arena *scratch)
{
    struct str in_message = path_below(path, STR("lastMessage.")), in_source = path_below(path, STR("source.")),
               in_metrics = path_below(path, STR("metrics."));
    if (head->room)
        return in_message.ptr && head->last_message ? sort_in_tree(head->last_message, in_message)
                                                    : sort_in_tree(head->room, path);
    if (in_source.ptr && head->source)
        return sort_in_tree(head->source, in_source);
    if (in_metrics.ptr)
        return metrics_value(&item->session.metrics, in_metrics);
    if (!in_message.ptr)
        return computed_value(item, path);
    struct message last = message_of_room(item, NULL);
    return message_value(&last, in_message, scratch);
}
