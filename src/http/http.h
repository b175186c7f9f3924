/* The HTTP/1.1 server: loops, requests, replies.
 *
 * A server runs a number of loops, one thread each. A connection belongs to one loop for its life; its requests'
 * handlers and every callback named here run on that loop's thread and must not block it. Only the functions
 * marked "any thread" may be called elsewhere. All others take a request on its own loop's thread.
 *
 * The one rule for handlers: **every request is ended exactly once**, by http_reply, http_reply_stream or
 * http_drop, or by what stands on them (http_reply_file) or takes the connection over (http_events_open,
 * http_websocket_open), in the handler or any time later. Until then the request stays valid, whatever happens to the
 * client; with that call it is over and the pointer is dead (http_reply_stream: once `closed` was called).
 * A client that goes away does not cancel anything: the request is flagged `gone`, its reply goes nowhere.
 *
 * How an answer may be given:
 *   - in place: the handler calls http_reply before it returns;
 *   - later: the handler keeps the pointer and returns; whoever finishes the work calls http_post (any thread),
 *     and the posted function replies on the loop's thread;
 *   - held: the same, after http_hold gave back the request's memory (a parked long poll costs about 1 KB with
 *     its connection), woken by http_post, http_request_timeout or the gone callback.
 *
 * Pipelined requests may be ended in any order, replies leave in request order. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/reason.h"
#include "http/route.h"

#include <stdint.h>

struct http_loop;
struct http_server;

/* Where a request comes from. */
enum http_peer {
    HTTP_PEER_REMOTE,
    HTTP_PEER_LOOPBACK, /* 127.0.0.0/8 or ::1: may still be a proxy's client, see http_request_is_local */
    HTTP_PEER_TRUSTED,  /* the unix socket, from root or from the user the server runs as */
};

/* A request. Its fields are read-only except `user`. All slices and the arena's contents live until the request
 * is ended or http_hold is called. */
struct http_request {
    enum http_method method; /* as sent: HEAD stays HEAD */
    enum http_peer peer;
    struct str target; /* as sent */
    struct str path;   /* raw (still percent-encoded) path, starts with a slash; "*" for OPTIONS * */
    struct str query;  /* raw, behind the '?'; STR_NULL without one */
    struct str body;   /* whole; "" without one and for HTTP_ROUTE_STREAM */

    const struct http_mount *mount;
    const struct http_route *route; /* NULL in problem, and in options */
    struct str *parameters;         /* captured segments in order, percent-decoded: any byte but zero; in the arena */
    struct arena arena;             /* for whatever lives as long as the request */
    struct http_loop *loop;         /* never changes */
    uint64_t id;                    /* unique in the process, for logs; see http_request_id */
    void *user;                     /* the handler's own; NULL at first */
    bool gone;                      /* the client went away */
};

/* --- what was asked --- */

/* The value of a header, trimmed; name in any case. STR_NULL when absent. When it was sent more than once: the
 * first, and the number goes to `*count` if that is not NULL. O(headers). Slices as above. */
struct str http_request_header(const struct http_request *request, struct str name, size_t *count);

/* The host the client asked for: the authority of an absolute target, else Host; as sent, maybe with a port. */
struct str http_request_host(const struct http_request *request);

/* The client's numeric address without port ("192.0.2.7", "2001:db8::1"), "unix" for the unix socket: the peer's, or,
 * where http_options.trust_real_ip says so, what a proxy on loopback says in X-Real-IP, if that is an address at all.
 * Allocated in the request's arena. */
struct str http_request_address(struct http_request *request);

/* Did somebody on this machine send it? The peer is on loopback or the unix socket, and no header says that a proxy
 * passed it on. (One that adds no header at all cannot be told: a proxy in front of Parley is to set X-Real-IP.)
 * O(headers) on loopback. */
bool http_request_is_local(const struct http_request *request);

/* The id as it stands in the log, in the request's arena. */
struct str http_request_id(struct http_request *request);

/* The methods the path allows, as an Allow header's value ("GET, HEAD, OPTIONS"), in the arena; "" for an unknown
 * path. A 405 reply gets its Allow header without being asked. */
struct str http_request_allow(struct http_request *request);

/* --- the body of an HTTP_ROUTE_STREAM route --- */

struct http_body_reader {
    /* The next bytes, borrowed for the call, never empty; at most some 64 KB. */
    void (*piece)(struct http_request *request, struct str bytes);
    /* Once, after the last piece (error NULL) or when no more will come: BODY_MALFORMED, BODY_TOO_LARGE,
     * BODY_TIMEOUT, or SOCKET when the client is gone (then instead of the gone callback). Replying is still the
     * handler's duty, in here or later. Not called once the request was ended. */
    void (*end)(struct http_request *request, const GError *error);
};

