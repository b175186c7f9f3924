#include "core/history.h"
#include "wire/agendize/bounds.h"
#include "wire/agendize/internal.h"

#include "text/json_write.h"

struct summary_page {
    struct page page;
    int64_t company;
    struct bounds bounds;
};

static bool totals_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch, GError **error)
{
    (void)scratch;
    const struct summary_page *summary = (struct summary_page *)page;
    struct summary sum;
    if (!history_summary(txn, summary->company, summary->bounds.from_ms, summary->bounds.to_ms, &sum, error))
        return false;
    json_object_begin(w);
    json_member_object_begin(w, "summary");
    json_member_float3(w, "averageChatSessionDuration", summary_average_thousandths(&sum));
    json_member_int(w, "chatSessions", sum.sessions);
    json_object_end(w);
    json_object_end(w);
    page->last = true;
    return true;
}

void agendize_summary(struct http_request *request, const struct call *call)
{
    struct summary_page *summary = (struct summary_page *)page_new(call->agendize->core, sizeof *summary);
    summary->company = call->company;
    summary->page.part = totals_part;
    summary->page.row_max = 1024;
    summary->bounds = bounds_read(&call->query, call->zone, call->agendize->settings.literal_bounds);
    agendize_reply_page(request, &summary->page);
}
