#include "http/testbed_websocket.h"

#include <sys/socket.h>

/* --- the application: an echo --- */

static void echo(struct http_websocket *websocket, bool text, struct str bytes)
{
    http_websocket_send(websocket, http_websocket_message(text, bytes));
    if (str_equal(bytes, STR("goodbye")))
        http_websocket_close(websocket, 4001, STR("as you say"));
}

static void over(struct http_websocket *websocket, unsigned code)
{
    ((struct socket *)websocket)->code = code;
    say("closed");
}

static void open_socket(struct http_request *request)
{
    struct socket *socket = g_new0(struct socket, 1);
    socket->websocket =
        (struct http_websocket){.message = echo, .closed = over, .taken = make_more, .message_max = ECHO_MESSAGE_MAX};
    socket->loop = request->loop;
    socket->left = 20000000;
    if (http_websocket_open(request, STR("X-More: 1\r\n"), &socket->websocket))
        give(socket);
    else
        g_free(socket);
}

static void later(struct http_request *request)
{
    give(request);
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/socket", .handler = open_socket},
    {.method = HTTP_GET, .pattern = "/later", .handler = later},
};

struct http_server *serve_echo(struct http_options options)
{
    return serve_routes(options, routes, G_N_ELEMENTS(routes));
}

void send_much(void *data)
{
    struct socket *to = data;
    g_autofree char *filling = g_strnfill(20000, 'x');
    if (!to->code)
        http_websocket_send(&to->websocket, http_websocket_message(false, str_from_c(filling)));
}

void make_more(struct http_websocket *websocket)
{
    struct socket *of = (struct socket *)websocket;
    while (of->left > 0 && http_websocket_unsent(websocket) < 60000) {
        send_much(of);
        of->left -= 20000;
    }
    if (of->left > 0)
        http_websocket_when_taken(websocket);
    else
        http_websocket_close(websocket, 1000, STR(""));
}

/* --- the client --- */

void take_101(int fd)
{
    g_autofree char *head = take(fd, 0, "\r\n\r\n");
    g_assert_true(g_str_has_prefix(head, "HTTP/1.1 101 Switching Protocols\r\n"));
    g_assert_nonnull(strstr(head, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    g_assert_nonnull(strstr(head, "\r\nUpgrade: websocket\r\n"));
    g_assert_nonnull(strstr(head, "\r\nConnection: Upgrade\r\n"));
    g_assert_nonnull(strstr(head, "\r\nX-More: 1\r\n"));
    g_assert_null(strstr(head, "Length"));
    g_assert_null(strstr(head, "close"));
}

struct socket *open_on(int fd)
{
    put(fd, HANDSHAKE);
    take_101(fd);
    return await_given();
}

static GSList *closed_sockets;

void await_closed(struct socket *of)
{
    g_assert_cmpstr(await_word(), ==, "closed");
    closed_sockets = g_slist_prepend(closed_sockets, of);
}

void expect_closed(struct socket *of, unsigned code)
{
    await_closed(of);
    g_assert_cmpuint(of->code, ==, code);
}

void close_server(struct http_server *server)
{
    http_server_close(server);
    g_slist_free_full(g_steal_pointer(&closed_sockets), g_free);
}

static void add_length(GByteArray *out, const struct frame *frame, unsigned length)
{
    uint8_t mask = frame->form & UNMASKED ? 0 : 0x80;
    unsigned bytes = length > 65535 ? 8 : length > 125 ? 2 : 0;
    bytes = frame->form & IN_64_BITS ? 8 : frame->form & IN_16_BITS ? 2 : bytes;
    uint8_t head[9] = {(uint8_t)(mask | (bytes == 8 ? 127 : bytes == 2 ? 126 : length))};
    for (unsigned i = 0; i < bytes; i++)
        head[1 + i] = (uint8_t)((uint64_t)length >> 8 * (bytes - 1 - i));
    if (frame->form & ENDLESS)
        head[1] = 0x80;
    g_byte_array_append(out, head, 1 + bytes);
}

void add_frame(GByteArray *out, const struct frame *frame)
{
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    unsigned length = frame->length || !frame->payload ? frame->length : (unsigned)strlen(frame->payload);
    uint8_t first = (uint8_t)frame->first;
    g_byte_array_append(out, &first, 1);
    add_length(out, frame, length);
    if (!(frame->form & UNMASKED))
        g_byte_array_append(out, mask, 4);
    for (unsigned i = 0; i < length && !(frame->form & HEAD_ONLY); i++) {
        uint8_t byte = frame->payload ? (uint8_t)frame->payload[i] : 'x';
        byte ^= frame->form & UNMASKED ? 0 : mask[i % 4];
        g_byte_array_append(out, &byte, 1);
    }
}

void put_frame(int fd, struct frame frame)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    add_frame(bytes, &frame);
    put_bytes(fd, bytes->data, bytes->len);
}

static bool take_exactly(int fd, void *place, size_t length)
{
    for (char *at = place; length;) {
        ssize_t n = recv(fd, at, length, 0);
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

char *take_frame(int fd)
{
    static const char *const names[16] = {[1] = "text", [2] = "binary", [8] = "close", [9] = "ping", [10] = "pong"};
    uint8_t head[2], longer[8];
    uint64_t length = 0;
    if (!take_exactly(fd, head, 2))
        return NULL;
    g_assert_cmpuint(head[0] & 0xf0, ==, 0x80); /* whole, no reserved bit */
    g_assert_nonnull(names[head[0] & 15]);
    g_assert_cmpuint(head[1], <, 128); /* no mask */
    unsigned bytes = head[1] == 127 ? 8 : head[1] == 126 ? 2 : 0;
    g_assert_true(take_exactly(fd, longer, bytes));
    for (unsigned i = 0; i < bytes; i++)
        length = length << 8 | longer[i];
    if (!bytes)
        length = head[1];
    g_assert_true(bytes == 0 || length > (bytes == 2 ? 125 : 65535));
    g_autofree char *payload = g_malloc0(length + 1);
    g_assert_true(take_exactly(fd, payload, length));
    if ((head[0] & 15) == 8 && length >= 2)
        return g_strdup_printf("close:%u%s%s", (uint8_t)payload[0] << 8 | (uint8_t)payload[1], length > 2 ? " " : "",
                               payload + 2);
    return length > 300 ? g_strdup_printf("%s:%u", names[head[0] & 15], (unsigned)length)
                        : g_strdup_printf("%s:%s", names[head[0] & 15], payload);
}

void expect_frame(int fd, const char *word)
{
    g_autofree char *got = take_frame(fd);
    g_assert_cmpstr(got, ==, word);
}