/* Starts the body's delivery; call it once, in the handler or later (until then the client waits). `reader` is
 * borrowed. When the client is gone already `end` is called at once. A handler that ends the request before the body's
 * end gets no more pieces; the connection is closed after the reply. */
void http_body_read(struct http_request *request, const struct http_body_reader *reader);

/* Back-pressure: no piece comes between pause and resume (both may be called inside `piece`), and the client is
 * made to wait by TCP. The body's time limit does not run meanwhile. */
void http_body_pause(struct http_request *request);
void http_body_resume(struct http_request *request);

/* --- the answer --- */

/* The status for an error where a dialect has none of its own: by its reason's class. Any thread. */
unsigned http_status(const GError *error);

/* RFC 9110's words for a status: "Not Found"; STR_NULL for one that is not in its list. Any thread. */
struct str http_status_phrase(unsigned status);

/* Adds one header to the reply to come. The value is copied; control characters in it become blanks, so that
 * nothing a client sent can split a reply. Name: a constant. */
void http_reply_header(struct http_request *request, const char *name, struct str value);

/* Ends the request with a whole answer. `headers` are complete lines, each with CR LF ("Content-Type: text/plain\r\n"),
 * constants for the most part; Date, X-Content-Type-Options: nosniff, Content-Length, Connection and a 405's Allow are
 * added by the server. `headers` and `body` are borrowed for the call and may live in the request's arena. A body
 * longer than LIMIT_HTTP_REPLY_BUFFER works but belongs in http_reply_stream. HEAD, 204 and 304 send no body. O(body).
 */
void http_reply(struct http_request *request, unsigned status, struct str headers, struct str body);

/* Ends the request without an answer and closes the connection behind the replies that came before. */
void http_drop(struct http_request *request);

enum http_more {
    HTTP_MORE, /* there is more; ask again when the socket has taken this piece */
    HTTP_LAST, /* this was the last piece */
    HTTP_WAIT, /* nothing now: ask again after http_stream_resume */
    HTTP_FAIL, /* cannot go on: the connection is cut so that the client sees an incomplete answer */
};

/* Where an answer comes from that is made piece by piece. Embed it in a larger struct. */
struct http_stream {
    /* Appends the next piece to `out` (empty, capped at LIMIT_HTTP_REPLY_BUFFER); an overflow counts as HTTP_FAIL.
     * Called only when the socket has taken all before it, never from inside http_reply_stream. Never called for
     * HEAD or once the client is gone. */
    enum http_more (*next)(struct http_request *request, struct http_stream *stream, struct buf *out);
    /* Exactly once, at the very end, however it came. The request dies when it returns. */
    void (*closed)(struct http_request *request, struct http_stream *stream);
    /* Bytes in all, where that is known: the client is told, and a producer that makes more or fewer is cut. 0: not
     * known. */
    uint64_t length;
};

/* Ends the request with an answer that is made while it is sent; when its length is not known it is chunked, or goes up
 * to the connection's end for HTTP/1.0. Memory stays constant. `stream` is borrowed until `closed`; it may live in the
 * request's arena. */
void http_reply_stream(struct http_request *request, unsigned status, struct str headers, struct http_stream *stream);

/* After HTTP_WAIT: there is something again. */
void http_stream_resume(struct http_request *request);

/* Says how many bytes the handler keeps for this client outside of the request's arena, such as pages that the socket
 * has yet to take, until it says another number or the request is over. They count as the server's own: the connection
 * begins no further request beyond http_options.connection_memory, and whoever keeps most is cut beyond .memory. */
void http_request_charge(struct http_request *request, size_t bytes);

/* --- waiting --- */

/* Gives the request's memory back before a long wait: the arena is emptied and all its slices become STR_NULL, headers
 * included; what http_reply_header added stays. What the handler needs later it must have copied to memory of its own.
 * `arena` may be used anew. */
void http_hold(struct http_request *request);

/* Calls `callback` once, `ms` from now, within 50 ms; replaces an earlier one, 0 cancels. Ending the request cancels
 * it too. When the server drains, pending timeouts fire at once, so that held polls answer and go. O(1). */
void http_request_timeout(struct http_request *request, int64_t ms, void (*callback)(struct http_request *request));

/* Calls `callback` once if the client goes away before the request is ended (not when it is gone already: see
 * `gone`). NULL cancels. The request must still be ended; http_drop is the plain way. A client that only closed its
 * sending side counts as gone but still gets an answer if one is given. */
void http_request_on_gone(struct http_request *request, void (*callback)(struct http_request *request));

