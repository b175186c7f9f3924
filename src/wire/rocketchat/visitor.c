/* visitors.info (spec 1.7). */
#include "wire/rocketchat/internal.h"

static void write_visitor(struct json *w, const struct visitor *v)
{
    json_object_begin(w);
    json_member_string(w, "_id", v->id);
    json_member_string(w, "username", v->username);
    json_member_string(w, "token", v->token);
    json_member_string_if(w, "name", v->name);
    json_member_time(w, "ts", v->created_ms);
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

static bool find(struct http_request *request, const struct call *call, struct str id, struct visitor *v,
                 GError **error)
{
    struct store_txn *txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    bool found = history_visitor(txn, call->caller.company, id, &request->arena, v, error);
    core_read_end(txn);
    return found;
}

void rocketchat_visitor_info(struct http_request *request, const struct call *call)
{
    struct str id;
    struct visitor v;
    g_autoptr(GError) error = NULL;
    if (!param_read_only(request, &call->query, STR("visitorId"), &id))
        return;
    if (!permission_held(&call->caller, PERMISSION_VIEW_L_ROOM))
        reason_set(&error, REASON_RIGHT_MISSING, "view-l-room");
    if (error || !find(request, call, id, &v, &error)) {
        rocketchat_refuse(request, error);
        return;
    }
    struct buf body;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    json_key_literal(&w, "visitor");
    write_visitor(&w, &v);
    json_member_bool(&w, "success", true);
    json_object_end(&w);
    rocketchat_reply(request, 200, &body);
    buf_clear(&body);
}
