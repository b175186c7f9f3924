/* Bytes out of a connection: staged, written, kept when the socket is full. */
#include "http/channel.h"

#include <errno.h>
#include <sys/socket.h>

void http_connection_send(struct connection *connection, const struct str *parts, unsigned count)
{
    if (connection->dead)
        return;
    struct iovec vectors[4];
    size_t total = 0;
    for (unsigned i = 0; i < count; i++) {
        vectors[i] = (struct iovec){(void *)parts[i].ptr, parts[i].len};
        total += parts[i].len;
    }
    ssize_t n = 0;
    if (connection->output.len == 0) {
        struct msghdr message = {.msg_iov = vectors, .msg_iovlen = count};
        do
            n = sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            http_connection_kill(connection);
            return;
        }
        n = MAX(n, 0);
        connection->took |= n > 0;
        http_count(&connection->loop->bytes_out, (uint64_t)n);
    }
    if ((size_t)n == total)
        return;
    size_t skip = (size_t)n;
    for (unsigned i = 0; i < count; i++) {
        size_t gone = MIN(skip, parts[i].len);
        buf_add(&connection->output, str_skip(parts[i], gone));
        skip -= gone;
    }
}

void http_loop_flush(struct http_loop *loop)
{
    struct connection *connection = loop->staged;
    if (!connection)
        return;
    loop->staged = NULL;
    if (loop->out.len) {
        struct str bytes = buf_str(&loop->out);
        http_connection_send(connection, &bytes, 1);
        buf_reset(&loop->out);
    }
    if (!connection->processing)
        http_connection_settle(connection);
}

struct buf *http_connection_output(struct connection *connection)
{
    struct http_loop *loop = connection->loop;
    while (loop->staged && (loop->staged != connection || loop->out.len > STAGE_SIZE))
        http_loop_flush(loop);
    loop->staged = connection; /* also when nothing is staged: it is settled at the end */
    return connection->output.len ? &connection->output : &loop->out;
}

void http_connection_writable(struct connection *connection)
{
    if (connection->output.len) {
        ssize_t n = send(connection->fd, connection->output.ptr + connection->sent,
                         connection->output.len - connection->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
                http_connection_kill(connection);
            return;
        }
        connection->took |= n > 0;
        http_count(&connection->loop->bytes_out, (uint64_t)n);
        connection->sent += (size_t)n;
        if (connection->sent < connection->output.len)
            return;
        connection->sent = 0;
        buf_clear(&connection->output);
    }
    struct request *first = connection->first;
    if (first && first->state == STREAMING && first->started && !first->waiting)
        http_reply_produce(connection);
    else if (http_channel_speaks(connection->channel))
        http_channel_writable(connection->channel);
}
