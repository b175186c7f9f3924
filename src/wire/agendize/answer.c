#include "text/json_write.h"
#include "wire/agendize/internal.h"
#include "wire/outcome/refusal.h"

#define HEADERS STR("Content-Type: application/json; charset=utf-8\r\nCache-Control: no-store\r\n")

bool agendize_reply_kept(struct http_request *request, const struct call *call, struct kept_draft *draft)
{
    struct core *core = call->agendize->core;
    return kept_reply(request, kept_of_company(core, draft, call->company, request->path, &request->arena), HEADERS);
}

static void refuse_page(struct http_request *request, struct page *page, const GError *error)
{
    (void)page;
    agendize_refuse(request, error);
}

static struct str agendize_headers(struct http_request *request, struct page *page)
{
    (void)request, (void)page;
    return HEADERS;
}

void agendize_reply_page(struct http_request *request, struct page *page)
{
    page->headers = agendize_headers;
    page->refuse = refuse_page;
    page_reply(request, page);
}

void agendize_refuse(struct http_request *request, const GError *error)
{
    refusal_note(request, error);
    /* What was erased is not even known to have been. */
    unsigned status = reason_class(reason_of(error)) == CLASS_GONE ? 404 : http_status(error);
    struct str field = reason_field(error);
    struct buf body;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    json_member_object_begin(&w, "error");
    struct buf number; /* both known clients read the status as a string */
    buf_init(&number, 8);
    buf_add_int(&number, status);
    json_member_string(&w, "statusCode", buf_str(&number));
    buf_clear(&number);
    json_member_string(&w, "message", str_from_c(status == 500 ? "internal error" : error->message));
    json_member_array_begin(&w, "fields");
    if (field.len)
        json_add_string(&w, field);
    json_array_end(&w);
    json_object_end(&w);
    json_object_end(&w);
    if (status == 401)
        http_reply_header(request, "WWW-Authenticate", STR("Bearer realm=\"agendize\""));
    http_reply(request, status, HEADERS, buf_str(&body));
    buf_clear(&body);
}
