/* Every maximum that a client can meet, in one list. Sizes in bytes, times in milliseconds, unless said. */
#pragma once

enum {
    /* Text and ids (doc/decisions.md 1: ids are opaque strings up to 128 bytes, unique per company). */
    LIMIT_ID = 128,
    LIMIT_TEXT = 64 * 1024,        /* text of one message or notice */
    LIMIT_NAME = 512,              /* names, e-mail addresses, phone numbers, nicknames */
    LIMIT_URL = 8 * 1024,          /* page addresses, user agents */
    LIMIT_EVENT_DATA = 256 * 1024, /* JSON that comes along with one event */

    /* One session. */
    LIMIT_EVENTS_PER_SESSION = 1 << 20, /* the event's global number keeps 20 bits for the index */
    LIMIT_PARTICIPANTS = 4096,

    /* Time stamps: 1970 up to 2109, so that 42 bits hold them (store/sqlite's search keys). */
    LIMIT_TIME_MS_BITS = 42,

    /* Message markup (text/markup); beyond these it is plain text. */
    LIMIT_MARKUP = 1024 * 1024,      /* a whole text */
    LIMIT_MARKUP_NODES = 16 * 1024,  /* of one tree, and of what was tried for it */
    LIMIT_MARKUP_RETRY = 256 * 1024, /* bytes that may be read again, beside 8 for each byte of the text */
    LIMIT_MARKUP_FOUND = 100,        /* addresses, users and channels that are listed, of each */

    /* JSON reading. */
    LIMIT_JSON_DEPTH = 64,
    LIMIT_JSON_VALUES = 16 * 1024, /* in one text, and one more for each LIMIT_JSON_DENSITY bytes of it: a tree takes at
                                      most 5 times its text, and 800 KB */
    LIMIT_JSON_DENSITY = 12,

    /* Imports. */
    LIMIT_IMPORT_LINE = 32 * 1024 * 1024,
    LIMIT_SHORT_LINE = 1024 * 1024, /* one import at a time may hold a longer line */
    LIMIT_IMPORTS = 16,             /* at once */

    LIMIT_SETTING = 4096, /* one value of the settings */

    /* Lists and search. */
    LIMIT_PAGE = 200,
    LIMIT_SORT = 32 * 1024 * 1024, /* bytes of the keys of one sort that no index has */
    LIMIT_QUERY = 1024,
    LIMIT_QUERY_WORDS = 32,         /* all that one search may ask for, the words of phrases included */
    LIMIT_QUERY_PREFIXES = 4,       /* of these, words that may go on */
    LIMIT_QUERY_PREFIX_LETTERS = 3, /* at least so many before a `*` */
    LIMIT_WORD = 128,               /* longer ones are cut: words that begin alike are one */
    LIMIT_QUERY_PARAMETERS = 64,

    /* HTTP. */
    LIMIT_HTTP_HEAD = 16 * 1024,
    LIMIT_HTTP_HEADERS = 100,
    LIMIT_HTTP_BODY = 1024 * 1024,
    LIMIT_HTTP_MESSAGE = 512 * 1024,      /* of a WebSocket's client: a text of LIMIT_TEXT may be escaped sixfold */
    LIMIT_HTTP_EVENT_ID = 256,            /* Last-Event-ID of an event stream */
    LIMIT_HTTP_PIPELINE = 64,             /* requests of one connection under way at once */
    LIMIT_HTTP_REPLY_BUFFER = 256 * 1024, /* longer replies are chunked (doc/decisions.md 3) */
    LIMIT_HTTP_CONNECTIONS = 65536,
    LIMIT_HTTP_CONNECTION_MEMORY = 256 * 1024, /* kept for one client; it begins no request beyond */
    LIMIT_HTTP_MEMORY = 64 * 1024 * 1024,      /* kept for all clients; who keeps most is cut beyond */
    LIMIT_HTTP_HEAD_TIME = 10 * 1000,
    LIMIT_HTTP_BODY_TIME = 30 * 1000,
    LIMIT_HTTP_SEND_TIME = 30 * 1000, /* without a byte taken by the client */
    LIMIT_HTTP_IDLE_TIME = 75 * 1000,
    LIMIT_HTTP_BEAT_TIME = 20 * 1000, /* an event stream says something, a silent WebSocket is asked */
    LIMIT_HTTP_DRAIN_TIME = 4 * 1000, /* a second of the five that a stop may take is for what comes behind it */

    /* Writing. */
    LIMIT_GROUP = 1024,        /* write operations in one transaction */
    LIMIT_WRITE_QUEUE = 16384, /* write operations waiting; more are refused as busy */
    LIMIT_READ_QUEUE = 1024,   /* reads waiting for a reader's thread; more are refused as busy */
    LIMIT_SLOW_QUEUE = 256,    /* operations waiting for a slow thread; more are refused as busy */
    LIMIT_IMPORT_BATCH = 1000, /* events in one job of an import, about; in one call that opens a session */
};

#define LIMIT_TIME_MS ((INT64_C(1) << LIMIT_TIME_MS_BITS) - 1)
