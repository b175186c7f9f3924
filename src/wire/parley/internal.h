/* What the files of this dialect share. */
#pragma once

#include "core/history.h"
#include "core/identity.h"
#include "text/json_write.h"
#include "text/query.h"
#include "text/zone.h"
#include "wire/outcome/kept.h"
#include "wire/outcome/page.h"
#include "wire/parley/parley.h"

struct parley {
    struct core *core;
    struct parley_settings settings;
};

/* One authenticated request. */
struct call {
    const struct parley *parley;
    struct caller caller;
    struct query query;
    const struct zone *zone; /* the company's */
};

/* ---- answers ---- */

void parley_reply(struct http_request *request, unsigned status, const struct buf *body);
/* Begins an answer that will be kept: true when there was one already and the request is over. */
bool parley_reply_cached(struct http_request *request, const struct call *call, struct answer_draft *draft);
/* page_reply with this dialect's refusals and, unless the page has its own, headers. */
void parley_reply_page(struct http_request *request, struct page *page);

/* ---- parameters ---- */

/* All of `names` and no others, each at most once. */
bool parameters_allow(const struct call *call, const char *const *names, size_t count, GError **error);

/* `limit`, 1 to LIMIT_PAGE, default 50. */
bool parameters_limit(const struct call *call, size_t *limit, GError **error);

/* `from` and `to`, half-open, RFC 3339 or local in `zone`; NO_TIME where not given. */
bool parameters_bounds(const struct call *call, const struct zone *zone, int64_t *from_ms, int64_t *to_ms,
                       GError **error);

/* Names of the filters that lists, export and search share, for parameters_allow, and their reading. An unknown visitor
 * gives visitor -1, which matches nothing. The filter's strings live in the arena. */
#define FILTER_NAMES "visitor", "operator", "department", "button", "state", "dialect", "from", "to"
/* Several of them that no index serves together: all but one are tested row by row. */
bool parameters_filter_is_slow(const struct call *call);
bool parameters_filter(const struct call *call, struct store_txn *txn, struct arena *a,
                       struct store_session_filter *filter, GError **error);

/* ---- documents ---- */

/* A session as lists show it, without its closing brace when `open` (more members follow). */
void document_session(struct json *w, const struct history_item *item, bool open);
void document_participants(struct json *w, const struct session_view *view);
/* Internal events are for callers with the right `notes`. */
bool document_shows(unsigned rights, const struct event *e);
/* With `markup` a message has its tree too; NULL = without. */
void document_event(struct json *w, const struct event *e, const struct session_view *view,
                    const struct markup_options *markup, struct arena *scratch);
void document_visitor(struct json *w, const struct visitor *v);

/* One session with everybody who takes part. */
enum { SESSION_MAX = 6 * LIMIT_TEXT + LIMIT_PARTICIPANTS * 24 * LIMIT_NAME };
void document_whole_session(struct json *w, const struct history_item *item, const struct session_view *view);

/* Answers the one session. */
void session_reply(struct http_request *request, unsigned status, const struct history_item *item,
                   const struct session_view *view);

/* ---- routes; each ends the request ---- */

void parley_sessions(struct http_request *request, const struct call *call);
void parley_session(struct http_request *request, const struct call *call);
void parley_events(struct http_request *request, const struct call *call);
void parley_visitors(struct http_request *request, const struct call *call);
void parley_visitor(struct http_request *request, const struct call *call);
void parley_erase(struct http_request *request, const struct call *call);
void parley_search(struct http_request *request, const struct call *call);
void parley_summary(struct http_request *request, const struct call *call);
void parley_open(struct http_request *request, const struct call *call);
void parley_append(struct http_request *request, const struct call *call);
void parley_key(struct http_request *request, const struct call *call);
void parley_import(struct http_request *request, const struct call *call);
void parley_export(struct http_request *request, const struct call *call);
