#include "core/conversation.h"
#include "wire/genesys/internal.h"
#include "wire/outcome/deferred.h"

/* A RequestChat under way. */
struct create {
    struct open_op open; /* first */
    struct answer answer;
    struct event events[2]; /* joined, and the first message */
    struct participant client;
};

/* The events that opened it, as they were stored. */
static void reply_created(struct http_request *request, struct create *create)
{
    struct answer *answer = &create->answer;
    const struct session_view *view = &create->open.opened.view;
    struct buf body;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    answer->chat_id = view->session.id;
    answer->next_position = view->session.last_index + 1;
    answer_begin(&w, answer);
    for (uint32_t i = 0; i < view->session.last_index; i++) {
        create->events[i].index = i + 1;
        create->events[i].time_ms = view->session.last_time_ms;
        answer_message(&w, &create->events[i], view);
    }
    answer_end(&w, answer);
    genesys_reply(request, 200, genesys_origin(request), &body);
    buf_clear(&body);
}

static void answer_create(struct http_request *request, struct op *op)
{
    struct create *create = (struct create *)op;
    if (!op->error) {
        reply_created(request, create);
        return;
    }
    create->answer.user_id = create->answer.secure_key = STR_NULL;
    genesys_refuse_op(request, &create->answer, op->error);
}

/* As the original's: 16 hexadecimal digits, the user id's in upper case. */
static struct str new_user_id(struct arena *a)
{
    struct str id = id_random_hex(a, 8);
    char *upper = arena_alloc(a, id.len + 1);
    for (size_t i = 0; i < id.len; i++)
        upper[i] = g_ascii_toupper(id.ptr[i]);
    return str_from(upper, id.len);
}

void genesys_create(struct http_request *request, const struct call *call, const struct answer *answer, int64_t company)
{
    const struct genesys *genesys = request->mount->word;
    struct create *create = g_new0(struct create, 1);
    struct open_op *open = &create->open;
    open_op_init(open, genesys->core);
    struct arena *a = &open->op.arena;
    open->company = company;
    open->user_id = new_user_id(a);
    open->secure_key = id_random_hex(a, 8);
    open->live_chat = true;

    create->client = (struct participant){.id = 1, .type = PARTICIPANT_CLIENT, .name = call->nickname};
    create->events[0] = (struct event){.kind = EVENT_JOINED, .participant = 1, .time_ms = NO_TIME};
    create->events[1] = (struct event){.kind = EVENT_MESSAGE, .participant = 1, .time_ms = NO_TIME, .text = call->text};
    struct head *head = &open->line.head;
    head->dialect = DIALECT_GENESYS;
    head->visitor.id = id_random(a);
    head->visitor.name = call->nickname;
    head->visitor.email = call->email;
    head->visitor.ip = http_request_address(request);
    head->visitor.user_agent = http_request_header(request, STR("User-Agent"), NULL);
    head->subject = call->subject;
    head->department.id = call->endpoint;
    head->user_data = call->user_data;
    head->participants = &create->client;
    head->participant_count = 1;
    open->line.events = create->events;
    open->line.event_count = call->text.len ? 2 : 1;

    create->answer = *answer;
    create->answer.user_id = open->user_id;
    create->answer.secure_key = open->secure_key;
    deferred_answer(request, &open->op, answer_create);
}
