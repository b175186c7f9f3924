#include "http/router.h"

#include "base/reason.h"

enum { SEGMENTS = 32 /* of a path; more are no route of ours */ };

struct mounted {
    struct http_mount mount;
    struct http_node root;
    struct str segments[SEGMENTS]; /* of the prefix */
    size_t segment_count;
};

struct entry {
    struct mounted *mounted;
    const struct http_route *route;
};

struct http_router {
    struct arena arena;
    GPtrArray *mounts; /* struct mounted, longest prefix first */
    GArray *entries;   /* struct entry */
};

struct http_router *http_router_new(void)
{
    struct http_router *router = g_new0(struct http_router, 1);
    arena_init(&router->arena);
    router->mounts = g_ptr_array_new();
    router->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    return router;
}

static void clear_node(struct http_node *node)
{
    for (size_t i = 0; i < node->literal_count; i++)
        clear_node(node->literals[i]);
    g_free(node->literals);
    if (node->capture)
        clear_node(node->capture);
    if (node->tail)
        clear_node(node->tail);
}

void http_router_free(struct http_router *router)
{
    if (!router)
        return;
    for (guint i = 0; i < router->mounts->len; i++)
        clear_node(&((struct mounted *)router->mounts->pdata[i])->root);
    g_ptr_array_free(router->mounts, TRUE);
    g_array_free(router->entries, TRUE);
    arena_clear(&router->arena);
    g_free(router);
}

/* Splits "/a/b" into "a" and "b"; "" has no segments, "/" one empty one. SIZE_MAX when there are too many. */
static size_t split(struct str path, struct str segments[SEGMENTS])
{
    size_t count = 0;
    struct str rest = path.len ? str_skip(path, 1) : STR_NULL;
    while (rest.ptr) {
        if (count == SEGMENTS)
            return SIZE_MAX;
        rest = str_split(rest, '/', &segments[count++]);
    }
    return count;
}

/* Where `segment` is or belongs among the node's literals. */
static size_t find_literal(const struct http_node *node, struct str segment, bool *found)
{
    size_t low = 0, high = node->literal_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(node->literals[middle]->segment, segment);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = false;
    return low;
}

static struct http_node *add_literal(struct http_router *router, struct http_node *node, struct str segment)
{
    bool found;
    size_t place = find_literal(node, segment, &found);
    if (found)
        return node->literals[place];
    struct http_node *child = arena_new(&router->arena, struct http_node);
    child->segment = segment;
    node->literals = g_renew(struct http_node *, node->literals, node->literal_count + 1);
    memmove(node->literals + place + 1, node->literals + place, (node->literal_count - place) * sizeof *node->literals);
    node->literals[place] = child;
    node->literal_count++;
    return child;
}

static void add_route(struct http_router *router, struct mounted *mounted, const struct http_route *route)
{
    struct str pattern = str_from_c(route->pattern), segments[SEGMENTS];
    size_t count = pattern.len && pattern.ptr[0] != '/' ? SIZE_MAX : split(pattern, segments), captures = 0;
    if (count == SIZE_MAX || route->method >= HTTP_OTHER)
        g_error("malformed route %s", route->pattern);
    struct http_node *node = &mounted->root;
    for (size_t i = 0; i < count; i++) {
        char kind = segments[i].len ? segments[i].ptr[0] : 0;
        if (kind == ':' || kind == '*') {
            if (++captures > HTTP_PARAMETERS || (kind == '*' && i + 1 < count))
                g_error("route %s captures too much", route->pattern);
            struct http_node **child = kind == ':' ? &node->capture : &node->tail;
            if (!*child)
                *child = arena_new(&router->arena, struct http_node);
            node = *child;
        } else {
            node = add_literal(router, node, segments[i]);
        }
    }
    if (node->routes[route->method])
        g_error("route %s %s is there twice", http_method_name(route->method), route->pattern);
    struct entry entry = {mounted, route};
    g_array_append_val(router->entries, entry);
    node->routes[route->method] = router->entries->len;
}

/* A `#` in a prefix stands for digits and dots that begin with a digit: a version. */
static bool is_version(struct str segment)
{
    for (size_t i = 0; i < segment.len; i++)
        if (!g_ascii_isdigit(segment.ptr[i]) && (i == 0 || segment.ptr[i] != '.'))
            return false;
    return segment.len > 0;
}

