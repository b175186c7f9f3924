/* WebSockets (RFC 6455, version 13, no extensions): a connection on which both sides speak messages.
 *
 * A handler ends its request with http_websocket_open; from then on messages come and go on its loop's thread, until
 * either side closes or the client is gone. Whoever wants to send from elsewhere posts to the loop (http_post).
 * Messages that many sockets get are made once (http_websocket_message, any thread) and sent by reference, as with
 * events.h.
 *
 * The protocol is the server's: pings are answered, a client that is silent for http_options.beat_ms is pinged and
 * dropped when it does not answer as long, what is wrong is closed with its code, a close is answered. Limits: a
 * message of the client holds at most `message_max` bytes, fragments included (1009); bytes that the client does not
 * take wait, and meanwhile nothing is read from it; beyond http_options.connection_memory, the newest message not
 * counted, it is dropped. An idle socket takes well under 2 KB with its connection. Whether a page of this origin may
 * open a socket is the handler's to say ("Origin"). */
#pragma once

#include "http/bytes.h"
#include "http/http.h"

/* A socket; embed it in a larger struct. Its functions are called on its loop's thread only. */
struct http_websocket {
    /* A whole message; text is valid UTF-8. `bytes` are borrowed for the call. */
    void (*message)(struct http_websocket *socket, bool text, struct str bytes);
    /* Exactly once after http_websocket_open said true, however it ended, never from inside a call of this header.
     * `code`: what the client said (1005: nothing) or did wrong (1002, 1007, 1009); 1006: it is gone without a word.
     * The struct is the caller's again. */
    void (*closed)(struct http_websocket *socket, unsigned code);
    /* After http_websocket_when_taken. May be NULL without it. */
    void (*taken)(struct http_websocket *socket);
    size_t message_max; /* bytes; 0: LIMIT_HTTP_MESSAGE */

    struct channel *channel; /* websocket.c's */
};

/* Ends the request: 101 and true, and the socket is open. False: it was no handshake (426, 400), the client is gone,
 * the server stops, or another request was sent behind this one; the request was answered and `socket` is not used.
 * `headers`: more complete lines, as in http_reply, such as Sec-WebSocket-Protocol. */
bool http_websocket_open(struct http_request *request, struct str headers, struct http_websocket *socket);

/* One message's bytes. Any thread. Text must be UTF-8. */
struct http_bytes *http_websocket_message(bool text, struct str bytes);

/* Sends, taking the reference. Nothing is sent behind a close. O(1). */
void http_websocket_send(struct http_websocket *socket, struct http_bytes *message);

/* Bytes that wait. Whoever has much to tell sends some, asks for `taken` and goes on there. */
size_t http_websocket_unsent(const struct http_websocket *socket);

/* Calls `taken` once when everything sent so far was taken, never from inside. */
void http_websocket_when_taken(struct http_websocket *socket);

/* Says goodbye behind what was sent; no more messages come. `code`: 1000, 1001, 1003, 1008, 1011 or 3000 to 4999;
 * `reason`: UTF-8 of which 123 bytes are told. */
void http_websocket_close(struct http_websocket *socket, unsigned code, struct str reason);
