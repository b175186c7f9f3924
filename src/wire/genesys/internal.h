/* What the files of this dialect share. */
#pragma once

#include "core/live.h"
#include "wire/genesys/answer.h"
#include "wire/genesys/genesys.h"
#include "wire/outcome/page.h"

struct genesys {
    struct core *core;
    bool lenient;
    struct str alias;
    struct str cors_origin;
    char *prefix; /* whole mount prefix of the configured one; NULL = none */
};

/* The Origin header of a page that may call, in the request's arena; empty where there is none. */
struct str genesys_origin(const struct http_request *request);

/* Replies with the dialect's headers. `body` is borrowed. */
void genesys_reply(struct http_request *request, unsigned status, struct str origin, const struct buf *body);
/* The same for a page that has its own refusals. */
struct str genesys_headers(struct http_request *request, struct str origin);
/* Adds what lets the page that asks read the answer. */
void genesys_allow_origin(struct http_request *request);
void genesys_refuse(struct http_request *request, struct str origin, const struct answer *answer, const GError *error);
/* The same for what an operation of the core refused: its error may name a member of our log, which is nothing that a
 * client sent. */
void genesys_refuse_op(struct http_request *request, const struct answer *answer, const GError *error);

/* The operations; each ends the request. `call` and the answer's slices live in the request's arena. */

/* create.c: RequestChat. */
void genesys_create(struct http_request *request, const struct call *call, const struct answer *answer,
                    int64_t company);

/* operate.c: everything that appends. `tail` is borrowed. */
void genesys_operate(struct http_request *request, const struct call *call, const struct answer *answer,
                     int64_t company, struct tail *tail, uint32_t participant);

/* messages.c: Get Messages, at once or held. `tail` is borrowed. */
void genesys_messages(struct http_request *request, const struct call *call, const struct answer *answer,
                      int64_t company, struct tail *tail, uint32_t participant);

/* Which messages of a chat an answer tells. */
struct query {
    int64_t company;
    uint32_t position; /* from there on; 0, or past the end = none */
    uint32_t before;   /* those before it instead; 0 = not asked */
    uint32_t limit;    /* shown ones; 0 = all; set whenever `before` is */
    struct str origin;
    struct answer answer; /* chat_ended, and next_position behind the log's end, as the tail tells them */
};

/* transcript.c: answers with them from the store. `query` is copied with its strings. */
void genesys_transcript(struct http_request *request, const struct query *query);
