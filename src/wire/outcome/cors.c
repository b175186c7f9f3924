#include "wire/outcome/cors.h"

bool cors_lists(struct str origins, struct str origin)
{
    struct str one, rest = origins;
    while (rest.ptr) {
        rest = str_split(rest, ',', &one);
        one = str_trim(one);
        if (str_equal(one, STR("*")) || (one.len && str_equal(one, origin)))
            return true;
    }
    return false;
}

bool cors_allow(struct http_request *request, struct str origins)
{
    struct str origin = http_request_header(request, STR("Origin"), NULL);
    bool all = str_equal(str_trim(origins), STR("*"));
    if (!str_trim(origins).len)
        return false;
    if (!all) /* one page's answer is not another's */
        http_reply_header(request, "Vary", STR("Origin"));
    if (!all && (!origin.len || !cors_lists(origins, origin)))
        return false;
    http_reply_header(request, "Access-Control-Allow-Origin", all ? STR("*") : origin);
    return true;
}

void cors_preflight(struct http_request *request, struct str origins)
{
    struct str asked = http_request_header(request, STR("Access-Control-Request-Headers"), NULL);
    struct str allow = http_request_allow(request);
    http_reply_header(request, "Allow", allow);
    if (cors_allow(request, origins)) {
        http_reply_header(request, "Access-Control-Allow-Methods", allow);
        if (asked.len)
            http_reply_header(request, "Access-Control-Allow-Headers", asked);
        http_reply_header(request, "Access-Control-Max-Age", STR("86400"));
    }
    http_reply(request, 204, STR(""), STR(""));
}
