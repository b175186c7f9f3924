/* Inside of src/http: finding the route of a path. */
#pragma once

#include "base/arena.h"
#include "http/route.h"

enum { HTTP_METHODS = HTTP_OTHER };

/* One place in a mount's tree of path segments. */
struct http_node {
    struct str segment;          /* of the literal that leads here */
    struct http_node **literals; /* sorted by str_compare */
    size_t literal_count;
    struct http_node *capture;   /* under `:name` */
    struct http_node *tail;      /* under `*name` */
    size_t routes[HTTP_METHODS]; /* number + 1 of the route that ends here; 0: none */
};

/* What a path leads to. */
struct http_match {
    const struct http_mount *mount; /* NULL: nobody owns the path */
    const struct http_node *node;   /* NULL: unknown within the mount */
    bool slash;                     /* one slash too many for the pattern */
    bool malformed;                 /* a bad escape; node is NULL */
};

/* Finds the owner and the place of a raw path; captured segments go decoded to `parameters`, slices of the path or,
 * where there was something to decode, of the arena. O(mounts + segments). */
struct http_match http_router_find(const struct http_router *router, struct str path, struct arena *arena,
                                   struct str parameters[HTTP_PARAMETERS]);

/* The route's number for a method at a match (HEAD falls back to GET), or SIZE_MAX. */
size_t http_router_pick(const struct http_router *router, const struct http_match *match, enum http_method method);

/* An Allow value, in the arena; "" where the path is unknown. */
struct str http_router_allow(const struct http_router *router, const struct http_match *match, struct arena *arena);
