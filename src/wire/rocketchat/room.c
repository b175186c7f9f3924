#include "text/json_read.h"
#include "wire/rocketchat/internal.h"

/* `name` is a literal. */
#define MEMBER_TIME_IF(w, name, ms) ((ms) != NO_TIME ? json_member_time((w), name, (ms)) : (void)0)
#define MEMBER_SECONDS_IF(w, name, ms) ((ms) != NO_TIME ? json_member_decimal3((w), name, (ms)) : (void)0)

/* Without priorities and service levels every room has the original's own defaults (spec 2.1). */
enum { PRIORITY_WEIGHT = 99, ESTIMATED_WAITING_TIME = 9999999 };

struct str operator_shown_id(const struct operator_ref *o)
{
    return o->id.ptr ? o->id : o->username.ptr ? o->username : o->name;
}

struct str operator_shown_username(const struct operator_ref *o)
{
    return o->username.ptr ? o->username : o->name.ptr ? o->name : o->id;
}

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

static void add_source(struct json *w, const struct session *room, const struct head *head)
{
    if (head && head->source.ptr) {
        json_member_raw(w, "source", head->source);
        return;
    }
    json_member_object_begin(w, "source");
    json_member_string(w, "type", STR("api"));
    json_member_string(w, "alias", dialect_name(room->dialect));
    json_object_end(w);
}

/* The computed document, without its outer braces. */
static void add_members(struct json *w, const struct history_item *item, const struct head *head, struct arena *scratch)
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
        struct message last = message_of_room(item);
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

/* A recorded room document speaks for itself while nothing came after it. */
static void add_recorded(struct json *w, const struct json_node *room, const struct json_node *last_message)
{
    bool told = !last_message || json_get(room, "lastMessage");
    for (const struct json_node *m = json_first(room); m; m = m->next) {
        if (!told && str_equal(m->name, STR("metrics"))) {
            json_key_literal(w, "lastMessage");
            json_add_tree(w, last_message);
            told = true;
        }
        json_key(w, m->name);
        json_add_tree(w, m);
    }
    if (!told) {
        json_key_literal(w, "lastMessage");
        json_add_tree(w, last_message);
    }
}

void room_write(struct json *w, const struct history_item *item, const struct head *head, struct arena *scratch)
{
    const struct json_node *recorded = head && head->recorded.ptr && head->recorded_up_to == item->session.last_index
                                           ? json_read(head->recorded, JSON_TOP_OBJECT, scratch, NULL)
                                           : NULL;
    const struct json_node *documents = json_get(recorded, "rocketchat");
    const struct json_node *room = json_get(documents, "room");
    json_object_begin(w);
    if (json_is(room, JSON_OBJECT))
        add_recorded(w, room, json_get(documents, "lastMessage"));
    else
        add_members(w, item, head, scratch);
    json_object_end(w);
}

/* ---- sorting by any path (decision (c)) ---- */

struct sort_value sort_number(int64_t value)
{
    return value == NO_TIME ? (struct sort_value){.type = SORT_ABSENT}
                            : (struct sort_value){.type = SORT_NUMBER, .number = value};
}

struct sort_value sort_string(struct str value)
{
    return value.ptr ? (struct sort_value){.type = SORT_STRING, .string = value}
                     : (struct sort_value){.type = SORT_ABSENT};
}

static struct sort_value metrics_value(const struct session_metrics *m, struct str path)
{
    const struct {
        struct str path;
        int64_t value;
    } numbers[] = {
        {STR("reaction.fd"), m->reaction_first_ms},
        {STR("reaction.ft"), m->reaction_first_length_ms},
        {STR("reaction.tt"), m->response_total ? m->reaction_total_ms : NO_TIME},
        {STR("response.avg"), m->response_total ? m->response_total_ms * 1000 / m->response_total : NO_TIME},
        {STR("response.fd"), m->response_first_ms},
        {STR("response.ft"), m->response_first_length_ms},
        {STR("response.total"), m->response_total ? m->response_total : NO_TIME},
        {STR("response.tt"), m->response_total ? m->response_total_ms : NO_TIME},
        {STR("servedBy.lr"), m->served_last_reply_ms},
        {STR("v.lq"), m->visitor_last_query_ms},
        {STR("chatDuration"), m->chat_length_ms},
        {STR("serviceTimeDuration"), m->service_length_ms},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (str_equal(path, numbers[i].path))
            return sort_number(numbers[i].value);
    return (struct sort_value){.type = SORT_ABSENT};
}

struct sort_value room_value(const struct history_item *item, struct str path, struct arena *scratch)
{
    const struct session *room = &item->session;
    const struct visitor *v = &item->visitor;
    if (str_starts_with(path, STR("metrics.")))
        return metrics_value(&room->metrics, str_skip(path, strlen("metrics.")));
    if (str_starts_with(path, STR("lastMessage."))) {
        struct message last = message_of_room(item);
        return message_value(&last, str_skip(path, strlen("lastMessage.")), scratch);
    }
    struct operator_ref closer = closed_by(room, v);
    const struct {
        struct str path;
        struct sort_value value;
    } members[] = {
        {STR("_id"), sort_string(room->id)},
        {STR("msgs"), sort_number(room_msgs(room))},
        {STR("usersCount"), sort_number(1 + room->operators_joined)},
        {STR("lm"), sort_number(room->lm_ms)},
        {STR("ts"), sort_number(room->start_ms)},
        {STR("_updatedAt"), sort_number(room->last_time_ms)},
        {STR("closedAt"), sort_number(room->end_ms)},
        {STR("fname"), sort_string(room_name(v))},
        {STR("departmentId"), sort_string(room->department_id)},
        {STR("open"), sort_number(room->state == SESSION_OPEN ? 1 : NO_TIME)},
        {STR("waitingResponse"), sort_number(room->waiting_response ? 1 : NO_TIME)},
        {STR("onHold"), sort_number(room->on_hold ? 1 : NO_TIME)},
        {STR("closer"), sort_string(room->closer == CLOSER_NONE      ? STR_NULL
                                    : room->closer == CLOSER_VISITOR ? STR("visitor")
                                                                     : STR("user"))},
        {STR("v.status"), sort_string(visitor_status(room))},
        {STR("v.lastMessageTs"), sort_number(room->last_client_message_ms)},
        {STR("servedBy._id"), sort_string(operator_shown_id(&room->served_by))},
        {STR("servedBy.username"), sort_string(operator_shown_username(&room->served_by))},
        {STR("servedBy.ts"), sort_number(room->served_ms)},
        {STR("source.alias"), sort_string(dialect_name(room->dialect))},
        {STR("closedBy._id"), sort_string(operator_shown_id(&closer))},
        {STR("closedBy.username"), sort_string(operator_shown_username(&closer))},
        {STR("responseBy._id"), sort_string(operator_shown_id(&room->response_by.operator_ref))},
        {STR("responseBy.username"), sort_string(operator_shown_username(&room->response_by.operator_ref))},
        {STR("responseBy.firstResponseTs"), sort_number(room->response_by.first_ms)},
        {STR("responseBy.lastMessageTs"), sort_number(room->response_by.last_ms)},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        if (str_equal(path, members[i].path))
            return members[i].value;
    return (struct sort_value){.type = SORT_ABSENT}; /* the same for every room of a visitor: v._id, t, cl... */
}
