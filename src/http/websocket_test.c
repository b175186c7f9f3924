/* WebSockets over a real server: what each case class of RFC 6455 is answered with, and the life of a socket. */
#include "http/websocket.h"

#include "http/testbed.h"

#include <sys/socket.h>
#include <unistd.h>

/* --- the application: an echo --- */

struct socket {
    struct http_websocket websocket; /* first */
    struct http_loop *loop;
    unsigned code; /* once it is over */
    int64_t left;  /* bytes that it still makes */
};

enum { MESSAGE_MAX = 100000 };

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

static void make_more(struct http_websocket *websocket);

static void open_socket(struct http_request *request)
{
    struct socket *socket = g_new0(struct socket, 1);
    socket->websocket =
        (struct http_websocket){.message = echo, .closed = over, .taken = make_more, .message_max = MESSAGE_MAX};
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

static struct http_server *serve(struct http_options options)
{
    return serve_routes(options, routes, G_N_ELEMENTS(routes));
}

/* --- on the loop's thread --- */

static void send_much(void *data)
{
    struct socket *to = data;
    g_autofree char *filling = g_strnfill(20000, 'x');
    if (!to->code)
        http_websocket_send(&to->websocket, http_websocket_message(false, str_from_c(filling)));
}

static void make_more(struct http_websocket *websocket)
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

static void start_much(void *data)
{
    struct socket *of = data;
    make_more(&of->websocket);
}

static void close_socket(void *data)
{
    struct socket *of = data;
    http_websocket_close(&of->websocket, 1008, STR("no more"));
}

/* --- the client --- */

#define HANDSHAKE \
    "GET /t/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

static void take_101(int fd)
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

static struct socket *open_on(int fd)
{
    put(fd, HANDSHAKE);
    take_101(fd);
    return await_given();
}

/* Posts may still be under way to a socket that was closed, so they all live until their server is closed. */
static GSList *closed_sockets;

static void expect_closed(struct socket *of, unsigned code)
{
    g_assert_cmpstr(await_word(), ==, "closed");
    g_assert_cmpuint(of->code, ==, code);
    closed_sockets = g_slist_prepend(closed_sockets, of);
}

static void close_server(struct http_server *server)
{
    http_server_close(server);
    g_slist_free_full(g_steal_pointer(&closed_sockets), g_free);
}

/* A frame that a client sends. */
struct frame {
    unsigned first;      /* FIN, reserved bits and opcode */
    const char *payload; /* NULL: `length` times 'x' */
    unsigned length;     /* of the payload; 0: up to its zero */
    enum { MINIMAL, UNMASKED = 1, IN_16_BITS = 2, IN_64_BITS = 4, ENDLESS = 8, HEAD_ONLY = 16 } form;
};

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

static void add_frame(GByteArray *out, const struct frame *frame)
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

static void put_frame(int fd, struct frame frame)
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

/* Reads one of the server's frames as a word: "text:hello", "close:1002 reason", of long payloads only their length;
 * NULL at the connection's end. */
static char *take_frame(int fd)
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

static void expect_frame(int fd, const char *word)
{
    g_autofree char *got = take_frame(fd);
    g_assert_cmpstr(got, ==, word);
}

/* --- the table --- */

enum {
    FIN = 0x80,
    RSV1 = 0x40,
    RSV2 = 0x20,
    RSV3 = 0x10,
    MORE = 0, /* continuation, not the last */
    LAST = FIN,
    TEXT_PART = 1,
    TEXT_ALL = FIN | 1,
    BINARY_PART = 2,
    BINARY_ALL = FIN | 2,
    CLOSE = FIN | 8,
    PING = FIN | 9,
    PONG = FIN | 10,
};

/* What the client sends, a close with 1000 behind it, and all that the server says up to the connection's end. */
struct row {
    const char *name;
    struct frame sent[8];
    const char *received;
};

#define ECHO_OF(word) word " close:1000"
#define CLOSE_CODE(high, low) \
    { \
        CLOSE, (const char[]){(char)(high), (char)(low)}, 2, MINIMAL \
    }

static const struct row rows[] = {
    /* Sizes (Autobahn's class 1 and 9). */
    {"empty text", {{TEXT_ALL, "", 0, 0}}, ECHO_OF("text:")},
    {"text", {{TEXT_ALL, "hello", 0, 0}}, ECHO_OF("text:hello")},
    {"text of 125", {{TEXT_ALL, NULL, 125, 0}, {TEXT_ALL, "a", 0, 0}}, NULL},
    {"text of 126", {{TEXT_ALL, NULL, 126, 0}}, NULL},
    {"text of 65,535", {{TEXT_ALL, NULL, 65535, 0}}, ECHO_OF("text:65535")},
    {"text of 65,536", {{TEXT_ALL, NULL, 65536, 0}}, ECHO_OF("text:65536")},
    {"empty binary", {{BINARY_ALL, "", 0, 0}}, ECHO_OF("binary:")},
    {"binary of 300", {{BINARY_ALL, NULL, 301, 0}}, ECHO_OF("binary:301")},
    {"binary is not UTF-8", {{BINARY_ALL, "\xff\xfe", 0, 0}}, ECHO_OF("binary:\xff\xfe")},
    {"the largest", {{TEXT_ALL, NULL, MESSAGE_MAX, 0}}, ECHO_OF("text:100000")},
    {"one byte more", {{TEXT_ALL, NULL, MESSAGE_MAX + 1, 0}}, "close:1009"},
    {"one byte more, only announced", {{TEXT_ALL, NULL, MESSAGE_MAX + 1, HEAD_ONLY}}, "close:1009"},
    {"the largest in fragments",
     {{TEXT_PART, NULL, 50000, 0}, {MORE, NULL, 49999, 0}, {LAST, "x", 0, 0}},
     ECHO_OF("text:100000")},
    {"one byte more in fragments",
     {{TEXT_PART, NULL, 50000, 0}, {MORE, NULL, 50000, 0}, {LAST, "x", 0, 0}},
     "close:1009"},
    {"length above 2^63", {{BINARY_ALL, "x", 0, IN_64_BITS | ENDLESS}}, "close:1002"},
    {"short length in 16 bits", {{BINARY_ALL, "x", 0, IN_16_BITS}}, "close:1002"},
    {"short length in 64 bits", {{BINARY_ALL, NULL, 300, IN_64_BITS}}, "close:1002"},

    /* Pings and pongs (2). */
    {"ping", {{PING, "", 0, 0}}, ECHO_OF("pong:")},
    {"ping with payload", {{PING, "are you there", 0, 0}}, ECHO_OF("pong:are you there")},
    {"ping of 125", {{PING, NULL, 125, 0}}, NULL},
    {"ping of 126", {{PING, NULL, 126, 0}}, "close:1002"},
    {"pings keep their order",
     {{PING, "1", 0, 0}, {PING, "2", 0, 0}, {PING, "3", 0, 0}},
     ECHO_OF("pong:1 pong:2 pong:3")},
    {"unasked pong", {{PONG, "nobody asked", 0, 0}}, "close:1000"},
    {"unasked pong, then ping", {{PONG, "nobody asked", 0, 0}, {PING, "hear", 0, 0}}, ECHO_OF("pong:hear")},

    /* Reserved bits and opcodes (3, 4), masks (section 5.1). */
    {"bit 1 in text", {{RSV1 | TEXT_ALL, "hello", 0, 0}}, "close:1002"},
    {"bit 2 in binary", {{RSV2 | BINARY_ALL, "hello", 0, 0}}, "close:1002"},
    {"bit 3 in ping", {{RSV3 | PING, "hello", 0, 0}}, "close:1002"},
    {"bit 1 in a continuation", {{TEXT_PART, "hel", 0, 0}, {RSV1 | LAST, "lo", 0, 0}}, "close:1002"},
    {"all bits in close", {{RSV1 | RSV2 | RSV3 | CLOSE, "", 0, 0}}, "close:1002"},
    {"bit behind a good message",
     {{TEXT_ALL, "hello", 0, 0}, {RSV2 | TEXT_ALL, "hello", 0, 0}},
     "text:hello close:1002"},
    {"opcode 3", {{FIN | 3, "", 0, 0}}, "close:1002"},
    {"opcode 4", {{FIN | 4, "x", 0, 0}}, "close:1002"},
    {"opcode 5", {{FIN | 5, "x", 0, 0}}, "close:1002"},
    {"opcode 6", {{FIN | 6, "", 0, 0}}, "close:1002"},
    {"opcode 7 behind a good message", {{TEXT_ALL, "a", 0, 0}, {FIN | 7, "x", 0, 0}}, "text:a close:1002"},
    {"opcode 11", {{FIN | 11, "", 0, 0}}, "close:1002"},
    {"opcode 12", {{FIN | 12, "x", 0, 0}}, "close:1002"},
    {"opcode 13", {{FIN | 13, "", 0, 0}}, "close:1002"},
    {"opcode 14", {{FIN | 14, "x", 0, 0}}, "close:1002"},
    {"opcode 15", {{FIN | 15, "", 0, 0}}, "close:1002"},
    {"no mask", {{TEXT_ALL, "hello", 0, UNMASKED}}, "close:1002"},
    {"ping without mask", {{PING, "", 0, UNMASKED}}, "close:1002"},

    /* Fragments (5). */
    {"two fragments", {{TEXT_PART, "hel", 0, 0}, {LAST, "lo", 0, 0}}, ECHO_OF("text:hello")},
    {"empty fragments",
     {{TEXT_PART, "", 0, 0}, {MORE, "", 0, 0}, {MORE, "a", 0, 0}, {LAST, "", 0, 0}},
     ECHO_OF("text:a")},
    {"only empty fragments", {{BINARY_PART, "", 0, 0}, {MORE, "", 0, 0}, {LAST, "", 0, 0}}, ECHO_OF("binary:")},
    {"ping between fragments",
     {{TEXT_PART, "hel", 0, 0}, {PING, "now", 0, 0}, {LAST, "lo", 0, 0}},
     ECHO_OF("pong:now text:hello")},
    {"pong between fragments",
     {{TEXT_PART, "hel", 0, 0}, {PONG, "now", 0, 0}, {LAST, "lo", 0, 0}},
     ECHO_OF("text:hello")},
    {"several messages",
     {{TEXT_PART, "a", 0, 0}, {LAST, "b", 0, 0}, {TEXT_ALL, "c", 0, 0}, {BINARY_PART, "d", 0, 0}, {LAST, "e", 0, 0}},
     ECHO_OF("text:ab text:c binary:de")},
    {"fragmented ping", {{9, "a", 0, 0}, {LAST, "b", 0, 0}}, "close:1002"},
    {"fragmented pong", {{10, "a", 0, 0}, {LAST, "b", 0, 0}}, "close:1002"},
    {"fragmented close", {{8, "", 0, 0}}, "close:1002"},
    {"continuation of nothing", {{LAST, "lo", 0, 0}}, "close:1002"},
    {"continuation of nothing that goes on", {{MORE, "lo", 0, 0}, {TEXT_ALL, "a", 0, 0}}, "close:1002"},
    {"continuation behind a whole message", {{TEXT_ALL, "a", 0, 0}, {LAST, "b", 0, 0}}, "text:a close:1002"},
    {"text within a message", {{TEXT_PART, "a", 0, 0}, {TEXT_ALL, "b", 0, 0}}, "close:1002"},
    {"binary within a message", {{TEXT_PART, "a", 0, 0}, {BINARY_PART, "b", 0, 0}}, "close:1002"},
    {"close within a message", {{TEXT_PART, "a", 0, 0}, {CLOSE, "", 0, 0}}, "close:"},

    /* UTF-8 (6). */
    {"all lengths", {{TEXT_ALL, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 0, 0}}, NULL},
    {"character across fragments",
     {{TEXT_PART, "\xf0", 0, 0}, {MORE, "\x9f", 0, 0}, {PING, "p", 0, 0}, {MORE, "\x98", 0, 0}, {LAST, "\x80", 0, 0}},
     ECHO_OF("pong:p text:\xf0\x9f\x98\x80")},
    {"largest code point", {{TEXT_ALL, "\xf4\x8f\xbf\xbf", 0, 0}}, ECHO_OF("text:\xf4\x8f\xbf\xbf")},
    {"beyond it", {{TEXT_ALL, "\xf4\x90\x80\x80", 0, 0}}, "close:1007"},
    {"no character", {{TEXT_ALL, "\xef\xbf\xbf", 0, 0}}, ECHO_OF("text:\xef\xbf\xbf")},
    {"surrogate", {{TEXT_ALL, "\xed\xa0\x80", 0, 0}}, "close:1007"},
    {"overlong slash", {{TEXT_ALL, "\xc0\xaf", 0, 0}}, "close:1007"},
    {"overlong in three", {{TEXT_ALL, "\xe0\x80\xaf", 0, 0}}, "close:1007"},
    {"five bytes", {{TEXT_ALL, "\xf8\x88\x80\x80\x80", 0, 0}}, "close:1007"},
    {"lone continuation", {{TEXT_ALL, "a\x80", 0, 0}}, "close:1007"},
    {"0xff", {{TEXT_ALL, "\xff", 0, 0}}, "close:1007"},
    {"ends within a character", {{TEXT_ALL, "a\xe2\x82", 0, 0}}, "close:1007"},
    {"ends within a character, in fragments", {{TEXT_PART, "a", 0, 0}, {LAST, "\xe2\x82", 0, 0}}, "close:1007"},
    {"wrong in the first fragment is wrong at once", {{TEXT_PART, "\xc0\xaf", 0, 0}}, "close:1007"},
    {"wrong in the second fragment is wrong at once", {{TEXT_PART, "\xe2", 0, 0}, {MORE, "a", 0, 0}}, "close:1007"},
    {"text behind unfinished text starts anew",
     {{TEXT_ALL, "a", 0, 0}, {TEXT_ALL, "\x82\xac", 0, 0}},
     "text:a close:1007"},
    {"zero byte", {{TEXT_ALL, "a\0b", 3, 0}}, ECHO_OF("text:a")},

    /* Closing (7). */
    {"nothing but close", {{0, NULL, 0, 0}}, "close:1000"},
    {"close without code", {{CLOSE, "", 0, 0}}, "close:"},
    {"close with half a code", {{CLOSE, "x", 0, 0}}, "close:1002"},
    {"close with a reason", {{CLOSE, "\x03\xe9going", 0, 0}}, "close:1001"},
    {"close with a reason that is not UTF-8", {{CLOSE, "\x03\xe8\xff", 0, 0}}, "close:1007"},
    {"close with a long reason",
     {{CLOSE,
       "\x03\xe8" /* 123 more */
       "0123456789012345678901234567890123456789012345678901234567890"
       "12345678901234567890123456789012345678901234567890123456789012",
       0, 0}},
     "close:1000"},
    {"close of 126", {{CLOSE, NULL, 126, 0}}, "close:1002"},
    {"close twice", {{CLOSE, "\x03\xe9", 0, 0}, {CLOSE, "\x03\xe8", 0, 0}}, "close:1001"},
    {"text behind close", {{CLOSE, "\x03\xe9", 0, 0}, {TEXT_ALL, "hello", 0, 0}}, "close:1001"},
    {"ping behind close", {{CLOSE, "\x03\xe9", 0, 0}, {PING, "hello", 0, 0}}, "close:1001"},
    {"text, then close", {{TEXT_ALL, "a", 0, 0}, {CLOSE, "\x03\xe9", 0, 0}}, "text:a close:1001"},
    {"code 1003", {CLOSE_CODE(3, 0xeb)}, "close:1003"},
    {"code 1007", {CLOSE_CODE(3, 0xef)}, "close:1007"},
    {"code 1011", {CLOSE_CODE(3, 0xf3)}, "close:1011"},
    {"code 3000", {CLOSE_CODE(0x0b, 0xb8)}, "close:3000"},
    {"code 3999", {CLOSE_CODE(0x0f, 0x9f)}, "close:3999"},
    {"code 4000", {CLOSE_CODE(0x0f, 0xa0)}, "close:4000"},
    {"code 4999", {CLOSE_CODE(0x13, 0x87)}, "close:4999"},
    {"code 0", {CLOSE_CODE(0, 0)}, "close:1002"},
    {"code 999", {CLOSE_CODE(3, 0xe7)}, "close:1002"},
    {"code 1004", {CLOSE_CODE(3, 0xec)}, "close:1002"},
    {"code 1005", {CLOSE_CODE(3, 0xed)}, "close:1002"},
    {"code 1006", {CLOSE_CODE(3, 0xee)}, "close:1002"},
    {"code 1012", {CLOSE_CODE(3, 0xf4)}, "close:1002"},
    {"code 1014", {CLOSE_CODE(3, 0xf6)}, "close:1002"},
    {"code 1015", {CLOSE_CODE(3, 0xf7)}, "close:1002"},
    {"code 1016", {CLOSE_CODE(3, 0xf8)}, "close:1002"},
    {"code 1100", {CLOSE_CODE(4, 0x4c)}, "close:1002"},
    {"code 2999", {CLOSE_CODE(0x0b, 0xb7)}, "close:1002"},
    {"code 5000", {CLOSE_CODE(0x13, 0x88)}, "close:1002"},
    {"code 65535", {CLOSE_CODE(0xff, 0xff)}, "close:1002"},
    {"the server says goodbye, too", {{TEXT_ALL, "goodbye", 0, 0}}, "text:goodbye close:4001 as you say"},
    {"the server hears nothing behind its goodbye",
     {{TEXT_ALL, "goodbye", 0, 0}, {TEXT_ALL, "hello", 0, 0}, {PING, "", 0, 0}},
     "text:goodbye close:4001 as you say"},
};

/* What an echo of one frame is, where a row does not say it. */
static char *echo_of(const struct frame *sent)
{
    GString *words = g_string_new(NULL);
    for (; sent->first; sent++) {
        g_autofree char *filling = g_strnfill(sent->length, 'x');
        g_string_append_printf(words, "%s:%s ", sent->first == PING ? "pong" : "text",
                               sent->payload ? sent->payload : filling);
    }
    g_string_append(words, "close:1000");
    return g_string_free(words, FALSE);
}

static void run_row(const struct http_server *server, const struct row *row, size_t step)
{
    static const struct frame goodbye = {CLOSE, "\x03\xe8", 2, MINIMAL};
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    for (const struct frame *frame = row->sent; frame->first || frame->payload || frame->length; frame++)
        add_frame(bytes, frame);
    add_frame(bytes, &goodbye);
    int fd = dial(server);
    struct socket *opened = open_on(fd);
    for (size_t at = 0; at < bytes->len; at += step)
        if (send(fd, bytes->data + at, MIN(step, bytes->len - at), MSG_NOSIGNAL) < 0)
            break; /* the server has closed already */
    GString *words = g_string_new(NULL);
    char *word;
    while ((word = take_frame(fd))) {
        g_string_append_printf(words, "%s%s", words->len ? " " : "", word);
        g_free(word);
    }
    close(fd);
    g_assert_cmpstr(await_word(), ==, "closed");
    closed_sockets = g_slist_prepend(closed_sockets, opened);
    g_autofree char *expected = row->received ? g_strdup(row->received) : echo_of(row->sent);
    g_assert_cmpstr(words->str, ==, expected);
    g_string_free(words, TRUE);
}

static void test_row(gconstpointer data)
{
    const struct row *row = data;
    struct http_server *server = serve((struct http_options){.loops = 1});
    run_row(server, row, SIZE_MAX);
    run_row(server, row, 1300);
    if (row->sent[0].length < 1000)
        run_row(server, row, 1);
    close_server(server);
}

/* --- the handshake --- */

static void test_handshake(void)
{
    static const struct {
        const char *request, *status;
    } cases[] = {
        {"GET /t/socket HTTP/1.1\r\nHost: x\r\n\r\n", "426"},
        {"GET /t/socket HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "426"},
        {"GET /t/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n\r\n", "426"},
        {"GET /t/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n",
         "426"},
        {"GET /t/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\n\r\n",
         "400"},
        {"GET /t/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: c2hvcnQ=\r\nSec-WebSocket-Version: 13\r\n\r\n",
         "400"},
        {"GET /t/socket HTTP/1.0\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
         "426"},
        {"POST /t/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n",
         "405"},
    };
    struct http_server *server = serve((struct http_options){.loops = 1});
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        int fd = dial(server);
        put(fd, cases[i].request);
        g_autofree char *head = NULL, *reply = take_reply(fd, &head);
        reply[3] = 0;
        g_assert_cmpstr(reply, ==, cases[i].status);
        g_assert_true(reply[2] != '6' || strstr(head, "Upgrade: websocket\r\n"));
        close(fd);
    }
    /* Upper and lower case; frames right behind the handshake; one that waits in line. */
    int fd = dial(server);
    put(fd, "GET /t/later HTTP/1.1\r\nHost: x\r\n\r\n"
            "GET /t/socket HTTP/1.1\r\nhost: x\r\nupgrade: WebSocket\r\nconnection: UPGRADE\r\n"
            "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n");
    struct http_request *first = await_given();
    struct socket *opened = await_given();
    put_frame(fd, (struct frame){TEXT_ALL, "early", 0, 0});
    post_answer(first, "first");
    expect(fd, "200 first");
    take_101(fd);
    expect_frame(fd, "text:early");
    close(fd);
    expect_closed(opened, 1006);
    close_server(server);
}

/* --- a socket's life --- */

static void test_goodbye(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1});
    int fd = dial(server);
    struct socket *opened = open_on(fd);
    run_on_loop(opened->loop, close_socket, opened);
    expect_frame(fd, "close:1008 no more");
    put_frame(fd, (struct frame){CLOSE, "\x03\xf0", 2, 0});
    g_assert_true(is_closed(fd));
    expect_closed(opened, 1008);
    close(fd);
    fd = dial(server); /* one that does not answer, but leaves */
    opened = open_on(fd);
    run_on_loop(opened->loop, close_socket, opened);
    expect_frame(fd, "close:1008 no more");
    close(fd);
    expect_closed(opened, 1006);
    fd = dial(server); /* one that neither answers nor leaves */
    opened = open_on(fd);
    run_on_loop(opened->loop, close_socket, opened);
    expect_frame(fd, "close:1008 no more");
    g_assert_true(is_closed(fd));
    expect_closed(opened, 1006);
    close(fd);
    fd = dial(server); /* one that leaves without a word, in the middle of a message */
    opened = open_on(fd);
    put_frame(fd, (struct frame){TEXT_PART, "hel", 0, 0});
    put_frame(fd, (struct frame){PING, "", 0, 0});
    expect_frame(fd, "pong:");
    close(fd);
    expect_closed(opened, 1006);
    close_server(server);
}

