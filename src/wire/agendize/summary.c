#include "core/history.h"
#include "wire/agendize/bounds.h"
#include "wire/agendize/internal.h"

#include "text/json_write.h"

static bool read_summary(struct http_request *request, const struct call *call, struct summary *sum, GError **error)
{
    static const char *const names[] = {"startDate", "endDate"};
    struct bounds bounds;
    if (!query_refuse_unknown(&call->query, names, G_N_ELEMENTS(names), error) ||
        !bounds_read(&call->query, call->zone, call->agendize->settings.literal_bounds, &bounds, error))
        return false;
    struct store_txn *txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    bool read = history_summary(txn, call->company, bounds.from_ms, bounds.to_ms, sum, error);
    core_read_end(txn);
    return read;
}

void agendize_summary(struct http_request *request, const struct call *call)
{
    struct summary sum;
    g_autoptr(GError) error = NULL;
    if (!read_summary(request, call, &sum, &error)) {
        agendize_refuse(request, error);
        return;
    }
    struct buf body;
    buf_init(&body, 1024);
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    json_member_object_begin(&w, "summary");
    json_member_float3(&w, "averageChatSessionDuration", summary_average_thousandths(&sum));
    json_member_int(&w, "chatSessions", sum.sessions);
    json_object_end(&w);
    json_object_end(&w);
    agendize_reply(request, &body);
    buf_clear(&body);
}
