/* Every maximum that a client can meet, in one list: it makes the constants, doc/limits.md and the series of /metrics.
 */
#pragma once

/* name, value, unit, setting, reason, what. `setting` is the field of app/settings.h that changes the value, "" = none
 * does. `reason` is what a client beyond it is told, and what /metrics counts; NONE: `what` says what happens. */
/* clang-format off */
#define LIMITS(X) \
    /* Text and ids (doc/decisions.md 1: ids are opaque strings, unique per company). */ \
    X(ID, 128, "bytes", "", ID_INVALID, "an id that a client chooses") \
    X(TEXT, 64 * 1024, "bytes", "", TEXT_TOO_LONG, "the text of one message or notice") \
    X(COMMENT, 4 * 1024, "bytes", "", FIELD_TOO_LONG, "what an operator says of a transfer, a hold or a close") \
    X(TAGS, 64, "tags", "", FIELD_TOO_LONG, "of one close") \
    X(NAME, 512, "bytes", "", TEXT_TOO_LONG, "a name, an e-mail address, a phone number, a nickname") \
    X(URL, 8 * 1024, "bytes", "", TEXT_TOO_LONG, "the address of a page, a user agent") \
    X(EVENT_DATA, 256 * 1024, "bytes", "", FIELD_TOO_LONG, "the JSON that comes along with one event") \
    /* One session. The event's global number keeps 20 bits for the index. */ \
    X(EVENTS_PER_SESSION, 1 << 20, "events", "", SESSION_FULL, "one session") \
    X(PARTICIPANTS, 4096, "participants", "", FIELD_TOO_LONG, "one session") \
    /* Times: 42 bits hold them (store/sqlite's search keys). */ \
    X(TIME_MS_BITS, 42, "bits", "", TIME_INVALID, "a time in milliseconds: 1970 to 2109") \
    /* Message markup (text/markup). */ \
    X(MARKUP, 1024 * 1024, "bytes", "", NONE, "a text whose markup is read; a longer one is plain text") \
    X(MARKUP_NODES, 16 * 1024, "nodes", "", NONE, \
      "of one text's markup, and of what was tried for it; beyond, it is plain text") \
    X(MARKUP_RETRY, 256 * 1024, "bytes", "", NONE, \
      "of a text that may be read again beside 8 for each byte of it; beyond, it is plain text") \
    X(MARKUP_FOUND, 100, "names", "", NONE, "addresses, users and channels of a message that are listed, of each") \
    /* JSON reading. */ \
    X(JSON_DEPTH, 64, "levels", "", BODY_MALFORMED, "objects and arrays inside each other") \
    X(JSON_VALUES, 16 * 1024, "values", "", BODY_MALFORMED, \
      "in one text, and one more for each 12 bytes of it: so a tree takes at most 5 times its text, and 800 KB") \
    X(JSON_DENSITY, 12, "bytes", "", NONE, "of a text for one value more") \
    /* Imports. */ \
    X(IMPORT_LINE, 32 * 1024 * 1024, "bytes", "", LINE_INVALID, "one line of an import") \
    X(TRANSCRIPT, 16 * 1024 * 1024, "bytes", "", LINE_INVALID, "one transcript of Genesys UCS, read or written") \
    X(SHORT_LINE, 1024 * 1024, "bytes", "", IMPORTS_BUSY, "one import at a time may hold a longer line") \
    X(IMPORT_COLUMNS, 4096, "columns", "", LINE_INVALID, "of a CSV file to import") \
    X(IMPORTS, 16, "imports", "", IMPORTS_BUSY, "under way at once") \
    X(ARCHIVES, 2, "imports", "", IMPORTS_BUSY, "of other products' archives that come over HTTP, at once") \
    X(PREFERENCES, 64 * 1024, "bytes", "", FIELD_TOO_LONG, "what an operator's console keeps here, as JSON") \
    X(CANNED_TEXT, 8 * 1024, "bytes", "", TEXT_TOO_LONG, "the text of a canned answer") \
    X(CANNED_ANSWERS, 2000, "answers", "", CANNED_ANSWERS_FULL, "of one company") \
    X(VIEWS, 16 * 1024, "views", "", NONE, \
      "sessions that operators say they have open, all together; beyond, what was said longest ago is forgotten") \
    X(VIEW_TIME, 30 * 1000, "milliseconds", "", NONE, "until a session counts as open no longer, unless it is said again") \
    X(LOGINS, 100, "tokens", "", NONE, "of one operator that came by logging in: the oldest ends then") \
    X(SETTING, 4096, "bytes", "", SETTING_INVALID, "one value of the settings") \
    /* Lists and search. */ \
    X(PAGE, 200, "entries", "", PARAMETER_VALUE, "one page of a list of Parley's API") \
    X(CHANGES, 1000, "changes", "", PARAMETER_VALUE, "one answer of the change feed") \
    X(SORT, 32 * 1024 * 1024, "bytes", "", SORT_INVALID, "the keys of one sort that no index has") \
    X(QUERY, 1024, "bytes", "", QUERY_INVALID, "what one search asks for") \
    X(QUERY_WORDS, 32, "words", "", QUERY_INVALID, "of one search, those of phrases included") \
    X(QUERY_PREFIXES, 4, "words", "", QUERY_INVALID, "of one search that may go on (`word*`)") \
    X(QUERY_PREFIX_LETTERS, 3, "letters", "", QUERY_INVALID, "at least so many before a `*`") \
    X(WORD, 128, "bytes", "", NONE, "of a word that are indexed and searched: longer ones that begin alike are one") \
    X(QUERY_PARAMETERS, 64, "parameters", "", PARAMETER_VALUE, "of one URL") \
    /* HTTP. */ \
    X(HTTP_HEAD, 16 * 1024, "bytes", "", HEAD_TOO_LARGE, \
      "the head of a request: 431 in plain text, whatever the dialect") \
    X(HTTP_HEADERS, 100, "headers", "", HEAD_TOO_LARGE, "of a request, likewise") \
    X(HTTP_BODY, 1024 * 1024, "bytes", "", BODY_TOO_LARGE, "the body of a request; imports are streams and have none") \
    X(HTTP_MESSAGE, 512 * 1024, "bytes", "", NONE, \
      "a message of a WebSocket's client (a text may be escaped sixfold): closed with 1009") \
    X(HTTP_EVENT_ID, 256, "bytes", "", NONE, "Last-Event-ID of an event stream; a longer one is as none") \
    X(HTTP_PIPELINE, 64, "requests", "", NONE, "of one connection under way at once; the next ones wait") \
    X(HTTP_REPLY_BUFFER, 256 * 1024, "bytes", "", NONE, \
      "an answer in one piece; longer ones are chunked (doc/decisions.md 3)") \
    X(HTTP_CONNECTIONS, 65536, "connections", "http_connections", NONE, \
      "open at once; one more is answered 503 and closed") \
    X(HTTP_CONNECTION_MEMORY, 256 * 1024, "bytes", "http_connection_memory", NONE, \
      "kept for one client; it begins no request beyond") \
    X(HTTP_MEMORY, 64 * 1024 * 1024, "bytes", "http_memory", NONE, \
      "kept for all clients; beyond, the connection that keeps most is cut") \
    X(HTTP_HEAD_TIME, 10 * 1000, "milliseconds", "http_head_time", NONE, \
      "until a request's head is there; 408, and the connection is closed") \
    X(HTTP_BODY_TIME, 30 * 1000, "milliseconds", "http_body_time", BODY_TIMEOUT, "until a request's body is there") \
    X(HTTP_SEND_TIME, 30 * 1000, "milliseconds", "http_send_time", NONE, \
      "without a byte taken by the client; the connection is cut") \
    X(HTTP_IDLE_TIME, 75 * 1000, "milliseconds", "http_idle_time", NONE, "a connection without a request is kept") \
    X(HTTP_BEAT_TIME, 20 * 1000, "milliseconds", "http_beat_time", NONE, \
      "until an event stream says something and a silent WebSocket is asked") \
    X(HTTP_DRAIN_TIME, 4 * 1000, "milliseconds", "", NONE, \
      "what is under way at SIGTERM may take; a second of the five that a stop may take is for what comes behind it") \
    /* Work waiting. */ \
    X(GROUP, 1024, "writes", "", NONE, "in one transaction") \
    X(WRITE_QUEUE, 16384, "writes", "", QUEUE_FULL, "waiting for the writer") \
    X(READ_QUEUE, 1024, "reads", "", QUEUE_FULL, "waiting for a reader's thread") \
    X(SLOW_QUEUE, 256, "operations", "", QUEUE_FULL, "waiting for a slow thread (passwords, commands)") \
    X(IMPORT_BATCH, 1000, "events", "", FIELD_TOO_LONG, \
      "in one call that opens a session, and in one job of an import, about")
/* clang-format on */

enum {
#define X(name, value, unit, setting, reason, what) LIMIT_##name = value,
    LIMITS(X)
#undef X
};

#define LIMIT_TIME_MS ((INT64_C(1) << LIMIT_TIME_MS_BITS) - 1)
