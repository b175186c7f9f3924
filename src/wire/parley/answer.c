#include "wire/parley/internal.h"

void parley_reply(struct http_request *request, unsigned status, const struct buf *body)
{
    http_reply(request, status, STR("Content-Type: application/json\r\nCache-Control: no-store\r\n"), buf_str(body));
}

bool parley_reply_paged(struct http_request *request, struct http_paged *paged, size_t part_max)
{
    return http_reply_paged(request, 200, STR("Content-Type: application/json\r\nCache-Control: no-store\r\n"), paged,
                            part_max);
}

struct wire {
    unsigned status;
    const char *title;
};

static struct wire wire_of(enum reason reason)
{
    switch (reason) {
    case REASON_METHOD_UNKNOWN:
        return (struct wire){405, "Method not allowed"};
    case REASON_MEDIA_TYPE_UNKNOWN:
        return (struct wire){415, "Unsupported media type"};
    case REASON_BODY_TIMEOUT:
        return (struct wire){408, "The body came too slowly"};
    default:
        break;
    }
    switch (reason_class(reason)) {
    case CLASS_INVALID:
        return (struct wire){400, "The request cannot be right"};
    case CLASS_UNAUTHORIZED:
        return (struct wire){401, "Not authenticated"};
    case CLASS_FORBIDDEN:
        return (struct wire){403, "Not allowed"};
    case CLASS_NOT_FOUND:
        return (struct wire){404, "Not found"};
    case CLASS_EXISTS:
        return (struct wire){409, "It exists already"};
    case CLASS_CONFLICT:
        return (struct wire){409, "Not in this state"};
    case CLASS_GONE:
        return (struct wire){410, "Gone"};
    case CLASS_TOO_LARGE:
        return (struct wire){413, "Too large"};
    case CLASS_LIMIT:
        return (struct wire){429, "Too many requests"};
    case CLASS_BUSY:
    case CLASS_UNAVAILABLE:
        return (struct wire){503, "Not now"};
    default:
        return (struct wire){500, "Internal error"};
    }
}

void parley_refuse(struct http_request *request, const GError *error)
{
    enum reason reason = reason_of(error);
    struct wire wire = wire_of(reason);
    struct str field = reason_field(error);
    struct buf body;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    json_member_string(
        &w, "type",
        arena_printf(&request->arena, "urn:parley:problem:%s", wire.status == 500 ? "internal" : reason_name(reason)));
    json_member_string(&w, "title", str_from_c(wire.title));
    json_member_int(&w, "status", wire.status);
    json_member_string(&w, "detail",
                       wire.status == 500 ? STR("something failed here; the log has it under the request's id")
                                          : str_from_c(error->message));
    if (field.len)
        json_member_string(&w, "field", field);
    if (wire.status == 500)
        json_member_string(&w, "requestId", http_request_id(request));
    json_object_end(&w);
    if (wire.status == 401)
        http_reply_header(request, "WWW-Authenticate", STR("Bearer realm=\"parley\""));
    if (reason_retry_ms(error))
        http_reply_header(request, "Retry-After",
                          arena_printf(&request->arena, "%d", (int)((reason_retry_ms(error) + 999) / 1000)));
    http_reply(request, wire.status, STR("Content-Type: application/problem+json\r\nCache-Control: no-store\r\n"),
               buf_str(&body));
    buf_clear(&body);
}
