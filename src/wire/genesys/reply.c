#include "wire/genesys/internal.h"
#include "wire/outcome/cors.h"
#include "wire/outcome/refusal.h"

#define HEADERS STR("Content-Type: application/json\r\nCache-Control: no-store\r\n")

/* The 2014 widget sends credentials with its requests, so the origin is echoed, never `*`
 * (doc/dialects/genesys.md 1.7). */
static void allow_origin(struct http_request *request, struct str origin)
{
    if (!origin.len)
        return;
    http_reply_header(request, "Access-Control-Allow-Origin", origin);
    http_reply_header(request, "Access-Control-Allow-Credentials", STR("true"));
    http_reply_header(request, "Vary", STR("Origin"));
}

struct str genesys_headers(struct http_request *request, struct str origin)
{
    allow_origin(request, origin);
    return HEADERS;
}

void genesys_reply(struct http_request *request, unsigned status, struct str origin, const struct buf *body)
{
    http_reply(request, status, genesys_headers(request, origin), buf_str(body));
}

struct str genesys_origin(const struct http_request *request)
{
    const struct genesys *genesys = request->mount->word;
    struct str origin = http_request_header(request, STR("Origin"), NULL);
    return origin.len && cors_lists(genesys->cors_origin, origin) ? origin : STR_NULL;
}

static void refuse_with(struct http_request *request, struct str origin, const struct answer *answer,
                        const GError *error, struct str parameter)
{
    refusal_note(request, error);
    struct buf body;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    unsigned status = answer_error(&w, answer, error, parameter);
    genesys_reply(request, status, origin, &body);
    buf_clear(&body);
}

void genesys_refuse(struct http_request *request, struct str origin, const struct answer *answer, const GError *error)
{
    refuse_with(request, origin, answer, error, reason_field(error));
}

void genesys_refuse_op(struct http_request *request, const struct answer *answer, const GError *error)
{
    refuse_with(request, genesys_origin(request), answer, error, STR_NULL);
}

void genesys_allow_origin(struct http_request *request)
{
    allow_origin(request, genesys_origin(request));
}