static bool prefix_segment_fits(struct str pattern, struct str segment)
{
    return str_equal(pattern, STR("#")) ? is_version(segment) : str_equal(pattern, segment);
}

/* Of two with as many segments the one that names a version: '#' stands before all digits. */
static gint longest_first(gconstpointer a, gconstpointer b)
{
    const struct mounted *x = *(struct mounted *const *)a, *y = *(struct mounted *const *)b;
    if (x->segment_count != y->segment_count)
        return x->segment_count < y->segment_count ? 1 : -1;
    return -strcmp(x->mount.prefix, y->mount.prefix);
}

bool http_router_mount(struct http_router *router, const struct http_mount *mount, GError **error)
{
    struct mounted *mounted = arena_new(&router->arena, struct mounted);
    mounted->mount = *mount;
    struct str prefix = str_from_c(mount->prefix);
    mounted->segment_count = prefix.len && prefix.ptr[0] != '/' ? SIZE_MAX : split(prefix, mounted->segments);
    if (mounted->segment_count == SIZE_MAX || (prefix.len && prefix.ptr[prefix.len - 1] == '/')) {
        reason_set(error, REASON_SETTING_INVALID,
                   "The path prefix \"%s\" must be empty, or start with a slash and not end with one.", mount->prefix);
        return false;
    }
    for (guint i = 0; i < router->mounts->len; i++) {
        const struct mounted *other = router->mounts->pdata[i];
        if (str_equal(str_from_c(other->mount.prefix), prefix)) {
            reason_set(error, REASON_SETTING_INVALID, "The path prefix \"%s\" is used twice.", mount->prefix);
            return false;
        }
    }
    for (size_t i = 0; i < mount->route_count; i++)
        add_route(router, mounted, &mount->routes[i]);
    g_ptr_array_add(router->mounts, mounted);
    g_ptr_array_sort(router->mounts, longest_first);
    return true;
}

size_t http_router_count(const struct http_router *router)
{
    return router->entries->len;
}

const struct http_mount *http_router_get(const struct http_router *router, size_t i, const struct http_route **route)
{
    const struct entry *entry = &g_array_index(router->entries, struct entry, i);
    *route = entry->route;
    return &entry->mounted->mount;
}

const char *http_method_name(enum http_method method)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"};
    return names[method];
}