static void test_beat(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1, .beat_ms = 100});
    int silent = dial(server), alive = dial(server);
    struct socket *one = open_on(silent), *other = open_on(alive);
    expect_frame(silent, "ping:");
    for (int i = 0; i < 3; i++) {
        expect_frame(alive, "ping:");
        put_frame(alive, (struct frame){PONG, "", 0, 0});
    }
    g_assert_true(is_closed(silent));
    expect_closed(one, 1006);
    put_frame(alive, (struct frame){TEXT_ALL, "still here", 0, 0});
    g_autofree char *word = take_frame(alive);
    if (g_str_equal(word, "ping:"))
        expect_frame(alive, "text:still here");
    else
        g_assert_cmpstr(word, ==, "text:still here");
    close(silent), close(alive);
    expect_closed(other, 1006);
    close_server(server);
}

static void test_slow(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1, .connection_memory = 64 * 1024});
    int fd = dial(server);
    struct socket *opened = open_on(fd);
    for (int i = 0; i < 2000; i++)
        run_on_loop(opened->loop, send_much, opened);
    expect_closed(opened, 1006);
    close(fd);
    close_server(server);
}

static void test_taken(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1, .connection_memory = 64 * 1024});
    int fd = dial(server);
    struct socket *opened = open_on(fd);
    run_on_loop(opened->loop, start_much, opened);
    for (int i = 0; i < 1000; i++)
        expect_frame(fd, "binary:20000");
    expect_frame(fd, "close:1000");
    put_frame(fd, (struct frame){CLOSE, "\x03\xe8", 2, 0});
    expect_closed(opened, 1000);
    close(fd);
    close_server(server);
}

