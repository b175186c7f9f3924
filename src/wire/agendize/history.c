/* The History resource: one session, its visitor and its text messages. */
#include "core/history.h"
#include "text/time.h"
#include "wire/agendize/internal.h"
#include "wire/agendize/kinds.h"
#include "wire/agendize/resource.h"

enum {
    BATCH = 64, /* events of one step: bounds its memory */
    ROW_MAX = 6 * LIMIT_TEXT + 24 * LIMIT_ID + 512 + 64 * LIMIT_URL,
};

struct history {
    struct page page;
    const struct call *call; /* for the first part */
    struct session_view view;
    struct head head;
    struct visitor visitor;
    const struct zone *zone;
    uint32_t next; /* index of the next event to tell */
};

static void add_message(struct json *w, const struct history *history, const struct event *e, struct arena *scratch)
{
    struct str text = event_current_text(e);
    if (!agendize_kinds[e->kind].is_message || event_is_deleted(e) || !text.len || event_is_internal(e))
        return;
    const struct participant *author = session_participant(&history->view, e->participant);
    bool is_visitor = author && author->type == PARTICIPANT_CLIENT;
    json_object_begin(w);
    json_member_string(w, "id", event_shown_id(e, history->view.session.id, scratch));
    json_member_string(w, "sessionId", history->view.session.id);
    json_member_string(w, "message", text);
    json_member_string(w, "source", is_visitor ? STR("visitor") : STR("operator"));
    json_key_literal(w, "sent");
    resource_time(w, e->time_ms, history->zone);
    json_object_end(w);
}

static bool find_session(struct history *history, struct store_txn *txn, GError **error)
{
    struct arena *a = &history->page.op.arena;
    struct session *session = &history->view.session;
    struct str id = history->page.request->parameters[0];
    g_autoptr(GError) unknown = NULL;
    bool found = history_session(txn, history->call->company, id, a, &history->view, &unknown);
    if (found ? session->erased : reason_of(unknown) == REASON_SESSION_UNKNOWN) {
        reason_set_field(error, found ? REASON_SESSION_ERASED : REASON_SESSION_UNKNOWN, STR("sessionId"),
                         "there is no such session");
        return false;
    }
    if (!found) {
        g_propagate_error(error, g_steal_pointer(&unknown));
        return false;
    }
    return history_head(txn, session, a, &history->head, error) &&
           history_visitor_of(txn, session, a, &history->visitor, error);
}

static bool begin_history(struct history *history, struct store_txn *txn, struct json *w, GError **error)
{
    if (!find_session(history, txn, error))
        return false;
    kept_shows(history->page.draft, history->visitor.number);
    history->zone = resource_zone(&history->view.session, history->call->zone);
    history->next = 1;
    json_object_begin(w);
    resource_session(w, &history->view.session, &history->visitor, &history->head, history->zone);
    json_member_array_begin(w, "messages");
    return true;
}

static bool history_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                         GError **error)
{
    struct history *history = (struct history *)page;
    const struct session *session = &history->view.session;
    struct history_page events = {0};
    if (!page->parts && !begin_history(history, txn, w, error))
        return false;
    if (history->next <= session->last_index &&
        !history_events(txn, session, HISTORY_FROM, history->next,
                        MIN((size_t)(session->last_index - history->next) + 1, BATCH), scratch, &events, error))
        return false;
    for (size_t i = 0; i < events.count && !page_is_full(page); i++) {
        add_message(w, history, &events.events[i], scratch);
        history->next = events.events[i].index + 1;
    }
    page->last = !events.count || history->next > session->last_index;
    if (page->last) {
        json_array_end(w);
        json_object_end(w);
    }
    return true;
}

void agendize_history(struct http_request *request, const struct call *call)
{
    struct kept_draft *draft = arena_new(&request->arena, struct kept_draft);
    if (agendize_reply_kept(request, call, draft))
        return;
    struct history *history = (struct history *)page_new(call->agendize->core, sizeof *history);
    history->call = call;
    history->page.part = history_part;
    history->page.row_max = ROW_MAX;
    history->page.draft = draft;
    agendize_reply_page(request, &history->page);
}
