#include "http/websocket.h"

#include "http/channel.h"
#include "http/frames.h"
#include "http/negotiate.h"

enum { GOING_AWAY = 1001, GONE = 1006 };

struct websocket_channel {
    struct channel channel; /* first */
    struct http_websocket *socket;
    struct http_frames frames;
    bool pinged; /* and heard nothing since */
};

_Static_assert(sizeof(struct connection) + sizeof(struct websocket_channel) <= 1500,
               "an idle socket takes less than 4 KB (doc/decisions.md 7)");

static struct websocket_channel *of(struct channel *channel)
{
    return (struct websocket_channel *)channel;
}

/* --- frames out --- */

static struct http_bytes *frame_new(enum frame_kind kind, struct str payload)
{
    char head[FRAME_HEAD];
    size_t length = http_frame_head(head, kind, payload.len);
    struct http_bytes *frame = http_bytes_new(length + payload.len);
    memcpy(http_bytes_place(frame), head, length);
    if (payload.len)
        memcpy(http_bytes_place(frame) + length, payload.ptr, payload.len);
    return frame;
}

static void send_buffer(struct channel *channel, struct buf *out)
{
    if (out->len) {
        struct http_bytes *bytes = http_bytes_new(out->len);
        memcpy(http_bytes_place(bytes), out->ptr, out->len);
        http_channel_send(channel, bytes);
    }
    buf_clear(out);
}

static void say_goodbye(struct channel *channel, unsigned code, struct str reason)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    http_frame_add_close(&out, code, reason);
    send_buffer(channel, &out);
    http_channel_leave(channel);
}

/* --- the channel --- */

static void on_frames(struct http_frames *frames, bool text, struct str bytes)
{
    struct websocket_channel *channel =
        (struct websocket_channel *)((char *)frames - offsetof(struct websocket_channel, frames));
    send_buffer(&channel->channel, &frames->answer); /* what was asked before is answered before */
    if (!channel->channel.leaving)
        channel->socket->message(channel->socket, text, bytes);
}

static void websocket_input(struct channel *channel, struct str bytes)
{
    struct http_frames *frames = &of(channel)->frames;
    of(channel)->pinged = false;
    http_frames_feed(frames, bytes);
    send_buffer(channel, &frames->answer);
    http_channel_hold(channel, http_frames_memory(frames));
    if (frames->code)
        http_channel_finish(channel);
}

static void websocket_beat(struct channel *channel)
{
    if (of(channel)->pinged) {
        http_connection_kill(channel->connection);
        return;
    }
    of(channel)->pinged = true;
    http_channel_send(channel, frame_new(FRAME_PING, STR("")));
}

static void websocket_taken(struct channel *channel)
{
    of(channel)->socket->taken(of(channel)->socket);
}

static void websocket_drain(struct channel *channel)
{
    say_goodbye(channel, GOING_AWAY, STR(""));
}

static void websocket_closed(struct channel *channel)
{
    unsigned code = of(channel)->frames.code;
    http_frames_clear(&of(channel)->frames);
    http_count(&channel->connection->loop->sockets_open, (uint64_t)-1);
    of(channel)->socket->closed(of(channel)->socket, code ? code : GONE);
}

static const struct channel_kind websocket_kind = {
    .front = FRONT_SOCKET,
    .input = websocket_input,
    .beat = websocket_beat,
    .taken = websocket_taken,
    .drain = websocket_drain,
    .closed = websocket_closed,
};

/* --- the handshake (section 4.2) --- */

static bool refuse_handshake(struct http_request *request, unsigned status, struct str headers, const char *sentence)
{
    http_reply(request, status,
               arena_printf(&request->arena, "Content-Type: text/plain; charset=utf-8\r\n%.*s", STR_ARG(headers)),
               arena_printf(&request->arena, "%s\n", sentence));
    return false;
}

static struct str asked(const struct http_request *request, struct str name)
{
    return http_request_header(request, name, NULL);
}

/* Sixteen bytes in base64. */
static bool is_key(struct str key)
{
    if (key.len != 24 || key.ptr[22] != '=' || key.ptr[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++)
        if (!g_ascii_isalnum(key.ptr[i]) && key.ptr[i] != '+' && key.ptr[i] != '/')
            return false;
    return true;
}

static struct str accept_of(struct http_request *request, struct str key)
{
    guint8 digest[20];
    gsize length = sizeof digest;
    GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(checksum, (const guchar *)key.ptr, (gssize)key.len);
    g_checksum_update(checksum, (const guchar *)"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", -1);
    g_checksum_get_digest(checksum, digest, &length);
    g_checksum_free(checksum);
    g_autofree char *text = g_base64_encode(digest, length);
    return arena_str(&request->arena, str_from_c(text));
}

static bool asks_upgrade(const struct http_request *request)
{
    return request->method == HTTP_GET && ((const struct request *)request)->minor == 1 &&
           http_has_token(asked(request, STR("Upgrade")), STR("websocket")) &&
           http_has_token(asked(request, STR("Connection")), STR("upgrade"));
}

static bool is_handshake(struct http_request *request)
{
    if (!asks_upgrade(request))
        return refuse_handshake(request, 426, STR("Upgrade: websocket\r\nConnection: Upgrade\r\n"),
                                "Only WebSockets speak here.");
    if (!str_equal(asked(request, STR("Sec-WebSocket-Version")), STR("13")))
        return refuse_handshake(request, 426, STR("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"),
                                "Only version 13 of WebSocket is known here.");
    if (!is_key(asked(request, STR("Sec-WebSocket-Key"))))
        return refuse_handshake(request, 400, STR(""), "Sec-WebSocket-Key must be sixteen bytes in base64.");
    return true;
}

bool http_websocket_open(struct http_request *request, struct str more, struct http_websocket *socket)
{
    struct http_loop *loop = request->loop;
    if (!is_handshake(request))
        return false;
    struct str accept = accept_of(request, asked(request, STR("Sec-WebSocket-Key")));
    struct str headers = arena_printf(&request->arena,
                                      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                      "Sec-WebSocket-Accept: %.*s\r\n%.*s",
                                      STR_ARG(accept), STR_ARG(more));
    struct websocket_channel *channel = g_new0(struct websocket_channel, 1);
    channel->socket = socket;
    http_frames_init(&channel->frames, socket->message_max ? socket->message_max : LIMIT_HTTP_MESSAGE, on_frames);
    socket->channel = &channel->channel;
    if (!http_channel_open(request, 101, headers, &channel->channel, &websocket_kind))
        return false;
    http_count(&loop->sockets_open, 1);
    return true;
}

/* --- a socket --- */

struct http_bytes *http_websocket_message(bool text, struct str bytes)
{
    return frame_new(text ? FRAME_TEXT : FRAME_BINARY, bytes);
}

void http_websocket_send(struct http_websocket *socket, struct http_bytes *message)
{
    http_channel_send(socket->channel, message);
}

size_t http_websocket_unsent(const struct http_websocket *socket)
{
    return socket->channel->unsent;
}

void http_websocket_when_taken(struct http_websocket *socket)
{
    http_channel_ask(socket->channel);
}

void http_websocket_close(struct http_websocket *socket, unsigned code, struct str reason)
{
    say_goodbye(socket->channel, code, reason);
}
