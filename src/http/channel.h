/* Inside of src/http: a connection that no longer speaks in requests and answers: event streams and WebSockets.
 *
 *     request --open--> in line behind earlier answers --> speaking --leave, finish--> over: the connection lingers
 *                                 |                            |
 *                                 +----------------------------+--> over: killed with its connection
 *
 * The request that opened it is ended at once, so an idle channel is its connection and this struct. What is sent are
 * references (bytes.h) in a queue, which owns memory only while something waits in it. Sending never writes within the
 * call but when the loop's callback ends: one write for all that came together, and nobody is called back from inside.
 *
 * A client that takes nothing is dropped: its queue may hold http_options.connection_memory and one message more, then
 * the channel falls mute and its connection is killed when the callback ends. The queue counts for the loop's memory
 * (budget.c) as if nothing in it were shared.
 *
 * Who frees what: the channel frees itself behind `closed`, which is called exactly once; the struct of the user that
 * it belongs to is the user's from then on. */
#pragma once

#include "http/bytes.h"
#include "http/inside.h"

struct channel_kind {
    enum http_front front;
    /* What came; all of it is used. May send, leave and finish. NULL: whatever comes is ignored. */
    void (*input)(struct channel *channel, struct str bytes);
    void (*beat)(struct channel *channel);  /* it was quiet for http_options.beat_ms; may kill the connection */
    void (*taken)(struct channel *channel); /* after http_channel_ask: the socket has taken everything */
    void (*drain)(struct channel *channel); /* the server stops */
    void (*closed)(struct channel *channel);
};

struct piece {
    struct piece *next;
    struct http_bytes *bytes;
};

struct channel {
    const struct channel_kind *kind;
    struct connection *connection;
    struct channel *next;       /* of the loop's channels that have something to do when the callback ends */
    struct piece *first, *last; /* the queue */
    size_t sent;                /* of the first */
    size_t unsent;              /* of all */
    size_t held;                /* more memory that the kind has, for the budget */
    bool listed : 1;
    bool asked : 1;
    bool leaving : 1;   /* has said its last word and waits for the client's */
    bool finishing : 1; /* over as soon as everything is sent */
    bool mute : 1;      /* failed, or its client is too slow */
    bool over : 1;      /* `closed` was called */
};

/* Ends the request with a head and makes its connection the channel's, which is g_malloc'ed and taken. False: the
 * connection is gone, draining, or has more requests behind this one; the request is answered then, the channel freed
 * without `closed`. `status`, `headers` as http_reply. */
bool http_channel_open(struct http_request *request, unsigned status, struct str headers, struct channel *channel,
                       const struct channel_kind *kind);

/* Takes the reference. Nothing happens when the channel is leaving, finishing or mute. */
void http_channel_send(struct channel *channel, struct http_bytes *bytes);

void http_channel_ask(struct channel *channel); /* for one call of `taken` */
void http_channel_leave(struct channel *channel);
void http_channel_finish(struct channel *channel);
void http_channel_hold(struct channel *channel, size_t bytes); /* sets `held` */

/* For connection.c and loop.c. */
bool http_channel_speaks(const struct channel *channel);
void http_channel_wake(struct channel *channel); /* it may speak from now on */
void http_channel_writable(struct channel *channel);
void http_channel_end(struct channel *channel); /* its connection is dead, or lingers from now on */
void http_loop_flush_channels(struct http_loop *loop);
