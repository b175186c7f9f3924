/* GET summary: count, average and summed duration by first message, whole or cut into the zone's hours, days... */
#include "port/filter.h"
#include "wire/parley/internal.h"

struct report {
    struct page page;
    int64_t company;
    enum history_unit unit;
    struct summary whole;
    bool cut;
    struct history_bucket *buckets;
    size_t bucket_count;
    int64_t from_ms, to_ms;
    const struct zone *zone;
};

static void add_sum(struct json *w, const struct summary *sum)
{
    json_member_int(w, "count", sum->sessions);
    json_member_decimal3(w, "averageDuration", summary_average_thousandths(sum));
    json_member_decimal3(w, "duration", sum->duration_ms);
    json_member_int(w, "messages", sum->messages);
}

static void read_parameters(const struct call *call, struct report *report)
{
    struct str zone_name = query_get(&call->query, STR("timeZone"));
    int unit = parameter_word(PARLEY_UNITS, query_get(&call->query, STR("by")));
    report->company = call->caller.company;
    report->cut = unit >= 0;
    report->unit = report->cut ? (enum history_unit)unit : HISTORY_DAY;
    report->zone = zone_name.ptr ? zone_get(zone_name, NULL) : call->zone;
    filter_bounds(&call->query, report->zone, &report->from_ms, &report->to_ms);
}

/* A bounded number of buckets: one part. */
static bool summary_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                         GError **error)
{
    struct report *report = (struct report *)page;
    if (!history_summary(txn, report->company, report->from_ms, report->to_ms, &report->whole, error))
        return false;
    if (report->cut &&
        !history_summary_by(txn, report->company, report->from_ms, report->to_ms, report->unit, zone_id(report->zone),
                            scratch, &report->buckets, &report->bucket_count, error))
        return false;
    json_object_begin(w);
    if (report->from_ms != NO_TIME)
        json_member_time(w, "from", report->from_ms);
    if (report->to_ms != NO_TIME)
        json_member_time(w, "to", report->to_ms);
    json_member_string(w, "timeZone", zone_id(report->zone));
    add_sum(w, &report->whole);
    if (report->cut) {
        json_member_array_begin(w, "buckets");
        for (size_t i = 0; i < report->bucket_count; i++) {
            json_object_begin(w);
            json_member_time(w, "start", report->buckets[i].start_ms);
            json_member_time(w, "end", report->buckets[i].end_ms);
            add_sum(w, &report->buckets[i].sum);
            json_object_end(w);
        }
        json_array_end(w);
    }
    json_object_end(w);
    page->last = true;
    return true;
}

void parley_summary(struct http_request *request, const struct call *call)
{
    struct report *report = (struct report *)page_new(call->parley->core, sizeof *report);
    report->page.part = summary_part;
    report->page.row_max = 4 * 1024 * 1024;
    read_parameters(call, report);
    if (!access_sees_all(&call->caller))
        reason_set(&report->page.op.error, REASON_RIGHT_MISSING, "sums are of all sessions, which you do not see");
    report->page.is_long = report->cut; /* thousands of sums */
    parley_reply_page(request, &report->page);
}
