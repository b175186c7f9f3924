/* livechat/:rid/messages: the plain messages of one room, and its close (spec 1.7). */
#include "wire/rocketchat/internal.h"

enum {
    BATCH = 64, /* events of one step */
    MESSAGE_MAX = 13 * LIMIT_TEXT + 20 * LIMIT_NAME + 1024,
};

struct messages {
    struct http_paged paged;
    struct store_txn *txn; /* find's, for the first part; NULL after that */
    struct paging paging;
    bool ascending;
    char *term; /* folded; NULL = no searchTerm */
    struct session_view view;
    struct visitor visitor;
    uint32_t at; /* the index to read on from: events below (or, ascending, from) it are not yet seen; 0 = none left */
    int64_t skipped, told, seen;
    bool begun;
    struct json w;
};

/* Messages without `t`, and livechat-close; a deleted message is gone. */
static bool is_shown(const struct messages *messages, const struct event *e)
{
    if (e->kind == EVENT_CLOSED)
        return !messages->term;
    if (e->kind != EVENT_MESSAGE || event_is_deleted(e))
        return false;
    if (!messages->term)
        return true;
    struct str text = event_current_text(e);
    g_autofree char *folded = g_utf8_casefold(text.ptr, (gssize)text.len);
    return strstr(folded, messages->term) != NULL;
}

static bool read_batch(struct store_txn *txn, struct messages *messages, struct arena *scratch,
                       struct history_page *page)
{
    const struct session *session = &messages->view.session;
    *page = (struct history_page){0};
    if (!messages->at)
        return true;
    if (!history_events(txn, session, messages->ascending ? HISTORY_FROM : HISTORY_BEFORE, messages->at, BATCH, scratch,
                        page, NULL))
        return false;
    if (!page->count)
        messages->at = 0;
    else if (messages->ascending)
        messages->at = page->events[page->count - 1].index + 1;
    else
        messages->at = page->events[0].index > 1 ? page->events[0].index : 0;
    if (messages->at > session->last_index)
        messages->at = messages->ascending ? 0 : messages->at;
    return true;
}

/* Without a search term the total is known; with one, every message has to be looked at. */
static bool must_count(const struct messages *messages)
{
    return messages->term != NULL;
}

static int64_t total_of(const struct messages *messages)
{
    const struct session *session = &messages->view.session;
    if (must_count(messages))
        return messages->seen;
    return session->messages - session->deleted + (session->state == SESSION_CLOSED);
}

static bool has_enough(const struct messages *messages)
{
    return messages->paging.count && messages->told >= messages->paging.count;
}

static void write_batch(struct messages *messages, const struct history_page *page, struct arena *scratch)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct event *e = &page->events[messages->ascending ? i : page->count - 1 - i];
        if (!is_shown(messages, e))
            continue;
        messages->seen++;
        if (messages->skipped < messages->paging.offset) {
            messages->skipped++;
        } else if (!has_enough(messages)) {
            message_write(&messages->w, &messages->view.session, &messages->visitor,
                          session_participant(&messages->view, e->participant), e, false, scratch);
            messages->told++;
        }
    }
}

static bool render(struct http_request *request, struct http_paged *paged, struct buf *out, bool *last)
{
    struct messages *messages = (struct messages *)paged;
    struct json *w = &messages->w;
    if (!messages->begun) {
        json_init(w, out); /* the same buffer for every part, so the writer goes on where it stopped */
        json_object_begin(w);
        json_member_array_begin(w, "messages");
        messages->begun = true;
    }
    struct arena scratch;
    arena_init(&scratch);
    struct history_page page;
    struct store_txn *txn = messages->txn ? messages->txn : core_read_begin(http_loop_data(request->loop), NULL);
    messages->txn = NULL;
    bool read = txn && read_batch(txn, messages, &scratch, &page);
    if (txn)
        core_read_end(txn);
    if (read)
        write_batch(messages, &page, &scratch);
    arena_clear(&scratch);
    *last = !messages->at || (has_enough(messages) && !must_count(messages));
    if (*last) {
        json_array_end(w);
        json_member_int(w, "offset", messages->paging.offset);
        json_member_int(w, "count", messages->paging.count); /* what was asked, not what came: upstream's own way */
        json_member_int(w, "total", total_of(messages));
        json_member_bool(w, "success", true);
        json_object_end(w);
    }
    return read;
}

static void closed(struct http_request *request, struct http_paged *paged)
{
    (void)request;
    g_free(((struct messages *)paged)->term);
}

static bool find(struct http_request *request, const struct call *call, struct messages *messages, GError **error)
{
    struct store_txn *txn = messages->txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    struct arena *a = &request->arena;
    bool found = history_session(txn, call->caller.company, request->parameters[0], a, &messages->view, error);
    if (found && messages->view.session.erased) {
        reason_set(error, REASON_SESSION_ERASED, "invalid-room");
        found = false;
    }
    if (found && !room_is_visible(&call->caller, &messages->view.session)) {
        reason_set(error, REASON_NOT_SERVED_BY_CALLER, "not-allowed");
        found = false;
    }
    found = found && history_visitor_of(txn, &messages->view.session, a, &messages->visitor, error);
    if (found)
        answer_cache_shows(call->draft, messages->visitor.number);
    if (!found)
        core_read_end(txn);
    return found;
}

void rocketchat_messages(struct http_request *request, const struct call *call)
{
    static const char *const others[] = {"searchTerm"};
    struct messages *messages = arena_new(&request->arena, struct messages);
    struct sort_key keys[SORT_KEYS_MAX];
    size_t key_count;
    g_autoptr(GError) error = NULL;
    if (!paging_read(request, &call->query, others, G_N_ELEMENTS(others), &messages->paging))
        return;
    if (!permission_held(&call->caller, PERMISSION_VIEW_L_ROOM)) {
        reason_set(&error, REASON_RIGHT_MISSING, "view-l-room");
        rocketchat_refuse(request, error);
        return;
    }
    if (!sort_read(messages->paging.sort, keys, &key_count, &request->arena, NULL)) {
        rocketchat_refuse_sort(request, messages->paging.sort);
        return;
    }
    if (!find(request, call, messages, &error)) {
        if (reason_of(error) == REASON_NOT_SERVED_BY_CALLER)
            rocketchat_refuse_plain(request, STR("not-allowed")); /* its own spelling on this route */
        else
            rocketchat_refuse(request, error);
        return;
    }
    struct str term = query_get(&call->query, STR("searchTerm"));
    if (term.len)
        messages->term = g_utf8_casefold(term.ptr, (gssize)term.len);
    messages->ascending = key_count && str_equal(keys[0].path, STR("ts")) && !keys[0].descending;
    messages->at = messages->ascending ? 1 : messages->view.session.last_index + 1;
    messages->paged.render = render;
    messages->paged.closed = closed;
    if (!rocketchat_reply_paged(request, call, &messages->paged, (size_t)BATCH * MESSAGE_MAX)) {
        g_free(messages->term);
        reason_set(&error, REASON_INTERNAL, "the messages could not be read");
        rocketchat_refuse(request, error);
    }
}
