/* For the tests of WebSockets: a server with an echo on it, and a client that can send any frame. */
#pragma once

#include "http/testbed.h"
#include "http/websocket.h"

struct socket {
    struct http_websocket websocket; /* first */
    struct http_loop *loop;
    unsigned code; /* once it is over */
    int64_t left;  /* bytes that it still makes */
};

enum { ECHO_MESSAGE_MAX = 100000 };

/* Routes: /t/socket says back what it hears and closes with 4001 when it hears "goodbye"; /t/later is the test's. */
struct http_server *serve_echo(struct http_options options);

/* On a socket's loop, with its struct; more and more until `left` is sent. */
void make_more(struct http_websocket *websocket);
void send_much(void *socket);

/* --- the client --- */

#define HANDSHAKE \
    "GET /t/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

void take_101(int fd);
struct socket *open_on(int fd);

/* Posts may still be under way to a socket that was closed, so they all live until their server is closed. */
void await_closed(struct socket *of);
void expect_closed(struct socket *of, unsigned code);
void close_server(struct http_server *server);

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

/* A frame that a client sends. */
struct frame {
    unsigned first;      /* FIN, reserved bits and opcode */
    const char *payload; /* NULL: `length` times 'x' */
    unsigned length;     /* of the payload; 0: up to its zero */
    enum { MINIMAL, UNMASKED = 1, IN_16_BITS = 2, IN_64_BITS = 4, ENDLESS = 8, HEAD_ONLY = 16 } form;
};

void add_frame(GByteArray *out, const struct frame *frame);
void put_frame(int fd, struct frame frame);

/* Reads one of the server's frames as a word: "text:hello", "close:1002 reason", of long payloads only their length;
 * NULL at the connection's end. */
char *take_frame(int fd);
void expect_frame(int fd, const char *word);
