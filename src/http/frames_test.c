/* What each case class of RFC 6455 is answered with by a real server, frames sent whole, in segments and byte by byte.
 */
#include "http/testbed_websocket.h"

#include <sys/socket.h>
#include <unistd.h>

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
    {"the largest", {{TEXT_ALL, NULL, ECHO_MESSAGE_MAX, 0}}, ECHO_OF("text:100000")},
    {"one byte more", {{TEXT_ALL, NULL, ECHO_MESSAGE_MAX + 1, 0}}, "close:1009"},
    {"one byte more, only announced", {{TEXT_ALL, NULL, ECHO_MESSAGE_MAX + 1, HEAD_ONLY}}, "close:1009"},
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
    await_closed(opened);
    g_autofree char *expected = row->received ? g_strdup(row->received) : echo_of(row->sent);
    g_assert_cmpstr(words->str, ==, expected);
    g_string_free(words, TRUE);
}

static void test_row(gconstpointer data)
{
    const struct row *row = data;
    struct http_server *server = serve_echo((struct http_options){.loops = 1});
    run_row(server, row, SIZE_MAX);
    run_row(server, row, 1300);
    if (row->sent[0].length < 1000)
        run_row(server, row, 1);
    close_server(server);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = g_strdup_printf("/frames/%s", rows[i].name);
        g_test_add_data_func(name, &rows[i], test_row);
    }
    return g_test_run();
}
