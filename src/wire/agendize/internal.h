/* What the files of this dialect share. */
#pragma once

#include "core/identity.h"
#include "text/query.h"
#include "text/zone.h"
#include "wire/agendize/agendize.h"
#include "wire/outcome/kept.h"
#include "wire/outcome/page.h"

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

/* Begins the answer to a request without parameters, which will be kept: true when there was one already and the
 * request is over. */
bool agendize_reply_cached(struct http_request *request, const struct call *call, struct answer_draft *draft);
/* page_reply with this dialect's headers and refusals. */
void agendize_reply_page(struct http_request *request, struct page *page);

/* Answers {"error":{"statusCode","message","fields"}}; the one place where reasons become this dialect's statuses. */
void agendize_refuse(struct http_request *request, const GError *error);

/* The routes' work; each ends the request. */
void agendize_history(struct http_request *request, const struct call *call);
void agendize_list(struct http_request *request, const struct call *call);
void agendize_summary(struct http_request *request, const struct call *call);
