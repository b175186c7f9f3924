#include "core/conversation.h"
#include "wire/genesys/internal.h"
#include "wire/outcome/deferred.h"

/* An operation that appends, under way. */
struct operate {
    struct append_op append; /* first */
    struct query query;
    bool tells; /* transcriptPosition was named: messages from there on */
    struct event events[2];
    struct tail *tail;
};

static void reply_plain(struct http_request *request, const struct query *query)
{
    struct buf body;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    answer_plain(&w, &query->answer);
    genesys_reply(request, 200, query->origin, &body);
    buf_clear(&body);
}

static void answer_operate(struct http_request *request, struct op *op)
{
    struct operate *operate = (struct operate *)op;
    struct query *query = &operate->query;
    /* Whoever ends a chat that has ended got what they wanted. */
    bool ended_already =
        query->answer.operation == OPERATION_COMPLETE && op->error && reason_of(op->error) == REASON_SESSION_CLOSED;
    query->answer.next_position = tail_last_index(operate->tail, &query->answer.chat_ended) + 1;
    tail_unref(operate->tail);
    if (op->error && !ended_already)
        genesys_refuse_op(request, &query->answer, op->error);
    else if (operate->tells)
        genesys_transcript(request, query);
    else
        reply_plain(request, query);
}

/* {"messageType":...} or {"userData":{...}}; STR_NULL when there is neither. */
static struct str event_data(const struct call *call, struct arena *a)
{
    if (!call->message_type.ptr && !call->user_data.ptr)
        return STR_NULL;
    struct buf out;
    buf_init(&out, LIMIT_EVENT_DATA);
    struct json w;
    json_init(&w, &out);
    json_object_begin(&w);
    json_member_string_if(&w, "messageType", call->message_type);
    if (call->user_data.ptr)
        json_member_raw(&w, "userData", call->user_data);
    json_object_end(&w);
    struct str data = arena_str(a, buf_str(&out));
    buf_clear(&out);
    return data;
}

static enum event_kind kind_of(enum operation operation)
{
    switch (operation) {
    case OPERATION_START_TYPING:
        return EVENT_TYPING_STARTED;
    case OPERATION_STOP_TYPING:
        return EVENT_TYPING_STOPPED;
    case OPERATION_SEND_URL:
        return EVENT_URL;
    case OPERATION_UPDATE_USER_DATA:
        return EVENT_USER_DATA;
    case OPERATION_COMPLETE:
        return EVENT_LEFT;
    default:
        return EVENT_MESSAGE;
    }
}

void genesys_operate(struct http_request *request, const struct call *call, const struct answer *answer,
                     int64_t company, struct tail *tail, uint32_t participant)
{
    const struct genesys *genesys = request->mount->word;
    struct operate *operate = g_new0(struct operate, 1);
    struct append_op *append = &operate->append;
    append_op_init(append, genesys->core);
    append->company = company;
    append->session_id = answer->chat_id;
    append->returning = participant;
    operate->events[0] = (struct event){.kind = kind_of(call->operation),
                                        .participant = participant,
                                        .time_ms = NO_TIME,
                                        .text = call->text,
                                        .data = event_data(call, &append->op.arena)};
    append->events = operate->events;
    append->event_count = 1;
    if (call->operation == OPERATION_COMPLETE) {
        operate->events[1] = (struct event){.kind = EVENT_CLOSED, .participant = participant, .time_ms = NO_TIME};
        append->event_count = 2;
    }
    operate->query = (struct query){
        .company = company, .position = call->position, .origin = genesys_origin(request), .answer = *answer};
    operate->tells = call->has_position;
    operate->tail = tail_ref(tail);
    deferred_answer(request, &append->op, answer_operate);
}
