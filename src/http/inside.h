/* Inside of src/http: what a server, a loop, a connection and a request are made of. Nobody else includes this.
 *
 * A connection belongs to one loop. Each thing that happens to it (bytes, a deadline, a reply) changes its state and
 * then settles it: http_next (next.h) says what to do next, until there is nothing but to wait.
 *
 *                   +---------------------------------------------------+
 *                   |                  STEP_FEED: input that had to wait |
 *                   v                                                   |
 *     accepted -> WAIT -- bytes --> head --> body --> handler --> reply -+--> WAIT (readable: the next request)
 *                   |                                               |    |
 *                   |                                               |    +--> WAIT (writable: the socket was full)
 *                   | deadline, socket failed, client left          |
 *                   v                          closing, all is sent v
 *                 KILL <------ eof, or 2 s ------ LINGER <----------+
 *                   |
 *            dead: the socket is given up, libuv is told to close its handle
 *                   |
 *            closed: libuv let go of it; requests of it may still be with their handlers
 *                   |
 *                 BURY when the last one was ended -> freed by the loop when the stack is unwound
 *
 * Life of a request: begun by input.c when its head is complete,
 *
 *     COLLECTING --> OPEN ------> ENDING ------> freed    first in line: bytes go to the socket within the call
 *     (its body)      |  |          |
 *                     |  |          +-> DONE --> freed    waits with its reply for those before it
 *                     |  +-> STREAMING --------> freed    a producer feeds it, first in line
 *                     +----> DONE, cut --------> freed    http_drop: the connection ends here
 *                     +----> DONE, channel ----> freed    only its head; the connection is a channel's then (channel.h)
 *
 * Who frees what:
 *   - a request: whoever ends it (reply.c), or http_connection_kill for one that is COLLECTING, DONE or STREAMING. One
 * that a handler has is flagged gone and stays, with its connection, until the handler ends it. Freed ones are kept by
 * the loop for the next (SPARE_REQUESTS).
 *   - a request's arena holds its head, parameters and body: emptied by http_hold, when DONE, when freed.
 *   - a connection's input and output: own memory only while something waits in them. budget.c counts and bounds it
 * all.
 *   - a connection: its loop (loop.c, free_graves), when it was buried and no function further up the stack has it.
 *
 * Bytes out go to the loop's one staging buffer first, which belongs to one connection at a time and is sent when the
 * connection changes or the callback from libuv ends (http_loop_done): one write for all replies of a batch. Only what
 * the socket did not take is kept by the connection. */
#pragma once

#include "base/limits.h"
#include "base/reason.h"
#include "http/http.h"
#include "http/next.h"
#include "http/parse.h"
#include "http/router.h"
#include "http/wheel.h"

#include <stdatomic.h>
#include <uv.h>

enum {
    READ_SIZE = 64 * 1024,   /* of the loop's input buffer */
    STAGE_SIZE = 64 * 1024,  /* staged bytes that make a write */
    DIRECT_SIZE = 16 * 1024, /* longer bodies are written from where they are */
    SPARE_REQUESTS = 256,    /* kept by a loop for reuse */
};

/* In every answer, so that no browser takes a conversation's text for a page or a script (fetch.spec.whatwg.org). */
#define HTTP_NOSNIFF "X-Content-Type-Options: nosniff\r\n"

enum request_state { COLLECTING, OPEN, STREAMING, DONE, ENDING /* inside http_reply */ };

struct request {
    struct http_request http; /* first: the two pointers are the same */
    struct connection *connection;
    struct request *next; /* of the connection, in order; or of the spare ones */

    const char *head; /* in the arena */
    const struct http_field *fields;
    struct http_place authority;
    const struct http_node *node; /* for Allow */
    struct str extra;             /* header lines from http_reply_header */
    struct buf bytes;             /* a body as it is collected; then, when DONE, the reply */
    size_t kept, charged;         /* see budget.c */

