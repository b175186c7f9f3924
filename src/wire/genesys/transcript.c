/* Messages from the store: from a position on, a page of so many, or the page before one. A page counts what is shown,
 * so one that would hold nothing but hidden kinds goes on until something is shown or the log's end is reached; the
 * answer's nextPosition is just behind what was looked through. */
#include "core/history.h"
#include "wire/genesys/internal.h"
#include "wire/outcome/kept.h"

enum {
    BATCH = 64, /* events of one step: bounds its memory */
    /* A message's texts with every byte escaped, and the rest of it. */
    MESSAGE_MAX = 6 * LIMIT_TEXT + 6 * LIMIT_NAME + LIMIT_EVENT_DATA + 512,
};

/* Its own strings: a held poll's are gone by the second part, a request's too. */
struct transcript {
    struct page page;
    struct query query;
    struct session_view view; /* as it was at the start: bounds what is told */
    uint32_t back;            /* a page before a position: its first event is looked for below this; 0 = found */
    uint32_t at, end;         /* what is told next, and where to stop */
    uint32_t limit, shown;    /* 0 = no limit */
};

/* ---- kept ---- */

/* The messages between two places of a log that has come to some length, no matter who asks or by which operation.
 * Nothing but an erasure changes them, and then no key opens the chat. A position has a zero byte, so this is no
 * address of another dialect. */
static struct kept_answer *look_up(const struct genesys *genesys, const struct query *query, struct kept_draft *draft,
                                   struct arena *a)
{
    const uint32_t numbers[] = {query->position, query->before, query->limit, query->answer.next_position,
                                query->answer.chat_ended};
    struct buf target;
    buf_init(&target, sizeof numbers + LIMIT_ID);
    buf_add(&target, str_from((const char *)numbers, sizeof numbers));
    buf_add(&target, query->answer.chat_id);
    struct kept_answer *cached = kept_of_company(genesys->core, draft, query->company, buf_str(&target), a);
    buf_clear(&target);
    return cached;
}

static void reply_kept(struct http_request *request, const struct query *query, struct kept_answer *cached)
{
    struct answer answer = query->answer;
    if (query->before)
        answer.next_position = MIN(query->before, answer.next_position);
    struct buf body;
    buf_init(&body, 2 * LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    answer_begin(&w, &answer);
    if (cached->body.len)
        json_add_raw(&w, cached->body);
    answer_end(&w, &answer);
    kept_unref(cached);
    genesys_reply(request, 200, query->origin, &body);
    buf_clear(&body);
}

/* ---- read ---- */

/* The chat as it stands, and where in it the answer begins and ends. */
static bool begin_transcript(struct transcript *t, struct store_txn *txn, GError **error)
{
    const struct query *query = &t->query;
    const struct session *s = &t->view.session;
    if (!history_session(txn, query->company, query->answer.chat_id, &t->page.op.arena, &t->view, error))
        return false;
    if (s->erased) {
        reason_set(error, REASON_SESSION_ERASED, "the session is erased");
        return false;
    }
    uint32_t end = s->last_index + 1;
    struct answer *answer = &t->query.answer;
    bool ended = s->state == SESSION_CLOSED;
    if (t->page.draft && end == answer->next_position && ended == answer->chat_ended) /* else it has grown meanwhile */
        kept_shows(t->page.draft, s->visitor);
    answer->chat_ended = ended;
    t->end = query->before ? MIN(query->before, end) : end;
    t->back = query->before ? t->end : 0;
    t->at = query->position && query->position < end ? query->position : end;
    t->limit = query->limit;
    return true;
}

/* One step back: the page begins where `limit` messages are shown, or at the start of the log. */
static bool step_back(struct transcript *t, struct store_txn *txn, struct arena *scratch, GError **error)
{
    struct history_page events;
    if (!history_events(txn, &t->view.session, HISTORY_BEFORE, t->back, BATCH, scratch, &events, error))
        return false;
    uint32_t reached = events.count ? events.events[0].index : t->back;
    t->at = reached;
    for (size_t i = events.count; i-- > 0 && t->shown < t->limit;)
        if (answer_shows(&events.events[i])) {
            t->at = events.events[i].index;
            t->shown++;
        }
    bool found = events.complete || t->shown == t->limit;
    t->back = found ? 0 : reached;
    if (found)
        t->limit = 0; /* from there on to the page's end */
    return true;
}

static bool is_through(const struct transcript *t)
{
    return !t->back && (t->at >= t->end || (t->limit && t->shown == t->limit));
}

static bool step(struct transcript *t, struct store_txn *txn, struct json *w, struct arena *scratch, GError **error)
{
    struct history_page events;
    if (!history_events(txn, &t->view.session, HISTORY_FROM, t->at, MIN(t->end - t->at, BATCH), scratch, &events,
                        error))
        return false;
    for (size_t i = 0; i < events.count && !is_through(t) && !page_is_full(&t->page); i++) {
        const struct event *e = &events.events[i];
        t->at = e->index + 1;
        if (!answer_shows(e))
            continue;
        answer_message(w, e, &t->view);
        t->shown++;
    }
    return true;
}

static bool transcript_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                            GError **error)
{
    struct transcript *t = (struct transcript *)page;
    if (!page->parts) {
        if (!begin_transcript(t, txn, error))
            return false;
        answer_begin(w, &t->query.answer);
        page->kept.from = page->making.len;
    }
    if (t->back && !step_back(t, txn, scratch, error))
        return false;
    if (!t->back && !is_through(t) && !step(t, txn, w, scratch, error))
        return false;
    page->last = is_through(t);
    if (page->last) {
        t->query.answer.next_position = t->at;
        page->kept.to = page->making.len;
        answer_end(w, &t->query.answer);
    }
    return true;
}

static void refuse_transcript(struct http_request *request, struct page *page, const GError *error)
{
    const struct query *query = &((struct transcript *)page)->query;
    genesys_refuse(request, query->origin, &query->answer, error);
}

static struct str transcript_headers(struct http_request *request, struct page *page)
{
    return genesys_headers(request, ((struct transcript *)page)->query.origin);
}

void genesys_transcript(struct http_request *request, const struct query *query)
{
    const struct genesys *genesys = request->mount->word;
    struct kept_draft *draft = NULL;
    if (!query->limit || query->before) { /* else only reading tells where the next page begins */
        draft = arena_new(&request->arena, struct kept_draft);
        struct kept_answer *cached = look_up(genesys, query, draft, &request->arena);
        if (cached) {
            reply_kept(request, query, cached);
            return;
        }
    }
    struct transcript *t = (struct transcript *)page_new(genesys->core, sizeof *t);
    struct arena *a = &t->page.op.arena;
    struct answer *answer = &t->query.answer;
    t->query = *query;
    t->query.origin = arena_str(a, query->origin);
    answer->chat_id = arena_str(a, answer->chat_id);
    answer->user_id = arena_str(a, answer->user_id);
    answer->secure_key = arena_str(a, answer->secure_key);
    answer->tenant = arena_str(a, answer->tenant);
    t->page.part = transcript_part;
    t->page.refuse = refuse_transcript;
    t->page.headers = transcript_headers;
    t->page.row_max = MESSAGE_MAX;
    t->page.draft = draft;
    page_reply(request, &t->page);
}
