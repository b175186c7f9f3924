/* visitors.info (spec 1.7). */
#include "wire/rocketchat/internal.h"

struct visitor_info {
    struct visitor visitor;
    const struct session *newest; /* of their sessions; NULL = none can be read */
    struct head head;             /* the newest's */
};

/* Where they are, on what, and in which department: as their newest session has it. */
static void add_newest(struct json *w, const struct visitor_info *info)
{
    const struct session *s = info->newest;
    json_member_string_if(w, "ip", info->head.visitor.ip);
    json_member_string_if(w, "userAgent", info->head.visitor.user_agent);
    json_member_string_if(w, "department", s->department_id);
    json_member_string(w, "status", visitor_status(s));
    json_member_object_begin(w, "lastChat");
    json_member_string(w, "_id", s->id);
    json_member_time(w, "ts", s->start_ms);
    json_object_end(w);
}

static void write_visitor(struct json *w, const struct visitor_info *info)
{
    const struct visitor *v = &info->visitor;
    json_object_begin(w);
    json_member_string(w, "_id", v->id);
    json_member_string(w, "username", v->username);
    json_member_string(w, "token", v->token);
    json_member_string_if(w, "name", v->name);
    json_member_time(w, "ts", v->created_ms);
    json_member_time(w, "_updatedAt", info->newest ? info->newest->last_time_ms : v->created_ms);
    if (info->newest)
        add_newest(w, info);
    if (v->email.len) {
        json_member_array_begin(w, "visitorEmails");
        json_object_begin(w);
        json_member_string(w, "address", v->email);
        json_object_end(w);
        json_array_end(w);
    }
    if (v->phone.len) {
        json_member_array_begin(w, "phone");
        json_object_begin(w);
        json_member_string(w, "phoneNumber", v->phone);
        json_object_end(w);
        json_array_end(w);
    }
    json_object_end(w);
}

static bool read_newest(struct store_txn *txn, struct visitor_info *info, struct arena *a, GError **error)
{
    struct session *newest;
    size_t count;
    if (!history_visitor_sessions(txn, &info->visitor, NULL, 1, a, &newest, &count, error))
        return false;
    if (count == 0 || newest->erased)
        return true;
    info->newest = newest;
    return history_head(txn, newest, a, &info->head, error);
}

static bool find_info(struct http_request *request, const struct call *call, struct str id, struct visitor_info *info,
                      GError **error)
{
    struct store_txn *txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    bool found = history_visitor(txn, call->caller.company, id, &request->arena, &info->visitor, error) &&
                 read_newest(txn, info, &request->arena, error);
    core_read_end(txn);
    return found;
}

void rocketchat_visitor_info(struct http_request *request, const struct call *call)
{
    struct str id;
    struct visitor_info info = {0};
    g_autoptr(GError) error = NULL;
    if (!param_read_only(request, &call->query, STR("visitorId"), &id))
        return;
    if (!permission_held(&call->caller, PERMISSION_VIEW_L_ROOM))
        reason_set(&error, REASON_RIGHT_MISSING, "view-l-room");
    if (error || !find_info(request, call, id, &info, &error)) {
        rocketchat_refuse(request, error);
        return;
    }
    struct buf body;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    json_key_literal(&w, "visitor");
    write_visitor(&w, &info);
    json_member_bool(&w, "success", true);
    json_object_end(&w);
    rocketchat_reply(request, 200, &body);
    buf_clear(&body);
}
