/* The History resource: one session, its visitor and its text messages. */
#include "core/history.h"
#include "text/time.h"
#include "wire/agendize/internal.h"
#include "wire/agendize/resource.h"

enum {
    BATCH = 64, /* events of one step of a long answer: bounds its memory */
    PART_MAX = BATCH * (6 * LIMIT_TEXT + 24 * LIMIT_ID + 512) + 64 * LIMIT_URL,
};

struct history {
    struct http_paged paged;
    struct answer_draft draft;
    struct store_txn *txn; /* read_session's, for the first part; NULL after that */
    struct session_view view;
    struct head head;
    struct visitor visitor;
    const struct zone *zone;
    uint32_t next; /* index of the next event to tell */
    struct json w;
};

static void add_message(struct json *w, const struct history *history, const struct event *e, struct arena *scratch)
{
    struct str text = event_current_text(e);
    if (e->kind != EVENT_MESSAGE || event_is_deleted(e) || !text.len)
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

static bool render(struct http_request *request, struct http_paged *paged, struct buf *out, bool *last)
{
    struct history *history = (struct history *)paged;
    const struct session *session = &history->view.session;
    struct json *w = &history->w;
    if (history->next == 1) {
        json_init(w, out); /* the same buffer for every part, so the writer goes on where it stopped */
        json_object_begin(w);
        resource_session(w, session, &history->visitor, &history->head, history->zone);
        json_member_array_begin(w, "messages");
    }
    struct arena scratch;
    arena_init(&scratch);
    struct history_page page = {0};
    struct store_txn *txn = history->txn ? history->txn : core_read_begin(http_loop_data(request->loop), NULL);
    history->txn = NULL;
    bool read =
        txn && (history->next > session->last_index ||
                history_events(txn, session, HISTORY_FROM, history->next,
                               MIN((size_t)(session->last_index - history->next) + 1, BATCH), &scratch, &page, NULL));
    if (txn)
        core_read_end(txn);
    for (size_t i = 0; i < page.count; i++)
        add_message(w, history, &page.events[i], &scratch);
    history->next += (uint32_t)page.count;
    *last = !page.count || history->next > session->last_index;
    if (*last) {
        json_array_end(w);
        json_object_end(w);
    }
    arena_clear(&scratch);
    return read;
}

static bool read_session(struct http_request *request, const struct call *call, struct history *history, GError **error)
{
    struct store_txn *txn = history->txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    struct arena *a = &request->arena;
    const struct session *session = &history->view.session;
    bool read = history_session(txn, call->company, request->parameters[0], a, &history->view, error);
    if (read && session->erased) {
        reason_set_field(error, REASON_SESSION_ERASED, STR("sessionId"), "there is no such session");
        read = false;
    }
    read = read && history_head(txn, session, a, &history->head, error) &&
           history_visitor_of(txn, session, a, &history->visitor, error);
    if (!read)
        core_read_end(txn);
    return read;
}

void agendize_history(struct http_request *request, const struct call *call)
{
    struct history *history = arena_new(&request->arena, struct history);
    g_autoptr(GError) error = NULL;
    bool allowed = query_refuse_unknown(&call->query, NULL, 0, &error);
    if (allowed && agendize_reply_cached(request, call, &history->draft))
        return;
    if (!allowed || !read_session(request, call, history, &error)) {
        if (reason_of(error) == REASON_SESSION_UNKNOWN) {
            g_clear_error(&error);
            reason_set_field(&error, REASON_SESSION_UNKNOWN, STR("sessionId"), "there is no such session");
        }
        agendize_refuse(request, error);
        return;
    }
    history->zone = resource_zone(&history->view.session, call->zone);
    history->next = 1;
    history->paged.render = render;
    kept_page(request, &history->paged, &history->draft);
    answer_cache_shows(&history->draft, history->visitor.number);
    if (!agendize_reply_paged(request, &history->paged, PART_MAX)) {
        reason_set(&error, REASON_INTERNAL, "the session could not be read");
        agendize_refuse(request, error);
    }
}