    struct wheel_timer timer;
    void (*timeout)(struct http_request *request);
    void (*on_gone)(struct http_request *request);
    const struct http_body_reader *reader;
    struct http_stream *stream;

    uint64_t left; /* STREAMING a known length: bytes to come */
    int64_t begun_ns;
    uint64_t bytes_in, bytes_out;
    uint32_t route_number; /* the router's count: none */
    uint16_t status;
    uint8_t field_count, state, minor;
    bool slash : 1, malformed : 1, has_authority : 1, held : 1, takes_pieces : 1, expects : 1;
    bool cut : 1;     /* DONE: no reply, the connection ends here */
    bool started : 1; /* STREAMING: the head was sent */
    bool waiting : 1; /* STREAMING: after HTTP_WAIT */
    bool failed : 1;  /* found wrong before a handler had it */
};

struct connection {
    uv_poll_t poll;
    struct http_loop *loop;
    struct wheel_link link; /* in the loop's list */
    struct wheel_timer timer;
    int64_t deadline_ms; /* the timer fires at it or earlier, and then looks here */
    struct request *first, *last;
    struct request *reading; /* whose body comes next */
    struct http_search search;
    struct http_chunks chunks;
    int64_t body_left; /* of a body with Content-Length; -1: chunked */
    uint64_t body_seen;
    struct buf input;          /* came but is not used yet; owns memory only then */
    struct buf output;         /* not taken by the socket yet */
    struct channel *channel;   /* has taken the connection over (channel.h) */
    size_t sent;               /* of output */
    size_t kept, kept_buffers; /* see budget.c */
    int fd;
    uint16_t count; /* requests */
    uint8_t events, phase, peer;
    uint8_t address[16];
    uint8_t family;
    bool seen_one : 1;   /* a head was complete once */
    bool processing : 1; /* its input is being worked on further up the stack */
    bool came : 1;       /* bytes, since the deadline was set */
    bool took : 1;       /* the client, bytes, since the deadline was set */
    bool paused : 1;     /* http_body_pause */
    bool closing : 1;    /* takes no further request */
    bool discard : 1;    /* there may be unread bytes: linger */
    bool lingering : 1;
    bool cut : 1; /* end as soon as output is gone */
    bool eof : 1;
    bool dead : 1;   /* the socket is finished */
    bool closed : 1; /* and libuv is through with it */
    bool buried : 1; /* and it is in the loop's graves */
};

_Static_assert(sizeof(struct connection) <= 700, "an idle connection takes less than 1 KB (doc/decisions.md 7)");

struct http_loop {
    struct http_server *server;
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t tick;
    uv_thread_t thread;
    unsigned index;
    void *data;
    GError *error; /* of loop_start */
    uv_sem_t ready;
    struct wheel wheel;
    struct wheel_link connections;
    struct connection *graves; /* to free when the stack is unwound; linked by poll.data */
    unsigned alive;            /* connections whose socket is open */
    struct connection *staged; /* whose replies are in `out` */
    struct buf out;
    struct buf piece; /* of a chunked reply */
    char *in;         /* READ_SIZE */
    struct request *spare;
    unsigned spare_count;
    uint64_t next_id;
    int64_t common_until_ms;
    char common[96]; /* lines of every answer */
    bool draining, ended;
    struct wheel_timer drain_timer;
    struct http_post stop;
    struct http_head scratch;

    struct channel *channels; /* with something to do when the callback ends */
    uint64_t memory;          /* its share of http_options.memory */

    _Atomic(struct http_post *) posts; /* newest first */

    /* Written by the loop's thread alone, but for connections_open. */
    atomic_uint connections_open;
    _Atomic uint64_t connections_total, requests_open, requests_held, requests_total, bytes_in, bytes_out;
    _Atomic uint64_t kept, connections_cut, event_streams_open, sockets_open;
    _Atomic uint64_t *answers; /* [route][class - 1] */
    _Atomic uint64_t refusals[REASON_COUNT];
};

