/* Server-sent events (HTML Living Standard, section 9.2): an answer without an end, told event by event.
 *
 * A handler ends its request with http_events_open; from then on whoever has the stream sends events on its loop's
 * thread, until the client leaves or somebody closes it. Events that many streams get are made once (http_event_new,
 * any thread), posted to each loop once (http_post) and sent by reference: a copy for each client is never made.
 *
 *     another thread: event = http_event_new(...); for each loop: post with http_bytes_ref(event)
 *     on the loop:    for each stream: http_events_send(stream, http_bytes_ref(event)); then http_bytes_unref(event)
 *
 * A client that left is noticed at once; one that vanished when it does not take what is sent, at the latest the
 * comment that goes out when nothing else did for http_options.beat_ms. One that takes too little is dropped
 * (`closed`): it comes back and says with Last-Event-ID what it has seen. */
#pragma once

#include "http/bytes.h"
#include "http/http.h"

/* A stream; embed it in a larger struct. Its functions are called on its loop's thread only. */
struct http_events {
    /* Exactly once after http_events_open said true, however it ended, never from inside a call of this header. The
     * struct is the caller's again. */
    void (*closed)(struct http_events *events);
    /* After http_events_when_taken. May be NULL without it. */
    void (*taken)(struct http_events *events);

    struct channel *channel; /* events.c's */
};

/* The id of the last event that the client saw, in the request's arena; STR_NULL: none, or none that can be ours
 * (control characters, longer than LIMIT_HTTP_EVENT_ID). */
struct str http_events_last_id(struct http_request *request);

/* Ends the request with 200 and a stream. `headers`: more complete lines, as in http_reply. False: there will be none
 * (the client is gone, the server stops, HEAD, or another request was sent behind this one); the request is ended all
 * the same and `events` not used. */
bool http_events_open(struct http_request *request, struct str headers, struct http_events *events);

/* One event's bytes. Any thread. `id`, `name`: STR_NULL for none; up to their first control character. `data`: any
 * text, line by line. */
struct http_bytes *http_event_new(struct str id, struct str name, struct str data);

/* Sends, taking the reference. Bytes that the client did not take wait; beyond http_options.connection_memory, the
 * newest event not counted, it is dropped once the loop's callback ends. O(1). */
void http_events_send(struct http_events *events, struct http_bytes *event);

/* Bytes that wait. Whoever has much to tell (a client that comes back) sends some, asks for `taken` and goes on there.
 */
size_t http_events_unsent(const struct http_events *events);

/* Calls `taken` once when everything sent so far was taken, never from inside. */
void http_events_when_taken(struct http_events *events);

/* Ends the stream behind what was sent. */
void http_events_close(struct http_events *events);
