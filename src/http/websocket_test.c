/* The life of a WebSocket over a real server. Its frames are in frames_test.c. */
#include "http/testbed_websocket.h"

#include <sys/socket.h>
#include <unistd.h>

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
    struct http_server *server = serve_echo((struct http_options){.loops = 1});
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
    struct http_server *server = serve_echo((struct http_options){.loops = 1});
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
    struct http_server *server = serve_echo((struct http_options){.loops = 1, .beat_ms = 100});
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
    struct http_server *server = serve_echo((struct http_options){.loops = 1, .connection_memory = 64 * 1024});
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
    struct http_server *server = serve_echo((struct http_options){.loops = 1, .connection_memory = 64 * 1024});
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
        serve_echo((struct http_options){.loops = 1, .connection_memory = 1024 * 1024, .send_ms = 300});
    int fd = dial(server);
    struct socket *opened = open_on(fd);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    add_frame(bytes, &(struct frame){BINARY_ALL, NULL, ECHO_MESSAGE_MAX, 0});
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
    struct http_server *server = serve_echo((struct http_options){.loops = 1});
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
    struct http_server *server = serve_echo((struct http_options){.loops = 2, .drain_ms = 200});
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
