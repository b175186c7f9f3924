/* Get Messages: nothing new is answered from memory, a page from the store in place, a long transcript piece by piece,
 * and with waitSeconds the poll is held until there is something newer. */
#include "core/history.h"
#include "wire/genesys/internal.h"

#include <stdatomic.h>

enum {
    BATCH = 64, /* events of one step of a long answer: bounds its memory */
};

/* What Get Messages needs to know, whether answered at once or after a wait. */
struct query {
    int64_t company;
    uint32_t position, before, limit;
    struct str origin;
    struct answer answer;
};

static void reply_empty(struct http_request *request, const struct query *query)
{
    struct buf body;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    answer_begin(&w, &query->answer);
    answer_end(&w, &query->answer);
    genesys_reply(request, 200, query->origin, &body);
    buf_clear(&body);
}

/* ---- from the store ---- */

/* Its own strings: a held poll's are gone by the second part, a request's too. */
struct transcript {
    struct page page;
    struct query query;
    struct session_view view; /* as it was at the start: bounds what is told */
    uint32_t next, last;      /* the events still to tell */
};

enum { MESSAGE_MAX = 6 * LIMIT_TEXT + 6 * LIMIT_NAME + LIMIT_EVENT_DATA + 512 };

/* What is asked for, and what the answer says of the chat. */
static void find_range(struct transcript *transcript)
{
    const struct session *session = &transcript->view.session;
    const struct query *query = &transcript->query;
    struct history_range range = history_range(session, query->before ? HISTORY_BEFORE : HISTORY_FROM,
                                               query->before ? query->before : query->position,
                                               query->limit ? query->limit : LIMIT_EVENTS_PER_SESSION);
    transcript->next = range.first;
    transcript->last = range.last;
    struct answer *answer = &transcript->query.answer;
    answer->chat_ended = session->state == SESSION_CLOSED;
    answer->next_position = session->last_index + 1;
    if (query->limit && !query->before) /* the client asked for a part: the next one starts behind it */
        answer->next_position = range.last + 1;
}

static bool part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch, GError **error)
{
    struct transcript *transcript = (struct transcript *)page;
    struct history_page events = {0};
    if (!page->parts) {
        if (!history_session(txn, transcript->query.company, transcript->query.answer.chat_id, &page->op.arena,
                             &transcript->view, error))
            return false;
        find_range(transcript);
        answer_begin(w, &transcript->query.answer);
    }
    if (transcript->next <= transcript->last &&
        !history_events(txn, &transcript->view.session, HISTORY_FROM, transcript->next,
                        MIN((size_t)(transcript->last - transcript->next) + 1, BATCH), scratch, &events, error))
        return false;
    for (size_t i = 0; i < events.count && !page_is_full(page); i++) {
        if (answer_shows(&events.events[i]))
            answer_message(w, &events.events[i], &transcript->view);
        transcript->next = events.events[i].index + 1;
    }
    page->last = !events.count || transcript->next > transcript->last;
    if (page->last)
        answer_end(w, &transcript->query.answer);
    return true;
}

static void refuse(struct http_request *request, struct page *page, const GError *error)
{
    const struct query *query = &((struct transcript *)page)->query;
    genesys_refuse(request, query->origin, &query->answer, error);
}

static struct str headers(struct http_request *request, struct page *page)
{
    return genesys_headers(request, ((struct transcript *)page)->query.origin);
}

static void reply_page(struct http_request *request, const struct query *query)
{
    const struct genesys *genesys = request->mount->word;
    struct transcript *transcript = (struct transcript *)page_new(genesys->core, sizeof *transcript);
    struct arena *a = &transcript->page.op.arena;
    struct answer *answer = &transcript->query.answer;
    transcript->query = *query;
    transcript->query.origin = arena_str(a, query->origin);
    answer->chat_id = arena_str(a, answer->chat_id);
    answer->user_id = arena_str(a, answer->user_id);
    answer->secure_key = arena_str(a, answer->secure_key);
    answer->tenant = arena_str(a, answer->tenant);
    transcript->page.part = part;
    transcript->page.refuse = refuse;
    transcript->page.headers = headers;
    transcript->page.row_max = MESSAGE_MAX;
    page_reply(request, &transcript->page);
}

/* ---- held ---- */

