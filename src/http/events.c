#include "http/events.h"

#include "http/channel.h"

struct events_channel {
    struct channel channel; /* first */
    struct http_events *events;
};

static struct http_events *events_of(struct channel *channel)
{
    return ((struct events_channel *)channel)->events;
}

static void beat(struct channel *channel)
{
    struct http_bytes *comment = http_bytes_new(3);
    memcpy(http_bytes_place(comment), ":\n\n", 3);
    http_channel_send(channel, comment);
}

static void events_taken(struct channel *channel)
{
    events_of(channel)->taken(events_of(channel));
}

static void events_closed(struct channel *channel)
{
    http_count(&channel->connection->loop->event_streams_open, (uint64_t)-1);
    events_of(channel)->closed(events_of(channel));
}

static const struct channel_kind events_kind = {
    .front = FRONT_EVENTS,
    .beat = beat,
    .taken = events_taken,
    .drain = http_channel_finish,
    .closed = events_closed,
};

struct str http_events_last_id(struct http_request *request)
{
    struct str id = http_request_header(request, STR("Last-Event-ID"), NULL);
    if (id.len == 0 || id.len > LIMIT_HTTP_EVENT_ID || !str_is_utf8(id))
        return STR_NULL;
    for (size_t i = 0; i < id.len; i++)
        if ((unsigned char)id.ptr[i] < ' ' || id.ptr[i] == 0x7f)
            return STR_NULL;
    return arena_str(&request->arena, id);
}

bool http_events_open(struct http_request *request, struct str more, struct http_events *events)
{
    struct http_loop *loop = request->loop;
    struct str headers = arena_printf(&request->arena,
                                      "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                                      "X-Accel-Buffering: no\r\n%.*s",
                                      STR_ARG(more));
    if (request->method == HTTP_HEAD) {
        http_reply(request, 200, headers, STR(""));
        return false;
    }
    struct events_channel *channel = g_new0(struct events_channel, 1);
    channel->events = events;
    events->channel = &channel->channel;
    if (!http_channel_open(request, 200, headers, &channel->channel, &events_kind))
        return false;
    http_count(&loop->event_streams_open, 1);
    return true;
}

/* --- events --- */

static struct str clean(struct str text)
{
    size_t length = 0;
    while (length < text.len && (unsigned char)text.ptr[length] >= ' ')
        length++;
    return str_from(text.ptr, length);
}

/* Takes the first line off `*text`; a line ends with CR, LF or both. */
static struct str take_line(struct str *text)
{
    size_t length = 0;
    while (length < text->len && text->ptr[length] != '\n' && text->ptr[length] != '\r')
        length++;
    struct str line = str_from(text->ptr, length);
    bool both = length + 1 < text->len && text->ptr[length] == '\r' && text->ptr[length + 1] == '\n';
    *text = length < text->len ? str_skip(*text, length + 1 + both) : STR_NULL;
    return line;
}

static void add_field(struct buf *out, struct str name, struct str value)
{
    buf_add(out, name);
    buf_add_literal(out, ": ");
    buf_add(out, value);
    buf_add_byte(out, '\n');
}

struct http_bytes *http_event_new(struct str id, struct str name, struct str data)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    if (id.ptr)
        add_field(&out, STR("id"), clean(id));
    if (name.ptr)
        add_field(&out, STR("event"), clean(name));
    do
        add_field(&out, STR("data"), take_line(&data));
    while (data.ptr);
    buf_add_byte(&out, '\n');
    struct http_bytes *event = http_bytes_new(out.len);
    memcpy(http_bytes_place(event), out.ptr, out.len);
    buf_clear(&out);
    return event;
}

/* --- a stream --- */

void http_events_send(struct http_events *events, struct http_bytes *event)
{
    http_channel_send(events->channel, event);
}

size_t http_events_unsent(const struct http_events *events)
{
    return events->channel->unsent;
}

void http_events_when_taken(struct http_events *events)
{
    http_channel_ask(events->channel);
}

void http_events_close(struct http_events *events)
{
    http_channel_finish(events->channel);
}
