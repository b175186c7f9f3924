#include "wire/outcome/cors.h"
#include "wire/outcome/refusal.h"
#include "wire/rocketchat/internal.h"

/* spec 1.5: no charset; the list of headers is on every answer, whatever the page. */
#define HEADERS \
    STR("Content-Type: application/json\r\n" \
        "Cache-Control: no-store\r\n" \
        "Pragma: no-cache\r\n" \
        "Access-Control-Allow-Headers: Origin, X-Requested-With, Content-Type, Accept, X-User-Id, X-Auth-Token, " \
        "x-visitor-token, Authorization\r\n")

static void add_headers(struct http_request *request)
{
    const struct rocketchat *rocketchat = request->mount->word;
    cors_allow(request, str_from_c(rocketchat->cors_origin));
    http_reply_header(request, "X-Instance-ID", str_from_c(rocketchat->instance_id));
}

void rocketchat_reply(struct http_request *request, unsigned status, const struct buf *body)
{
    add_headers(request);
    http_reply(request, status, HEADERS, buf_str(body));
}

bool rocketchat_reply_kept(struct http_request *request, struct call *call)
{
    struct kept_answer *cached =
        kept_begin(call->rocketchat->core, call->draft, call->caller.operator_id, request->target, &request->arena);
    if (cached)
        add_headers(request);
    return kept_reply(request, cached, HEADERS);
}

static struct str rocketchat_headers(struct http_request *request, struct page *page)
{
    (void)page;
    add_headers(request);
    return HEADERS;
}

static void refuse_page(struct http_request *request, struct page *page, const GError *error)
{
    (void)page;
    rocketchat_refuse(request, error);
}

void rocketchat_reply_page(struct http_request *request, const struct call *call, struct page *page)
{
    page->draft = call->draft;
    page->headers = rocketchat_headers;
    if (!page->refuse)
        page->refuse = refuse_page;
    page_reply(request, page);
}

/* The shape of a refusal: the 6.x router says {"status","message"}, the API itself {"success","error","errorType"?}. */
enum shape { SHAPE_ROUTER, SHAPE_API };

static void refuse_in_shape(struct http_request *request, unsigned status, enum shape shape, struct str text,
                            struct str type)
{
    struct buf body;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    if (shape == SHAPE_ROUTER) {
        json_member_string(&w, "status", STR("error"));
        json_member_string(&w, "message", text);
    } else {
        json_member_bool(&w, "success", false);
        json_member_string(&w, "error", text);
        json_member_string_if(&w, "errorType", type);
    }
    json_object_end(&w);
    rocketchat_reply(request, status, &body);
    buf_clear(&body);
}

void rocketchat_refuse_plain(struct http_request *request, struct str text)
{
    refuse_in_shape(request, 400, SHAPE_API, text, STR_NULL);
}

void rocketchat_refuse_typed(struct http_request *request, struct str text, struct str code)
{
    struct buf line;
    buf_init(&line, LIMIT_HTTP_HEAD + 256);
    buf_add(&line, text);
    buf_add_literal(&line, " [");
    buf_add(&line, code);
    buf_add_literal(&line, "]");
    refuse_in_shape(request, 400, SHAPE_API, buf_str(&line), code);
    buf_clear(&line);
}

void rocketchat_refuse_sort(struct http_request *request, struct str raw)
{
    struct buf body;
    buf_init(&body, 16 * LIMIT_HTTP_HEAD);
    struct str text =
        arena_printf(&request->arena, "Invalid sort parameter provided: \"%.*s\" [error-invalid-sort]", STR_ARG(raw));
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    json_member_bool(&w, "success", false);
    json_member_string(&w, "error", text);
    json_member_string(&w, "errorType", STR("error-invalid-sort"));
    json_member_object_begin(&w, "details");
    json_member_string(&w, "helperMethod", STR("parseJsonQuery"));
    json_object_end(&w);
    json_object_end(&w);
    rocketchat_reply(request, 400, &body);
    buf_clear(&body);
}

void rocketchat_refuse_login(struct http_request *request, const char *error_json, const char *message)
{
    struct buf body;
    buf_init(&body, 256);
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    json_member_string(&w, "status", STR("error"));
    json_member_raw(&w, "error", str_from_c(error_json));
    json_member_string(&w, "message", str_from_c(message));
    json_object_end(&w);
    rocketchat_reply(request, 401, &body);
    buf_clear(&body);
}

static void refuse_too_many(struct http_request *request, const GError *error)
{
    struct str text = arena_printf(&request->arena,
                                   "Error, too many requests. Please slow down. You must wait %d seconds before trying "
                                   "this endpoint again. [error-too-many-requests]",
                                   (int)((reason_retry_ms(error) + 999) / 1000));
    refuse_in_shape(request, 429, SHAPE_API, text, STR_NULL);
}

void rocketchat_refuse(struct http_request *request, const GError *error)
{
    refusal_note(request, error);
    enum reason reason = reason_of(error);
    struct str message = str_from_c(error->message);
    switch (reason) {
    case REASON_CREDENTIAL_MISSING:
    case REASON_CREDENTIAL_WRONG:
    case REASON_SAMPLE_CREDENTIAL_REFUSED:
        refuse_in_shape(request, 401, SHAPE_ROUTER, STR("You must be logged in to do this."), STR_NULL);
        return;
    case REASON_PASSWORD_WRONG:
        rocketchat_refuse_login(request, "\"Unauthorized\"", "Unauthorized");
        return;
    case REASON_RIGHT_MISSING:
        refuse_in_shape(request, 403, SHAPE_API,
                        STR("User does not have the permissions required for this action [error-unauthorized]"),
                        STR_NULL);
        return;
    case REASON_ROUTE_UNKNOWN:
        refuse_in_shape(request, 404, SHAPE_ROUTER, STR("API endpoint does not exist"), STR_NULL);
        return;
    case REASON_METHOD_UNKNOWN:
        refuse_in_shape(request, 405, SHAPE_ROUTER, STR("API endpoint does not exist"), STR_NULL);
        return;
    case REASON_RATE_LIMITED:
    case REASON_ATTEMPTS_LIMITED:
        refuse_too_many(request, error);
        return;
    case REASON_SESSION_UNKNOWN:
    case REASON_SESSION_ERASED:
        rocketchat_refuse_plain(request, STR("invalid-room"));
        return;
    case REASON_NOT_SERVED_BY_CALLER:
        rocketchat_refuse_plain(request, STR("error-not-allowed"));
        return;
    case REASON_VISITOR_UNKNOWN:
        rocketchat_refuse_plain(request, STR("visitor-not-found"));
        return;
    default:
        break;
    }
    unsigned status = http_status(error);
    refuse_in_shape(request, status, SHAPE_API, status == 500 ? STR("Internal server error") : message, STR_NULL);
}
