/* What the files of this dialect share. */
#pragma once

#include "core/access.h"
#include "core/history.h"
#include "core/list.h"
#include "text/json_write.h"
#include "text/parameter.h"
#include "text/zone.h"
#include "wire/outcome/kept.h"
#include "wire/outcome/page.h"
#include "wire/parley/parley.h"

/* One authenticated request. */
struct call {
    const struct parley *parley;
    struct caller caller; /* but of a route for anybody */
    struct str token;     /* by which they said who they are; STR_NULL = another way */
    struct query query;
    const struct zone *zone; /* the company's */
};

/* ---- answers ---- */

/* parley_refuse with one more member: the cursor from where it can go on, STR_NULL = from the beginning. */
void parley_refuse_cursor(struct http_request *request, const GError *error, struct str cursor);

void parley_reply(struct http_request *request, unsigned status, const struct buf *body);
/* 204, without a body. */
void parley_reply_nothing(struct http_request *request);

/* A small answer: one object. Between the two its members are written; the second one ends the request. */
struct object_reply {
    struct buf body;
    struct json w;
};
struct json *object_reply_begin(struct object_reply *reply);
void object_reply_end(struct object_reply *reply, struct http_request *request, unsigned status);

/* Begins an answer that will be kept: true when there was one already and the request is over. */
bool parley_reply_kept(struct http_request *request, const struct call *call, struct kept_draft *draft);
/* page_reply with this dialect's refusals and, unless the page has its own, headers. */
void parley_reply_page(struct http_request *request, struct page *page);

/* ---- routes (routes.c) ---- */

/* Words of parameters, in the order of what they mean. */
#define PARLEY_SESSION_TIMES "start firstMessage" /* enum store_time */
#define PARLEY_UNITS "hour day week month"        /* enum history_unit */

/* Beside the bits of enum right in parley_route.right. */
enum {
    PARLEY_OPERATOR = 1 << 16, /* the caller must be an operator */
    PARLEY_ANYBODY = 1 << 17,  /* no credential is looked at */
};

/* One row: the checks of a request come from it, and so will a document of the API. */
struct parley_route {
    enum http_method method;
    const char *pattern;
    unsigned right; /* what the caller must have: enum right, and the above; 0 = any credential will do */
    void (*work)(struct http_request *request, const struct call *call); /* the query is checked; ends the request */
    const struct parameter *parameters;
    size_t parameter_count;
    unsigned flags; /* enum http_route_flag */
    const char *summary;
};

enum { PARLEY_ROUTES = 41 };
extern const struct parley_route parley_routes[PARLEY_ROUTES];

struct parley {
    struct core *core;
    struct parley_settings settings;
    struct rivers *rivers;                   /* changes_stream.c's */
    struct http_route routes[PARLEY_ROUTES]; /* as the router wants them */
};

/* ---- bodies ---- */

/* The object that a request brings; an empty one where it has no body. As json_read. */
const struct json_node *body_read(const struct http_request *request, struct arena *a, GError **error);

/* ---- parameters, checked ---- */

/* `limit`, default 50. */
size_t parameters_limit(const struct call *call);

/* The filters that lists, export and search share. An unknown visitor gives visitor -1, which matches nothing. The
 * filter's strings live in the arena. Fails when the visitor cannot be read. */
bool parameters_filter(const struct call *call, struct store_txn *txn, struct arena *a,
                       struct store_session_filter *filter, GError **error);
/* Is any of them tested row by row: no index has it, or several are given and all but one are? Then the list is read on
 * a reader's thread. */
bool parameters_filter_is_slow(const struct call *call);

/* The session of this id, or of the path, when the caller may see it: else it is as unknown as another company's.
 * SESSION_UNKNOWN. */
bool session_of_id(struct str id, const struct call *call, struct store_txn *txn, struct arena *a,
                   struct session_view *view, GError **error);
bool session_of_path(const struct http_request *request, const struct call *call, struct store_txn *txn,
                     struct arena *a, struct session_view *view, GError **error);

/* ---- one part ---- */

/* A page that is one part: `call` and the request live as long as it is made. `is_long` as a page's. */
struct single {
    struct page page;
    const struct call *call;
};
void single_reply(struct http_request *request, const struct call *call, size_t row_max, bool is_long,
                  bool (*part)(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                               GError **error));

/* ---- documents ---- */