/* A poll that waits. The request's memory was given back, so everything needed later stands here, packed: ten thousand
 * of them are nothing unusual. */
struct held {
    struct waiter waiter;
    struct http_post post;
    struct http_request *request;
    struct tail *tail;
    uint32_t position, limit;
    atomic_bool woken;                            /* the post is under way and will finish the poll */
    uint16_t origin, user_id, secure_key, tenant; /* lengths of the strings in `bytes`, in this order */
    char bytes[];
};

static struct str take(const char **place, uint16_t length)
{
    struct str s = str_from(*place, length);
    *place += length;
    return s;
}

/* The query as it was asked, with its strings in `held` and its tail. */
static struct query query_of(const struct held *held)
{
    const char *place = held->bytes;
    struct query query = {.position = held->position, .limit = held->limit};
    const struct genesys *genesys = held->request->mount->word;
    query.answer = (struct answer){.operation = OPERATION_GET_MESSAGES, .alias = genesys->alias};
    query.origin = take(&place, held->origin);
    query.answer.chat_id = tail_name(held->tail, &query.company);
    query.answer.user_id = take(&place, held->user_id);
    query.answer.secure_key = take(&place, held->secure_key);
    query.answer.tenant = take(&place, held->tenant);
    return query;
}

static void finish(struct held *held)
{
    bool ended;
    uint32_t last = tail_last_index(held->tail, &ended);
    struct query query = query_of(held);
    query.answer.chat_ended = ended;
    query.answer.next_position = last + 1;
    if (held->request->gone) {
        http_drop(held->request);
    } else if (query.position > last) {
        reply_empty(held->request, &query);
    } else {
        reply_page(held->request, &query);
    }
    tail_unref(held->tail);
    g_free(held);
}

static void woken(struct http_post *post)
{
    struct held *held = (struct held *)((char *)post - offsetof(struct held, post));
    finish(held);
}

static void wake(struct waiter *waiter)
{
    struct held *held = (struct held *)waiter;
    atomic_store(&held->woken, true);
    http_post(held->request->loop, &held->post);
}

/* The time is up or the client is gone. */
static void give_up(struct http_request *request)
{
    struct held *held = request->user;
    live_unwait(held->tail, &held->waiter);
    if (!atomic_load(&held->woken))
        finish(held);
}

static uint16_t keep(char **place, struct str s)
{
    if (s.len)
        memcpy(*place, s.ptr, s.len);
    *place += s.len;
    return (uint16_t)s.len; /* a head is shorter than 64 KB, and a body's credentials were checked against ours */
}

static void hold(struct http_request *request, const struct query *query, struct tail *tail, uint32_t participant,
                 int64_t wait_ms)
{
    const struct answer *answer = &query->answer;
    size_t size = query->origin.len + answer->user_id.len + answer->secure_key.len + answer->tenant.len;
    struct held *held = g_malloc0(sizeof *held + size);
    char *place = held->bytes;
    held->waiter.wake = wake;
    held->waiter.participant = participant;
    held->post.run = woken;
    held->request = request;
    held->tail = tail_ref(tail);
    held->position = query->position;
    held->limit = query->limit;
    held->origin = keep(&place, query->origin);
    held->user_id = keep(&place, answer->user_id);
    held->secure_key = keep(&place, answer->secure_key);
    held->tenant = keep(&place, answer->tenant);
    request->user = held;
    http_hold(request);
    http_request_timeout(request, wait_ms, give_up);
    http_request_on_gone(request, give_up);
    live_wait(held->tail, &held->waiter, held->position - 1);
}

void genesys_messages(struct http_request *request, const struct call *call, const struct answer *answer,
                      int64_t company, struct tail *tail, uint32_t participant)
{
    bool ended;
    uint32_t last = tail_last_index(tail, &ended);
    struct query query = {.company = company,
                          .position = call->position,
                          .before = call->before,
                          .limit = call->limit,
                          .origin = genesys_origin(request),
                          .answer = *answer};
    query.answer.chat_ended = ended;
    query.answer.next_position = last + 1;
    if (query.before || (query.position && query.position <= last))
        reply_page(request, &query);
    else if (query.position && call->wait_ms && !ended)
        hold(request, &query, tail, participant, call->wait_ms);
    else
        reply_empty(request, &query);
}
