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

struct transcript {
    struct http_paged paged;
    struct answer answer;
    struct session_view view; /* as it was at the start: bounds what is told */
    struct history_page page; /* read but not rendered; the first one */
    uint32_t next;            /* where the page after it begins; 0 = there is none */
    bool begun;
    struct json w;
};

enum {
    /* A batch's texts with every byte escaped, and the rest of each message. */
    PART_MAX = LIMIT_PAGE * (6 * LIMIT_TEXT + 6 * LIMIT_NAME + LIMIT_EVENT_DATA + 512),
};

/* How many more events may be told, at most one batch. */
static size_t batch(const struct transcript *transcript)
{
    return MIN((size_t)(transcript->view.session.last_index - transcript->next) + 1, BATCH);
}

static bool render(struct http_request *request, struct http_paged *paged, struct buf *out, bool *last)
{
    struct transcript *transcript = (struct transcript *)paged;
    const struct session *session = &transcript->view.session;
    struct arena scratch;
    arena_init(&scratch);
    bool read = true;
    if (transcript->begun) {
        struct store_txn *txn = core_read_begin(http_loop_data(request->loop), NULL);
        read = txn && history_events(txn, session, HISTORY_FROM, transcript->next, batch(transcript), &scratch,
                                     &transcript->page, NULL);
        if (txn)
            core_read_end(txn);
        if (read)
            transcript->next += (uint32_t)transcript->page.count;
    }
    struct json *w = &transcript->w;
    if (!transcript->begun) {
        json_init(w, out); /* the same buffer for every part, so the writer goes on where it stopped */
        answer_begin(w, &transcript->answer);
        transcript->begun = true;
    }
    for (size_t i = 0; read && i < transcript->page.count; i++)
        if (answer_shows(&transcript->page.events[i]))
            answer_message(w, &transcript->page.events[i], &transcript->view);
    *last = !transcript->next || transcript->next > session->last_index || !transcript->page.count;
    if (*last)
        answer_end(w, &transcript->answer);
    arena_clear(&scratch);
    return read;
}

static bool read_first(struct http_request *request, const struct query *query, struct transcript *transcript,
                       GError **error)
{
    struct store_txn *txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    struct arena *a = &request->arena;
    bool read = history_session(txn, query->company, query->answer.chat_id, a, &transcript->view, error) &&
                history_events(txn, &transcript->view.session, query->before ? HISTORY_BEFORE : HISTORY_FROM,
                               query->before ? query->before : query->position, query->limit ? query->limit : BATCH, a,
                               &transcript->page, error);
    core_read_end(txn);
    return read;
}

static void reply_page(struct http_request *request, struct query *query)
{
    struct transcript *transcript = arena_new(&request->arena, struct transcript);
    g_autoptr(GError) error = NULL;
    if (!read_first(request, query, transcript, &error)) {
        genesys_refuse(request, query->origin, &query->answer, error);
        return;
    }
    const struct session *session = &transcript->view.session;
    const struct history_page *page = &transcript->page;
    uint32_t behind = (page->count ? page->events[page->count - 1].index : session->last_index) + 1;
    query->answer.chat_ended = session->state == SESSION_CLOSED;
    query->answer.next_position = session->last_index + 1;
    if (query->limit && !query->before) /* the client asked for a part: the next one starts behind it */
        query->answer.next_position = behind;
    transcript->next = query->limit ? 0 : behind;
    transcript->answer = query->answer;
    transcript->paged.render = render;
    if (!genesys_reply_paged(request, query->origin, &transcript->paged, PART_MAX)) {
        reason_set(&error, REASON_INTERNAL, "the transcript could not be read");
        genesys_refuse(request, query->origin, &query->answer, error);
    }
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

/* A long answer is still being sent when the held poll is freed: from now on the request owns the strings. */
static void give_strings(struct query *query, struct arena *a)
{
    struct answer *answer = &query->answer;
    query->origin = arena_str(a, query->origin);
    answer->chat_id = arena_str(a, answer->chat_id);
    answer->user_id = arena_str(a, answer->user_id);
    answer->secure_key = arena_str(a, answer->secure_key);
    answer->tenant = arena_str(a, answer->tenant);
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
        give_strings(&query, &held->request->arena);
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