/* Evaluates `w` and `ms` twice. */
#define MEMBER_TIME_OR_NULL(w, name, ms) \
    ((ms) != NO_TIME ? json_member_time((w), name, (ms)) : json_member_null((w), name))

/* A session as lists show it, without its closing brace when `open` (more members follow). */
void document_session(struct json *w, const struct history_item *item, bool open);
/* `id`, `username` and `name` of an operator's account, into an open object; `roles`. */
struct operator_account;
void document_account(struct json *w, const struct operator_account *o);
void document_roles(struct json *w, const struct operator_account *o);
/* `status` and `statusSince`, of an operator who said what that is. */
struct operator_status;
void document_status(struct json *w, const struct operator_status *status);
/* How a list goes on: its members behind the sessions. */
void list_ends(struct json *w, const struct list_page *list);
/* Internal events, and who is known by them only, are for callers with the right `notes`. */
void document_participants(struct json *w, const struct session_view *view, unsigned rights);
bool document_shows(unsigned rights, const struct event *e);
/* With `markup` a message has its tree too; NULL = without. */
void document_event(struct json *w, const struct event *e, const struct session_view *view,
                    const struct markup_options *markup, struct arena *scratch);
void document_visitor(struct json *w, const struct visitor *v);

/* One session with everybody who takes part. */
enum { SESSION_MAX = 6 * LIMIT_TEXT + LIMIT_PARTICIPANTS * 24 * LIMIT_NAME };
void document_whole_session(struct json *w, const struct history_item *item, const struct session_view *view,
                            unsigned rights);

/* Answers the one session. */
void session_reply(struct http_request *request, unsigned status, const struct history_item *item,
                   const struct session_view *view, unsigned rights);

/* The same behind an operation that wrote it: or its refusal. */
void session_written_reply(struct http_request *request, struct op *op, unsigned status,
                           const struct session_view *view, unsigned rights);
/* What became of an append_op's first event: 201, 200 when it was there already, or its refusal. */
void event_written_reply(struct http_request *request, struct op *op);

/* The streams of all loops that follow the feed (changes_stream.c). */
struct rivers *rivers_new(void);
void rivers_free(struct rivers *rivers);

/* ---- routes; each ends the request ---- */

void parley_sign_in(struct http_request *request, const struct call *call);
void parley_sign_out(struct http_request *request, const struct call *call);
void parley_me(struct http_request *request, const struct call *call);
void parley_set_status(struct http_request *request, const struct call *call);
void parley_preferences(struct http_request *request, const struct call *call);
void parley_set_preferences(struct http_request *request, const struct call *call);
void parley_departments(struct http_request *request, const struct call *call);
void parley_operators(struct http_request *request, const struct call *call);
void parley_canned(struct http_request *request, const struct call *call);
void parley_canned_add(struct http_request *request, const struct call *call);
void parley_canned_change(struct http_request *request, const struct call *call);
void parley_canned_delete(struct http_request *request, const struct call *call);
void parley_viewers(struct http_request *request, const struct call *call);
void parley_queue(struct http_request *request, const struct call *call);
void parley_take(struct http_request *request, const struct call *call);
void parley_release(struct http_request *request, const struct call *call);
void parley_transfer(struct http_request *request, const struct call *call);
void parley_hold(struct http_request *request, const struct call *call);
void parley_resume(struct http_request *request, const struct call *call);
void parley_close(struct http_request *request, const struct call *call);
void parley_message(struct http_request *request, const struct call *call);
void parley_note(struct http_request *request, const struct call *call);
void parley_typing(struct http_request *request, const struct call *call);

void parley_sessions(struct http_request *request, const struct call *call);
void parley_session(struct http_request *request, const struct call *call);
void parley_events(struct http_request *request, const struct call *call);
void parley_visitors(struct http_request *request, const struct call *call);
void parley_visitor(struct http_request *request, const struct call *call);
void parley_erase(struct http_request *request, const struct call *call);
void parley_search(struct http_request *request, const struct call *call);
void parley_summary(struct http_request *request, const struct call *call);
void parley_changes(struct http_request *request, const struct call *call);
void parley_changes_stream(struct http_request *request, const struct call *call);
void parley_open(struct http_request *request, const struct call *call);
void parley_append(struct http_request *request, const struct call *call);
void parley_key(struct http_request *request, const struct call *call);
void parley_import(struct http_request *request, const struct call *call);
void parley_export(struct http_request *request, const struct call *call);
void parley_transcript(struct http_request *request, const struct call *call);