/* A piece of work for a loop. Embed it in a larger struct; no memory is taken. */
struct http_post {
    void (*run)(struct http_post *post);
    struct http_post *next; /* the loop's */
};

/* Any thread: runs `post->run` on the loop's thread, in the order of posting per thread. `post` is borrowed until
 * `run` is called and may be freed or posted anew in it. Cheap when many are posted in a row: one wake-up for all.
 * Works until http_server_close, which runs what is left. */
void http_post(struct http_loop *loop, struct http_post *post);

/* Any thread: what loop_start returned. */
void *http_loop_data(struct http_loop *loop);

/* --- the server --- */

/* One finished request, for the access log. Whatever is logged, it is not the raw target: paths and queries may hold
 * secrets; request->route->pattern says enough. */
struct http_access {
    unsigned status; /* 0: dropped */
    uint64_t bytes_in, bytes_out;
    int64_t duration_us; /* from the head's end to the reply's handing over */
};

struct http_options {
    const char *host;         /* numeric address; NULL: no TCP */
    uint16_t port;            /* 0: any free one, see http_server_port */
    const char *unix_path;    /* NULL: none. Mode 0600, an old socket is replaced, removed at close */
    unsigned loops;           /* 0: one for each core this process may use */
    unsigned connections;     /* 0: LIMIT_HTTP_CONNECTIONS; one more is answered 503 and closed */
    size_t memory;            /* kept for all clients together; beyond it who keeps most is cut. 0: LIMIT_HTTP_MEMORY */
    size_t connection_memory; /* kept for one; it begins no request beyond. 0: LIMIT_HTTP_CONNECTION_MEMORY */
    bool trust_real_ip;       /* peers on loopback are a proxy whose X-Real-IP names the client: http_request_address */
    /* Milliseconds; 0 means base/limits.h's value. */
    unsigned head_ms, body_ms, idle_ms, send_ms, drain_ms;
    unsigned beat_ms; /* an event stream that said nothing for so long says so; a silent WebSocket is asked */

    /* On the loop's thread before its first and after its last request. What loop_start returns is
     * http_loop_data; on failure it sets the error, returns NULL, and http_server_open fails with it. Both may be
     * NULL. */
    void *(*loop_start)(void *user, struct http_loop *loop, GError **error);
    void (*loop_stop)(void *user, struct http_loop *loop);

    /* Once for each request when it was ended, on its loop's thread. `request` is still whole (after http_hold: without
     * slices); mount and route are NULL where a request was refused before they were known. May be NULL. */
    void (*access)(void *user, struct http_request *request, const struct http_access *access);

    void *user;
};

/* Opens the sockets, starts the loops and returns once they serve. Takes the router (freed by http_server_close, or
 * at once on failure). Errors: SOCKET, SETTING_INVALID (host), or loop_start's. */
struct http_server *http_server_open(const struct http_options *options, struct http_router *router, GError **error);

/* Any thread: the TCP port in use; 0 without TCP. */
uint16_t http_server_port(const struct http_server *server);

const struct http_router *http_server_router(const struct http_server *server);

/* Stops accepting, closes idle connections, lets what is under way finish, cuts what is left after drain_ms and
 * returns when the loops' threads have ended. Call it on one thread that is not a loop's. Requests not ended by then
 * are flagged gone; their posts run in http_server_close. */
void http_server_stop(struct http_server *server);

/* Stops if that was not done, runs posts that came since (on this thread; what they end goes nowhere), frees all.
 * Whoever may still post must have been stopped between http_server_stop and this. */
void http_server_close(struct http_server *server);

/* --- counters, any thread --- */

struct http_counters {
    uint64_t connections_open, connections_total, connections_refused;
    uint64_t requests_open; /* under way, held ones included */
    uint64_t requests_held; /* after http_hold */
    uint64_t requests_total;
    uint64_t bytes_in, bytes_out;
    uint64_t event_streams_open, sockets_open;
    uint64_t bytes_kept;      /* of memory, for clients that are there */
    uint64_t connections_cut; /* because of it */
};

/* Sums over the loops; not one instant's picture. */
void http_server_counters(const struct http_server *server, struct http_counters *counters);

/* Answers given by route number `i` (http_router_get) with status class 1-5 (2 = 200-299); i == http_router_count: all
 * that met no route. */
uint64_t http_server_answers(const struct http_server *server, size_t i, unsigned status_class);

/* Counts that a request was refused for this reason, on its loop; and how many there were since the start, any thread.
 */
void http_count_refusal(struct http_request *request, enum reason reason);
uint64_t http_server_refusals(const struct http_server *server, enum reason reason);