/* A client that asks and never listens is not asked further itself. */
static void test_deaf(void)
{
    struct http_server *server =
        serve((struct http_options){.loops = 1, .connection_memory = 1024 * 1024, .send_ms = 300});
    int fd = dial(server);
    struct socket *opened = open_on(fd);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    add_frame(bytes, &(struct frame){BINARY_ALL, NULL, MESSAGE_MAX, 0});
    for (int i = 0; i < 1000 && send(fd, bytes->data, bytes->len, MSG_NOSIGNAL) > 0; i++)
        ;
    expect_closed(opened, 1006); /* by its time, not by its memory */
    struct http_counters counters;
    http_server_counters(server, &counters);
    g_assert_cmpuint(counters.connections_cut, ==, 0);
    close(fd);
    close_server(server);
}

/* What is kept for the only socket, once the loop has done all that came before. */
static uint64_t kept_for(const struct http_server *server, struct socket *socket)
{
    run_on_loop(socket->loop, give, socket);
    await_given();
    struct http_counters counters;
    http_server_counters(server, &counters);
    return counters.bytes_kept;
}

static void test_memory(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1});
    int fd = dial(server);
    struct socket *opened = open_on(fd);
    put_frame(fd, (struct frame){TEXT_ALL, "hello", 0, 0});
    expect_frame(fd, "text:hello");
    put_frame(fd, (struct frame){PING, "", 0, 0});
    expect_frame(fd, "pong:");
    g_assert_cmpuint(kept_for(server, opened), ==, 0); /* between messages */
    put_frame(fd, (struct frame){TEXT_PART, NULL, 5000, 0});
    put_frame(fd, (struct frame){PING, "", 0, 0});
    expect_frame(fd, "pong:");
    g_assert_cmpuint(kept_for(server, opened), >=, 5000 + 9 * 1024);
    put_frame(fd, (struct frame){LAST, "", 0, 0});
    expect_frame(fd, "text:5000");
    g_assert_cmpuint(kept_for(server, opened), ==, 0);
    close(fd);
    expect_closed(opened, 1006);
    close_server(server);
}

