#include "wire/outcome/refusal.h"
#include "wire/parley/internal.h"

#define HEADERS STR("Content-Type: application/json\r\nCache-Control: no-store\r\n")

void parley_reply(struct http_request *request, unsigned status, const struct buf *body)
{
    http_reply(request, status, HEADERS, buf_str(body));
}

void parley_reply_nothing(struct http_request *request)
{
    http_reply(request, 204, STR("Cache-Control: no-store\r\n"), STR(""));
}

struct json *object_reply_begin(struct object_reply *reply)
{
    buf_init(&reply->body, LIMIT_HTTP_REPLY_BUFFER);
    json_init(&reply->w, &reply->body);
    json_object_begin(&reply->w);
    return &reply->w;
}

void object_reply_end(struct object_reply *reply, struct http_request *request, unsigned status)
{
    json_object_end(&reply->w);
    parley_reply(request, status, &reply->body);
    buf_clear(&reply->body);
}

bool parley_reply_kept(struct http_request *request, const struct call *call, struct kept_draft *draft)
{
    /* Who may see internal events gets another answer, and so does each whom sessions are hidden from. */
    const struct caller *caller = &call->caller;
    struct str whom = access_sees_all(caller) ? STR("") : caller->operator_id;
    struct str asker = arena_printf(&request->arena, "%" G_GINT64_FORMAT " %u %.*s", caller->company,
                                    caller->rights & RIGHT_NOTES, STR_ARG(whom));
    return kept_reply(request, kept_begin(call->parley->core, draft, asker, request->target, &request->arena), HEADERS);
}

static void refuse_page(struct http_request *request, struct page *page, const GError *error)
{
    (void)page;
    parley_refuse(request, error);
}

static struct str parley_headers(struct http_request *request, struct page *page)
{
    (void)request, (void)page;
    return HEADERS;
}

void parley_reply_page(struct http_request *request, struct page *page)
{
    if (!page->headers)
        page->headers = parley_headers;
    page->refuse = refuse_page;
    page_reply(request, page);
}

/* `cursor`: NULL = no such member. */
static void refuse(struct http_request *request, const GError *error, const struct str *cursor)
{
    refusal_note(request, error);
    enum reason reason = reason_of(error);
    unsigned status = http_status(error);
    /* What failed here is for the log, and for the one who may read that. */
    bool hidden = status == 500 && request->peer != HTTP_PEER_TRUSTED;
    struct str field = reason_field(error);
    struct buf body;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    json_member_string(
        &w, "type", arena_printf(&request->arena, "urn:parley:problem:%s", hidden ? "internal" : reason_name(reason)));
    json_member_string(&w, "title", http_status_phrase(status));
    json_member_int(&w, "status", status);
    json_member_string(&w, "detail",
                       hidden ? STR("something failed here; the log has it under the request's id")
                              : str_from_c(error->message));
    json_member_string_if(&w, "field", field);
    if (cursor)
        json_member_string_or_null(&w, "cursor", *cursor);
    if (hidden)
        json_member_string(&w, "requestId", http_request_id(request));
    json_object_end(&w);
    if (status == 401)
        http_reply_header(request, "WWW-Authenticate", STR("Bearer realm=\"parley\""));
    if (reason_retry_ms(error))
        http_reply_header(request, "Retry-After",
                          arena_printf(&request->arena, "%d", (int)((reason_retry_ms(error) + 999) / 1000)));
    http_reply(request, status, STR("Content-Type: application/problem+json\r\nCache-Control: no-store\r\n"),
               buf_str(&body));
    buf_clear(&body);
}

void parley_refuse(struct http_request *request, const GError *error)
{
    refuse(request, error, NULL);
}

void parley_refuse_cursor(struct http_request *request, const GError *error, struct str cursor)
{
    refuse(request, error, &cursor);
}
