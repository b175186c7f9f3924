/* HTTP/1.1 as bytes: pure functions, no memory, no sockets (RFC 9112, read strictly: what two parsers could read in two
 * ways is refused, because that is how requests are smuggled past a proxy).
 *
 * A head is read in two steps: http_head_find looks for its end and may be called again as bytes arrive without
 * looking at any byte twice; http_head_parse then reads the whole head in one go. */
#pragma once

#include "http/route.h"

#include <stdint.h>

/* Why bytes were refused: the status and a sentence for the client. */
struct http_fault {
    unsigned status;
    const char *sentence;
};

enum http_found { HTTP_FOUND_MORE, HTTP_FOUND_ALL, HTTP_FOUND_FAULT };

/* How far the search has come; all zero at a new head's first byte. */
struct http_search {
    uint32_t start; /* of the head: empty lines before the request line are skipped */
    uint32_t line;  /* start of the line being read */
    uint32_t seen;  /* bytes looked at */
};

/* Looks for the empty line that ends a head. `bytes` starts where the search began and has grown since. ALL: the head
 * is bytes[search->start .. search->seen). FAULT: a bare LF (400), no method at its start (400), or longer than
 * LIMIT_HTTP_HEAD (431). */
enum http_found http_head_find(struct str bytes, struct http_search *search, struct http_fault *fault);

/* A slice of the head by place, so that a head can be moved by one memcpy. */
struct http_place {
    uint16_t at, len;
};

struct http_field {
    struct http_place name, value;
};

enum { HTTP_FIELDS = 100 /* LIMIT_HTTP_HEADERS */ };

struct http_head {
    enum http_method method;
    unsigned minor; /* of HTTP/1.x: 0 or 1 */
    struct http_place target, path, query, authority;
    bool has_query;      /* a '?' was there */
    bool has_authority;  /* the target was absolute */
    bool keep_alive;     /* as the version and Connection say */
    bool continues;      /* Expect: 100-continue */
    bool chunked;        /* Transfer-Encoding: chunked */
    int64_t body_length; /* Content-Length, -1 without */
    unsigned field_count;
    struct http_field fields[HTTP_FIELDS];
};

/* Reads a whole head as http_head_find found it. False: `fault` says why. */
bool http_head_parse(struct str bytes, struct http_head *head, struct http_fault *fault);

/* --- chunked bodies --- */

/* All zero at the body's first byte. */
struct http_chunks {
    uint8_t state;
    uint64_t left; /* of the chunk's data, or its size while being read */
    uint32_t line; /* bytes of the size line or of all trailers */
};

enum http_chunk {
    HTTP_CHUNK_MORE, /* all of `in` was used; more bytes are needed */
    HTTP_CHUNK_DATA, /* `data` is a piece of the body, a part of what `in` was */
    HTTP_CHUNK_END,  /* the body is complete; `in` stands behind it */
    HTTP_CHUNK_FAULT,
};

/* Takes the next piece off the front of `*in`. Extensions and trailers are checked, bounded and ignored. `*sentence` is
 * set with FAULT. */
enum http_chunk http_chunks_next(struct http_chunks *chunks, struct str *in, struct str *data, const char **sentence);
