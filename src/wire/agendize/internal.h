/* What the files of this dialect share. */
#pragma once

#include "core/identity.h"
#include "text/parameter.h"
#include "text/zone.h"
#include "wire/agendize/agendize.h"
#include "wire/outcome/kept.h"
#include "wire/outcome/page.h"

struct call;

/* One row: the checks of a request come from it, and so will a document of the API. A token of this dialect reads all
 * of its company, so a row names no right. */
struct agendize_route {
    enum http_method method;
    const char *pattern;
    void (*work)(struct http_request *request, const struct call *call); /* the query is checked; ends the request */
    const struct parameter *parameters;
    size_t parameter_count;
    const char *summary;
};

enum { AGENDIZE_ROUTES = 6 };
extern const struct agendize_route agendize_routes[AGENDIZE_ROUTES];

struct agendize {
    struct core *core;
    struct agendize_settings settings;
    struct http_route routes[AGENDIZE_ROUTES]; /* as the router wants them */
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
bool agendize_reply_kept(struct http_request *request, const struct call *call, struct kept_draft *draft);
/* page_reply with this dialect's headers and refusals. */
void agendize_reply_page(struct http_request *request, struct page *page);

/* Answers {"error":{"statusCode","message","fields"}}; the one place where reasons become this dialect's statuses. */
void agendize_refuse(struct http_request *request, const GError *error);

enum { LIST_DEFAULT = 50, LIST_MAX = 100 }; /* items of a list's page */

/* The routes' work. */
void agendize_history(struct http_request *request, const struct call *call);
void agendize_list(struct http_request *request, const struct call *call);
void agendize_summary(struct http_request *request, const struct call *call);
