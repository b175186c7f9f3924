/* Get Messages: nothing new is answered from memory, the rest from the store (transcript.c), and with waitSeconds the
 * poll is held until there is something newer. A client that was let go for their silence is in the chat again first.
 */
#include "core/conversation.h"
#include "wire/genesys/internal.h"
#include "wire/outcome/deferred.h"
#include "wire/outcome/refusal.h"

#include <stdatomic.h>

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

static struct str take_bytes(const char **place, uint16_t length)
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
    query.origin = take_bytes(&place, held->origin);
    query.answer.chat_id = tail_name(held->tail, &query.company);
    query.answer.user_id = take_bytes(&place, held->user_id);
    query.answer.secure_key = take_bytes(&place, held->secure_key);
    query.answer.tenant = take_bytes(&place, held->tenant);
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
        genesys_transcript(held->request, &query);
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

static void poll(struct http_request *request, const struct call *call, struct query *query, struct tail *tail,
                 uint32_t participant)
{
    uint32_t last = tail_last_index(tail, &query->answer.chat_ended);
    query->answer.next_position = last + 1;
    if (query->before || (query->position && query->position <= last))
        genesys_transcript(request, query);
    else if (query->position && call->wait_ms && !query->answer.chat_ended && !request->gone)
        hold(request, query, tail, participant, call->wait_ms);
    else
        reply_empty(request, query);
}

/* ---- a client that was let go ---- */

/* A poll that waits for its client's return. Call and query live in the request's arena. */
struct comeback {
    struct append_op append; /* first */
    const struct call *call;
    struct query *query;
    struct tail *tail;
};

/* Reading is answered even when the return could not be written; the next call tries again. */
static void answer_comeback(struct http_request *request, struct op *op)
{
    struct comeback *comeback = (struct comeback *)op;
    struct tail *tail = comeback->tail;
    if (op->error)
        refusal_note(request, op->error);
    poll(request, comeback->call, comeback->query, tail, comeback->append.returning);
    tail_unref(tail);
}

static void come_back(struct http_request *request, const struct call *call, struct query *query, struct tail *tail,
                      uint32_t participant)
{
    const struct genesys *genesys = request->mount->word;
    struct comeback *comeback = g_new0(struct comeback, 1);
    append_op_init(&comeback->append, genesys->core);
    comeback->append.company = query->company;
    comeback->append.session_id = query->answer.chat_id;
    comeback->append.returning = participant;
    comeback->call = call;
    comeback->query = query;
    comeback->tail = tail_ref(tail);
    deferred_answer(request, &comeback->append.op, answer_comeback);
}

void genesys_messages(struct http_request *request, const struct call *call, const struct answer *answer,
                      int64_t company, struct tail *tail, uint32_t participant)
{
    struct query *query = arena_new(&request->arena, struct query);
    *query = (struct query){.company = company,
                            .position = call->position,
                            .before = call->before,
                            .limit = call->limit,
                            .origin = genesys_origin(request),
                            .answer = *answer};
    if (tail_client_was_let_go(tail))
        come_back(request, call, query, tail, participant);
    else
        poll(request, call, query, tail, participant);
}