static void test_drain(void)
{
    struct http_server *server = serve((struct http_options){.loops = 2, .drain_ms = 200});
    int polite = dial(server), rude = dial(server);
    struct socket *one = open_on(polite), *other = open_on(rude);
    put_frame(polite, (struct frame){CLOSE, "\x03\xe8", 2, 0});
    expect_frame(polite, "close:1000");
    expect_closed(one, 1000);
    http_server_stop(server);
    expect_frame(rude, "close:1001");
    g_assert_true(is_closed(rude));
    expect_closed(other, 1006);
    close(polite), close(rude);
    close_server(server);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = g_strdup_printf("/websocket/frames/%s", rows[i].name);
        g_test_add_data_func(name, &rows[i], test_row);
    }
    g_test_add_func("/websocket/handshake", test_handshake);
    g_test_add_func("/websocket/either side may say goodbye", test_goodbye);
    g_test_add_func("/websocket/a silent client is asked and dropped", test_beat);
    g_test_add_func("/websocket/a client that takes nothing is dropped", test_slow);
    g_test_add_func("/websocket/much is told as fast as it is taken", test_taken);
    g_test_add_func("/websocket/a client that never listens is not heard", test_deaf);
    g_test_add_func("/websocket/memory is kept within a message only", test_memory);
    g_test_add_func("/websocket/a server that stops goes away", test_drain);
    return g_test_run();
}