struct listener {
    uv_poll_t poll;
    struct http_server *server;
    int fd; /* -1: none */
};

struct http_server {
    struct http_options options;
    char *unix_path;
    struct http_router *router;
    struct http_loop *loops;
    unsigned loop_count;
    struct listener tcp, local;
    struct wheel_timer accept_again; /* on loop 0, after running out of descriptors */
    uint16_t port;
    bool stopped;
    _Atomic uint64_t connections_refused;
};

/* A count with one writing thread. */
static inline void http_count(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline int64_t http_loop_now(struct http_loop *loop)
{
    return (int64_t)uv_now(&loop->uv);
}

/* loop.c */
void http_loop_open(struct http_loop *loop, struct http_server *server, unsigned index);
void http_loop_run(struct http_loop *loop); /* the thread's life */
void http_loop_close(struct http_loop *loop);
void http_loop_done(struct http_loop *loop); /* at the end of every callback from libuv */
void http_loop_timer(struct http_loop *loop, struct wheel_timer *timer, int64_t ms, void (*fire)(struct wheel_timer *));
void http_loop_drain(struct http_loop *loop);
struct connection *http_connection_of_link(struct wheel_link *link);

/* connection.c */
void http_connection_open(struct http_loop *loop, int fd, enum http_peer peer, uint8_t family,
                          const uint8_t address[16]);
void http_connection_drain(struct connection *connection);
void http_connection_kill(struct connection *connection);
void http_connection_settle(struct connection *connection); /* after anything happened; may kill it */
void http_connection_tell_gone(struct connection *connection);

/* input.c */
void http_connection_readable(struct connection *connection);
void http_connection_feed(struct connection *connection, struct str bytes); /* "": what waits in `input` */
bool http_connection_may_begin(const struct connection *connection);        /* another request */
void http_connection_fail_body(struct connection *connection, enum reason reason, const char *sentence);
void http_connection_lose_body(struct connection *connection);

/* output.c */
void http_connection_writable(struct connection *connection);
/* Where the connection's next bytes go, for the moment; also has it settled when the callback from libuv ends. */
struct buf *http_connection_output(struct connection *connection);
void http_connection_send(struct connection *connection, const struct str *parts, unsigned count);
void http_loop_flush(struct http_loop *loop);

/* budget.c */
void http_keep(struct connection *connection, size_t *place, size_t bytes); /* `place` = what it keeps from now on */
void http_connection_forget_kept(struct connection *connection);
bool http_connection_has_room(const struct connection *connection);
void http_loop_relieve(struct http_loop *loop); /* may kill any connection of the loop */

/* deadline.c */
void http_connection_deadline(struct connection *connection, enum http_phase phase);

/* request.c */
struct request *http_request_new(struct connection *connection);
void http_request_fill(struct request *request, struct str bytes, const struct http_head *head);
void http_request_route(struct request *request);
void http_request_dispatch(struct request *request);
void http_request_fail(struct request *request, GError *error); /* takes the error; to the mount's problem */
void http_request_refuse(struct request *request, unsigned status, const char *sentence);
void http_request_unlink(struct request *request);
void http_request_free(struct request *request); /* unlinked before */
void http_request_finish(struct request *request, unsigned status);
void http_request_lose_body(struct request *request); /* to its reader */
void http_request_set_gone(struct request *request);
void http_requests_fire_timeouts(struct connection *connection);

/* status.c: "HTTP/1.1 404 Not Found" with CR LF; STR_NULL for a status that is not in its list. */
struct str http_status_line(unsigned status);

/* reply.c */
void http_reply_advance(struct connection *connection);
void http_reply_takeover(struct http_request *request, unsigned status, struct str headers); /* only a head */
void http_reply_produce(struct connection *connection); /* the first request is STREAMING and started */
