/* What an HTTP status is called, and which one a reason has where a dialect knows no better. */
#include "base/reason.h"
#include "http/inside.h"

struct str http_status_line(unsigned status)
{
    switch (status) {
#define S(number, text) \
    case number: \
        return STR("HTTP/1.1 " #number " " text "\r\n")
        S(101, "Switching Protocols");
        S(200, "OK");
        S(201, "Created");
        S(202, "Accepted");
        S(204, "No Content");
        S(206, "Partial Content");
        S(301, "Moved Permanently");
        S(302, "Found");
        S(303, "See Other");
        S(304, "Not Modified");
        S(307, "Temporary Redirect");
        S(308, "Permanent Redirect");
        S(400, "Bad Request");
        S(401, "Unauthorized");
        S(403, "Forbidden");
        S(404, "Not Found");
        S(405, "Method Not Allowed");
        S(406, "Not Acceptable");
        S(408, "Request Timeout");
        S(409, "Conflict");
        S(410, "Gone");
        S(411, "Length Required");
        S(412, "Precondition Failed");
        S(413, "Content Too Large");
        S(415, "Unsupported Media Type");
        S(416, "Range Not Satisfiable");
        S(417, "Expectation Failed");
        S(422, "Unprocessable Content");
        S(423, "Locked");
        S(426, "Upgrade Required");
        S(429, "Too Many Requests");
        S(431, "Request Header Fields Too Large");
        S(500, "Internal Server Error");
        S(501, "Not Implemented");
        S(502, "Bad Gateway");
        S(503, "Service Unavailable");
        S(504, "Gateway Timeout");
        S(505, "HTTP Version Not Supported");
        S(507, "Insufficient Storage");
#undef S
    default:
        return STR_NULL;
    }
}

struct str http_status_phrase(unsigned status)
{
    struct str line = http_status_line(status);
    return line.ptr ? str_from(line.ptr + 13, line.len - 15) : STR_NULL;
}

unsigned http_status(const GError *error)
{
    enum reason reason = reason_of(error);
    if (reason == REASON_METHOD_UNKNOWN)
        return 405;
    if (reason == REASON_BODY_TIMEOUT)
        return 408;
    if (reason == REASON_MEDIA_TYPE_UNKNOWN)
        return 415;
    switch (reason_class(reason)) {
    case CLASS_INVALID:
        return 400;
    case CLASS_UNAUTHORIZED:
        return 401;
    case CLASS_FORBIDDEN:
        return 403;
    case CLASS_NOT_FOUND:
        return 404;
    case CLASS_EXISTS:
    case CLASS_CONFLICT:
        return 409;
    case CLASS_GONE:
        return 410;
    case CLASS_TOO_LARGE:
        return 413;
    case CLASS_LIMIT:
        return 429;
    case CLASS_BUSY:
    case CLASS_UNAVAILABLE:
        return 503;
    case CLASS_CORRUPT:
    case CLASS_IO:
    case CLASS_INTERNAL:
        return 500;
    }
    return 500;
}
