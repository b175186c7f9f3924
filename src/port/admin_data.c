/* What is done with the data as a whole. */
#include "port/admin_internal.h"

#include "core/erase.h"
#include "core/history.h"
#include "port/check.h"
#include "text/search_query.h"

enum {
    FINDINGS_SHOWN = 1000,
    HITS_DEFAULT = 20,
};

bool admin_search(struct admin *admin, GError **error)
{
    struct search_query query;
    struct store_search s = {.internal = true, .state = -1, .dialect = -1, .from_ms = NO_TIME, .to_ms = NO_TIME};
    struct store_found found;
    int64_t limit = HITS_DEFAULT;
    const struct company *c = admin_company_of(admin, "company", error);
    if (!c || !admin_text(admin, "query", JSON_REQUIRED, LIMIT_QUERY, &s.query, error) ||
        !json_get_int64(admin->request, "limit", JSON_OPTIONAL, 1, LIMIT_PAGE, &limit, error) ||
        !search_query_parse(s.query, &query, error))
        return false;
    s.company = c->number;
    s.limit = (size_t)limit;
    s.time_ms = core_search_time_ms(admin->core);
    struct store_txn *txn = core_read_begin(admin->reader, error);
    if (!txn)
        return false;
    bool ok = history_search(txn, &s, admin->arena, &found, error);
    json_member_array_begin(admin->reply, "hits");
    for (size_t i = 0; ok && i < found.count; i++) {
        const struct store_hit *hit = &found.hits[i];
        json_object_begin(admin->reply);
        json_member_string(admin->reply, "session", hit->session_id);
        json_member_int(admin->reply, "index", hit->event.index);
        json_member_time(admin->reply, "time", hit->event.time_ms);
        json_member_string(admin->reply, "snippet", hit->snippet);
        json_object_end(admin->reply);
    }
    json_array_end(admin->reply);
    if (ok && found.partial)
        json_member_bool(admin->reply, "partial", true);
    if (ok && found.indexed_from_ms != NO_TIME)
        json_member_time(admin->reply, "indexedFrom", found.indexed_from_ms);
    core_read_end(txn);
    return ok;
}

struct findings {
    struct json *reply;
    int64_t shown;
};

static void show_finding(void *data, const char *text)
{
    struct findings *findings = data;
    if (findings->shown++ < FINDINGS_SHOWN)
        json_add_string(findings->reply, str_from_c(text));
}

bool admin_check(struct admin *admin, GError **error)
{
    bool repair = false;
    struct findings findings = {.reply = admin->reply};
    struct check_result result;
    if (!json_get_bool(admin->request, "repair", JSON_OPTIONAL, &repair, error))
        return false;
    json_member_array_begin(admin->reply, "findings");
    bool ok = check_run(admin->core, repair, show_finding, &findings, admin->progress, &result, error);
    json_array_end(admin->reply);
    json_member_int(admin->reply, "found", result.findings);
    json_member_int(admin->reply, "repaired", result.repaired);
    json_member_int(admin->reply, "sessions", result.sessions);
    json_member_int(admin->reply, "visitors", result.visitors);
    json_member_int(admin->reply, "events", result.events);
    return ok;
}

bool admin_backup(struct admin *admin, GError **error)
{
    struct str path;
    if (!admin_text(admin, "path", JSON_REQUIRED, LIMIT_SETTING, &path, error))
        return false;
    g_autofree char *file = str_to_heap(path);
    if (!g_path_is_absolute(file)) {
        reason_set_field(error, REASON_FIELD_VALUE, STR("path"), "must be an absolute path");
        return false;
    }
    if (!store_backup(core_store(admin->core), file, admin->progress, error))
        return false;
    json_member_string(admin->reply, "path", path);
    return true;
}

/* Is anything that was erased still in the files, and until when? */
static void write_owed(struct admin *admin)
{
    struct erase_counters counters;
    erase_counters(admin->core, &counters);
    json_member_bool(admin->reply, "scrubOwed", counters.owed);
    if (counters.due_ms)
        json_member_time(admin->reply, "scrubDue", counters.due_ms);
}

bool admin_erase(struct admin *admin, GError **error)
{
    struct erase_op op;
    const struct company *c = admin_company_of(admin, "company", error);
    erase_op_init(&op, admin->core);
    bool ok = c && admin_text(admin, "visitor", JSON_REQUIRED, LIMIT_ID, &op.visitor_id, error);
    if (ok) {
        op.company = c->number;
        ok = core_run(&op.op, error) && erase_finish(admin->core, admin->progress, error);
        json_member_int(admin->reply, "sessions", op.sessions);
        write_owed(admin);
    }
    op_clear(&op.op);
    return ok;
}

bool admin_scrub(struct admin *admin, GError **error)
{
    struct erase_counters before, after;
    erase_counters(admin->core, &before);
    bool ok = erase_scrub(admin->core, admin->progress, error);
    erase_counters(admin->core, &after);
    json_member_bool(admin->reply, "scrubbed", after.scrubs > before.scrubs);
    write_owed(admin);
    return ok;
}