/* Undoes percent escapes; false for a malformed one and for a zero byte. */
static bool decode(struct str *segment, struct arena *arena)
{
    if (segment->len == 0 || !memchr(segment->ptr, '%', segment->len))
        return true;
    char *out = arena_alloc(arena, segment->len);
    size_t length = 0;
    for (size_t i = 0; i < segment->len; i++) {
        char c = segment->ptr[i];
        if (c == '%') {
            if (segment->len - i < 3)
                return false;
            int high = g_ascii_xdigit_value(segment->ptr[i + 1]), low = g_ascii_xdigit_value(segment->ptr[i + 2]);
            if (high < 0 || low < 0 || high + low == 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[length++] = c;
    }
    *segment = str_from(out, length);
    return true;
}

static bool has_routes(const struct http_node *node)
{
    for (int i = 0; i < HTTP_METHODS; i++)
        if (node->routes[i])
            return true;
    return false;
}

struct walk {
    const struct http_router *router;
    const struct str *segments;
    size_t count;
    struct str *parameters;
    struct arena *arena;
    bool slash;
};

static bool takes_slash(const struct walk *walk, const struct http_node *node)
{
    for (int i = 0; i < HTTP_METHODS; i++)
        if (node->routes[i] &&
            g_array_index(walk->router->entries, struct entry, node->routes[i] - 1).route->flags & HTTP_ROUTE_SLASH)
            return true;
    return false;
}

/* The path from segment `i` on. */
static struct str join(const struct walk *walk, size_t i)
{
    size_t length = 0;
    for (size_t n = i; n < walk->count; n++)
        length += walk->segments[n].len + 1;
    char *text = arena_alloc(walk->arena, length), *end = text;
    for (size_t n = i; n < walk->count; n++) {
        if (n > i)
            *end++ = '/';
        if (walk->segments[n].len)
            end = mempcpy(end, walk->segments[n].ptr, walk->segments[n].len);
    }
    return str_from(text, (size_t)(end - text));
}

/* Depth first, literals before captures before tails; goes as deep as the pattern at most. */
static const struct http_node *descend(struct walk *walk, const struct http_node *node, size_t i, size_t captured)
{
    if (i == walk->count)
        return has_routes(node) ? node : NULL;
    struct str segment = walk->segments[i];
    bool found;
    size_t place = find_literal(node, segment, &found);
    if (found) {
        const struct http_node *end = descend(walk, node->literals[place], i + 1, captured);
        if (end)
            return end;
    }
    if (segment.len == 0 && i + 1 == walk->count && takes_slash(walk, node)) {
        walk->slash = true;
        return node;
    }
    if (segment.len && node->capture) {
        walk->parameters[captured] = segment;
        const struct http_node *end = descend(walk, node->capture, i + 1, captured + 1);
        if (end)
            return end;
    }
    if (node->tail)
        walk->parameters[captured] = join(walk, i);
    return node->tail;
}

/* The segments as a mount sees them. */
struct path {
    struct str segments[SEGMENTS];
    size_t count;
};

static void leave_out_empty(const struct path *path, struct path *solid)
{
    solid->count = 0;
    for (size_t i = 0; i < path->count; i++)
        if (path->segments[i].len)
            solid->segments[solid->count++] = path->segments[i];
}

static bool owns(const struct mounted *mounted, const struct path *path)
{
    size_t n = 0;
    if (mounted->segment_count > path->count)
        return false;
    while (n < mounted->segment_count && prefix_segment_fits(mounted->segments[n], path->segments[n]))
        n++;
    return n == mounted->segment_count;
}

static const struct mounted *find_mount(const struct http_router *router, const struct path *strict,
                                        const struct path *loose, const struct path **path)
{
    for (guint i = 0; i < router->mounts->len; i++) {
        const struct mounted *mounted = router->mounts->pdata[i];
        *path = mounted->mount.loose_slashes ? loose : strict;
        if (owns(mounted, *path))
            return mounted;
    }
    return NULL;
}

struct http_match http_router_find(const struct http_router *router, struct str text, struct arena *arena,
                                   struct str parameters[HTTP_PARAMETERS])
{
    struct http_match match = {0};
    struct path strict, solid;
    const struct path *path, *loose = &strict;
    bool has_empty = false;
    strict.count = text.ptr[0] == '/' ? split(text, strict.segments) : 0;
    bool deep = strict.count == SIZE_MAX;
    if (deep)
        strict.count = SEGMENTS;
    for (size_t i = 0; i < strict.count; i++) {
        match.malformed |= !decode(&strict.segments[i], arena);
        has_empty |= strict.segments[i].len == 0;
    }
    if (has_empty) {
        leave_out_empty(&strict, &solid);
        loose = &solid;
    }
    const struct mounted *mounted = find_mount(router, &strict, loose, &path);
    if (!mounted)
        return match;
    match.mount = &mounted->mount;
    if (match.malformed || deep)
        return match;
    struct walk walk = {router, path->segments, path->count, parameters, arena, false};
    match.node = descend(&walk, &mounted->root, mounted->segment_count, 0);
    match.slash = walk.slash;
    return match;
}

static size_t pick(const struct http_router *router, const struct http_match *match, enum http_method method)
{
    size_t number = match->node->routes[method];
    if (!number)
        return SIZE_MAX;
    const struct http_route *route = g_array_index(router->entries, struct entry, number - 1).route;
    return match->slash && !(route->flags & HTTP_ROUTE_SLASH) ? SIZE_MAX : number - 1;
}

size_t http_router_pick(const struct http_router *router, const struct http_match *match, enum http_method method)
{
    if (method == HTTP_OTHER)
        return SIZE_MAX;
    size_t number = pick(router, match, method);
    return number == SIZE_MAX && method == HTTP_HEAD ? pick(router, match, HTTP_GET) : number;
}

struct str http_router_allow(const struct http_router *router, const struct http_match *match, struct arena *arena)
{
    struct str allow = STR("");
    if (!match->node)
        return allow;
    for (int method = 0; method < HTTP_METHODS; method++) {
        bool options = method == HTTP_OPTIONS && match->mount->options;
        if (options || http_router_pick(router, match, (enum http_method)method) != SIZE_MAX)
            allow = arena_printf(arena, "%.*s%s%s", STR_ARG(allow), allow.len ? ", " : "",
                                 http_method_name((enum http_method)method));
    }
    return allow;
}
