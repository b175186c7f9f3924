/* What the files of this dialect share. */
#pragma once

#include "core/identity.h"
#include "http/paged.h"
#include "text/query.h"
#include "text/zone.h"
#include "wire/agendize/agendize.h"
#include "wire/outcome/kept.h"

struct agendize {
    struct core *core;
    struct agendize_settings settings;
};

/* One authenticated request. */
struct call {
    const struct agendize *agendize;
    int64_t company;
    const struct zone *zone; /* the company's */
    struct query query;
};

/* Replies 200 with the buffer. */
void agendize_reply(struct http_request *request, const struct buf *body);
/* Begins the answer to a request without parameters, which will be kept: true when there was one already and the
 * request is over. */
bool agendize_reply_cached(struct http_request *request, const struct call *call, struct answer_draft *draft);
bool agendize_reply_paged(struct http_request *request, struct http_paged *paged, size_t part_max);

/* Answers {"error":{"statusCode","message","fields"}}; the one place where reasons become this dialect's statuses. */
void agendize_refuse(struct http_request *request, const GError *error);

/* The routes' work; each ends the request. */
void agendize_history(struct http_request *request, const struct call *call);
void agendize_list(struct http_request *request, const struct call *call);
void agendize_summary(struct http_request *request, const struct call *call);
