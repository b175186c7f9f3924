/* Routes: which handler answers which method and path.
 *
 * A dialect states its routes as one constant table and mounts that table under one or more path prefixes. The
 * router knows no rights and no nouns: a route carries an opaque word that only its dialect understands.
 *
 * Build the router on one thread, then hand it to http_server_open; after that it is read-only and any thread
 * may walk it. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct http_request;

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER, /* any other token; no route has it */
};

enum http_route_flag {
    /* The same path with one slash behind it is this route too. */
    HTTP_ROUTE_SLASH = 1 << 0,
    /* The handler runs as soon as the head is there and takes the body piece by piece (http_body_read). */
    HTTP_ROUTE_STREAM = 1 << 1,
};

enum { HTTP_PARAMETERS = 8 /* `:name` and `*name` segments of one pattern, at most */ };

/* One route. `pattern` stands behind the mount's prefix and is "" or starts with a slash; a segment `:name`
 * captures one non-empty segment, and `*name` at its end all that is left of the path, slashes included, maybe nothing
 * (`/files` and `*path`: "a/b.js" of "/files/a/b.js", "" of "/files/", but not "/files"). A literal segment wins over a
 * capture at the same place ("/history/summary" before "/history/:id"), and both win over a tail. A GET route answers
 * HEAD too, without the body, unless HEAD has a route of its own. */
struct http_route {
    enum http_method method;
    const char *pattern;
    void (*handler)(struct http_request *request);
    const void *word; /* the dialect's own; may be NULL */
    unsigned flags;   /* enum http_route_flag */
    size_t body_max;  /* bytes; 0 means LIMIT_HTTP_BODY, or no limit for HTTP_ROUTE_STREAM */
};

/* One table of routes under one prefix. Of all mounts whose prefix matches a path by whole segments the longest
 * owns the path, and with it every error found from there on. */
struct http_mount {
    /* "" or "/api/v1": starts with a slash, does not end with one. A segment `#` stands for any version, such as "2" or
     * "2.1", that no mount names in this place. */
    const char *prefix;
    const struct http_route *routes;
    size_t route_count;

    /* Answers, in the dialect's own shape, what the server found wrong. `error` is borrowed for the call:
     *   ROUTE_UNKNOWN     no route has the path                                              usually 404
     *   METHOD_UNKNOWN    the path exists, the method does not; see http_request_allow       usually 405
     *   PATH_INVALID      a path segment with a malformed percent escape or a zero byte      usually 400
     *   BODY_TOO_LARGE    over the route's body_max; the connection is closed after the reply        413
     *   BODY_MALFORMED    bad chunk framing; closed after the reply                                  400
     *   BODY_TIMEOUT      the body did not arrive in time; closed after the reply                    408
     * request->route is NULL for the first three. Must reply, now or later, as a handler does. */
    void (*problem)(struct http_request *request, const GError *error);

    /* Answers OPTIONS for every path of the mount whose table has no OPTIONS route (CORS differs by dialect);
     * http_request_allow says what the path allows, "" for an unknown path. NULL: METHOD_UNKNOWN instead. */
    void (*options)(struct http_request *request);

    /* Empty segments of a path count for nothing: "//a//b/" is "/a/b". */
    bool loose_slashes;

    const void *word; /* the dialect's own, such as its settings; may be NULL */
};

struct http_router;

struct http_router *http_router_new(void);
void http_router_free(struct http_router *router);

/* Adds a mount. The struct is copied; prefix, routes and word are borrowed for the router's life time. Fails with
 * SETTING_INVALID when the prefix is malformed or mounted already; a table with the same method and pattern
 * twice, or with a malformed pattern, is a programming error and ends the process. */
bool http_router_mount(struct http_router *router, const struct http_mount *mount, GError **error);

/* Walks all routes of all mounts, in the order they were added: for generated tests, counters and documentation.
 * Route number `i` of http_router_count; http_counters counts by the same number. */
size_t http_router_count(const struct http_router *router);
const struct http_mount *http_router_get(const struct http_router *router, size_t i, const struct http_route **route);

/* "GET", "HEAD"...; "OTHER" for HTTP_OTHER. */
const char *http_method_name(enum http_method method);
