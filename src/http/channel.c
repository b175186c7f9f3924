#include "http/channel.h"

#include <errno.h>
#include <sys/socket.h>

enum { PIECES = 64 /* in one write */ };

/* --- beginning and end --- */

static bool refuse_channel(struct http_request *http, unsigned status, const char *sentence)
{
    http_reply(http, status, STR("Content-Type: text/plain; charset=utf-8\r\n"),
               arena_printf(&http->arena, "%s\n", sentence));
    return false;
}

bool http_channel_open(struct http_request *http, unsigned status, struct str headers, struct channel *channel,
                       const struct channel_kind *kind)
{
    struct request *request = (struct request *)http;
    struct connection *connection = request->connection;
    bool fits = connection->last == request && connection->reading != request;
    if (connection->dead || connection->eof || connection->loop->draining || !fits) {
        g_free(channel);
        return refuse_channel(http, fits ? 503 : 400, "This connection cannot be taken over.");
    }
    channel->kind = kind;
    channel->connection = connection;
    connection->channel = channel;
    http_reply_takeover(http, status, headers);
    return true;
}

bool http_channel_speaks(const struct channel *channel)
{
    return channel && !channel->connection->first;
}

static void remove_first(struct channel *channel)
{
    struct piece *piece = channel->first;
    channel->first = piece->next;
    http_bytes_unref(piece->bytes);
    g_free(piece);
}

void http_channel_end(struct channel *channel)
{
    channel->connection->channel = NULL;
    channel->over = true;
    while (channel->first)
        remove_first(channel);
    channel->kind->closed(channel);
    if (!channel->listed)
        g_free(channel);
}

/* --- sending --- */

void http_channel_wake(struct channel *channel)
{
    struct http_loop *loop = channel->connection->loop;
    if (channel->listed)
        return;
    channel->listed = true;
    channel->next = loop->channels;
    loop->channels = channel;
}

static void append(struct channel *channel, struct http_bytes *bytes)
{
    struct piece *piece = g_new(struct piece, 1);
    *piece = (struct piece){NULL, bytes};
    if (channel->first)
        channel->last->next = piece;
    else
        channel->first = piece;
    channel->last = piece;
    channel->unsent += http_bytes_str(bytes).len;
}

/* Not counting the newest: one message may be larger than all that may wait. */
static bool is_too_much(const struct channel *channel)
{
    size_t newest = channel->first ? http_bytes_str(channel->last->bytes).len : 0;
    return channel->unsent > newest + channel->connection->loop->server->options.connection_memory;
}

static void write_queue(struct channel *channel);

void http_channel_send(struct channel *channel, struct http_bytes *bytes)
{
    if (channel->leaving || channel->finishing || channel->mute) {
        http_bytes_unref(bytes);
        return;
    }
    append(channel, bytes);
    http_channel_wake(channel);
    if (is_too_much(channel)) {
        write_queue(channel);
        channel->mute |= is_too_much(channel);
    }
}

void http_channel_ask(struct channel *channel)
{
    channel->asked = true;
    http_channel_wake(channel);
}

void http_channel_leave(struct channel *channel)
{
    channel->leaving = true;
    http_channel_wake(channel);
}

void http_channel_finish(struct channel *channel)
{
    channel->finishing = true;
    http_channel_wake(channel);
}

void http_channel_hold(struct channel *channel, size_t bytes)
{
    channel->held = bytes;
}

static unsigned gather(const struct channel *channel, struct iovec vectors[PIECES])
{
    unsigned count = 0;
    size_t skip = channel->sent;
    for (const struct piece *piece = channel->first; piece && count < PIECES; piece = piece->next) {
        struct str bytes = str_skip(http_bytes_str(piece->bytes), skip);
        vectors[count++] = (struct iovec){(void *)bytes.ptr, bytes.len};
        skip = 0;
    }
    return count;
}

static void consume(struct channel *channel, size_t n)
{
    channel->unsent -= n;
    channel->sent += n;
    while (channel->first) {
        size_t length = http_bytes_str(channel->first->bytes).len;
        if (channel->sent < length)
            return;
        channel->sent -= length;
        remove_first(channel);
    }
}

/* Until everything is taken or the socket is full. The head of the answer that began it all goes first. */
static void write_queue(struct channel *channel)
{
    struct connection *connection = channel->connection;
    if (connection->first || connection->output.len || connection->loop->staged == connection)
        return;
    while (channel->first && !channel->mute) {
        struct iovec vectors[PIECES];
        struct msghdr message = {.msg_iov = vectors, .msg_iovlen = gather(channel, vectors)};
        ssize_t n = sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            channel->mute = errno != EAGAIN && errno != EWOULDBLOCK;
            return;
        }
        connection->took = true;
        http_count(&connection->loop->bytes_out, (uint64_t)n);
        consume(channel, (size_t)n);
    }
}

static void act(struct channel *channel)
{
    struct connection *connection = channel->connection;
    if (channel->mute) {
        http_connection_kill(connection);
    } else if (channel->finishing && !channel->first && !connection->first) {
        connection->discard = true; /* what the client still says */
        http_channel_end(channel);
    }
}

void http_channel_writable(struct channel *channel)
{
    write_queue(channel);
    if (channel->asked && !channel->first) {
        channel->asked = false;
        channel->kind->taken(channel);
    }
    act(channel);
}

void http_loop_flush_channels(struct http_loop *loop)
{
    while (loop->channels) {
        struct channel *channel = loop->channels;
        struct connection *connection = channel->connection;
        loop->channels = channel->next;
        channel->listed = false;
        if (channel->over) {
            g_free(channel);
            continue;
        }
        write_queue(channel);
        act(channel);
        http_connection_settle(connection);
    }
}
