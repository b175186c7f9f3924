#include "http/parse.h"
#include "http/router.h"
#include "http/wheel.h"

#include "base/limits.h"
#include "base/reason.h"

/* Finds and parses a whole head, fed `step` bytes at a time; the status of the fault, 0 when it is fine, -1 when bytes
 * are missing. */
static int read_head(struct str bytes, size_t step, struct http_head *head)
{
    struct http_search search = {0};
    struct http_fault fault = {0};
    enum http_found found = HTTP_FOUND_MORE;
    for (size_t n = step; found == HTTP_FOUND_MORE; n += step) {
        n = MIN(n, bytes.len);
        found = http_head_find(str_from(bytes.ptr, n), &search, &fault);
        if (n == bytes.len)
            break;
    }
    if (found == HTTP_FOUND_MORE)
        return -1;
    if (found == HTTP_FOUND_ALL &&
        http_head_parse(str_from(bytes.ptr + search.start, search.seen - search.start), head, &fault))
        return 0;
    g_assert_nonnull(fault.sentence);
    return (int)fault.status;
}

static void test_heads(void)
{
    static const struct {
        int status;
        const char *bytes;
    } cases[] = {
        {0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {0, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {0, "GET / HTTP/1.0\r\n\r\n"},
        {0, "GET http://a.b:3/c?d HTTP/1.1\r\nHost: a\r\n\r\n"},
        {0, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"},
        {0, "BREW / HTTP/1.1\r\nHost:\r\n\r\n"},
        {0, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"},
        {0, "POST / HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: Chunked\r\n\r\n"},
        {-1, "GET / HTTP/1.1\r\nHost: a\r\n"},
        {-1, ""},
        /* lines */
        {400, "GET / HTTP/1.1\nHost: a\n\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
        {400, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r b\r\n\r\n"},
        {400, "\x16\x03\x01"},
        {400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"},
        /* the request line */
        {400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
        {400, "GET /\r\nHost: a\r\n\r\n"},
        {400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, "GET / http/1.1\r\nHost: a\r\n\r\n"},
        {400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"},
        {400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, "GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, "GET http://u@h/a HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, "GET http://h HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, "GET ftp://h/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
        {505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
        {505, "GET / HTTP/0.9\r\n\r\n"},
        /* headers */
        {400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n"},
        /* Host */
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"},
        {400, "GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"},
        /* smuggling */
        {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0b"
              "chunked\r\n\r\n"},
        {417, "POST / HTTP/1.1\r\nHost: a\r\nExpect: coffee\r\n\r\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct http_head head;
        struct str bytes = str_from_c(cases[i].bytes);
        for (size_t step = 1; step <= bytes.len + 1; step++) {
            int status = read_head(bytes, step, &head);
            if (status != cases[i].status)
                g_error("%s: %d instead of %d", g_strescape(cases[i].bytes, NULL), status, cases[i].status);
        }
    }
}

static void test_zero_bytes(void)
{
    struct http_head head;
    g_assert_cmpint(read_head(STR("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"), 100, &head), ==, 400);
    g_assert_cmpint(read_head(STR("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"), 100, &head), ==, 400);
    g_assert_cmpint(read_head(STR("GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n"), 100, &head), ==, 400);
}

static struct str at(struct str all, struct http_place place)
{
    return str_from(all.ptr + place.at, place.len);
}

static void test_head_fields(void)
{
    struct http_head head;
    struct str bytes = STR("POST http://h:1/a%2Fb?q=1?2 HTTP/1.1\r\nHost: x\r\nConnection: a, Close\r\n"
                           "Content-Length: 0012\r\nExpect: 100-Continue\r\nX-Y:  v w\t\r\n\r\n");
    g_assert_cmpint(read_head(bytes, 7, &head), ==, 0);
    g_assert_cmpint(head.method, ==, HTTP_POST);
    g_assert_true(str_equal(at(bytes, head.path), STR("/a%2Fb")));
    g_assert_true(head.has_query && str_equal(at(bytes, head.query), STR("q=1?2")));
    g_assert_true(head.has_authority && str_equal(at(bytes, head.authority), STR("h:1")));
    g_assert_true(!head.keep_alive && head.continues && !head.chunked);
    g_assert_cmpint(head.body_length, ==, 12);
    g_assert_cmpuint(head.field_count, ==, 5);
    g_assert_true(str_equal(at(bytes, head.fields[4].value), STR("v w")));
    g_assert_cmpint(read_head(STR("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 99, &head), ==, 0);
    g_assert_true(head.keep_alive && head.body_length == -1);
    g_assert_cmpint(read_head(STR("GET / HTTP/1.0\r\n\r\n"), 99, &head), ==, 0);
    g_assert_false(head.keep_alive);
}

static void test_head_limits(void)
{
    struct http_head head;
    g_autoptr(GString) many = g_string_new("GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 1; i < LIMIT_HTTP_HEADERS; i++)
        g_string_append(many, "a: b\r\n");
    g_autofree char *fits = g_strdup_printf("%s\r\n", many->str);
    g_assert_cmpint(read_head(str_from_c(fits), 50, &head), ==, 0);
    g_autofree char *over = g_strdup_printf("%sa: b\r\n\r\n", many->str);
    g_assert_cmpint(read_head(str_from_c(over), 50, &head), ==, 431);
    g_autofree char *wide = g_strnfill(LIMIT_HTTP_HEAD, 'a');
    g_assert_cmpint(read_head(str_from_c(wide), 1000, &head), ==, 431);
}

/* Decodes fed `step` bytes at a time; the body, or NULL for a fault, "..." while it is not complete. */
static char *read_chunks(struct str bytes, size_t step, size_t *left)
{
    struct http_chunks chunks = {0};
    g_autoptr(GString) body = g_string_new(NULL);
    for (size_t at_byte = 0;; at_byte += step) {
        struct str in = str_from(bytes.ptr + MIN(at_byte, bytes.len), MIN(step, bytes.len - MIN(at_byte, bytes.len)));
        struct str data;
        const char *sentence = NULL;
        enum http_chunk chunk;
        while ((chunk = http_chunks_next(&chunks, &in, &data, &sentence)) == HTTP_CHUNK_DATA)
            g_string_append_len(body, data.ptr, (gssize)data.len);
        if (chunk == HTTP_CHUNK_FAULT) {
            g_assert_nonnull(sentence);
            return NULL;
        }
        if (chunk == HTTP_CHUNK_END) {
            *left = in.len;
            return g_strdup(body->str);
        }
        if (at_byte >= bytes.len)
            return g_strdup("...");
    }
}

static void test_chunks(void)
{
    static const struct {
        const char *bytes, *body;
    } cases[] = {
        {"5\r\nhello\r\n0\r\n\r\n", "hello"},
        {"0\r\n\r\n", ""},
        {"a;x=\"y\"\r\n0123456789\r\n00A \r\nabcdefghij\r\n000\r\nTrailer: x\r\nOther: y\r\n\r\n",
         "0123456789abcdefghij"},
        {"5\r\nhel", "..."},
        {"5\r\nhello\r\n0\r\n", "..."},
        {"5\nhello\r\n0\r\n\r\n", NULL},
        {"5\r\nhello\n0\r\n\r\n", NULL},
        {"5\r\nhelloo\r\n0\r\n\r\n", NULL},
        {"\r\n0\r\n\r\n", NULL},
        {"-1\r\n", NULL},
        {"0x5\r\nhello\r\n0\r\n\r\n", NULL},
        {" 5\r\nhello\r\n0\r\n\r\n", NULL},
        {"5;a\nb\r\nhello\r\n0\r\n\r\n", NULL},
        {"fffffffffffffffff\r\n", NULL},
        {"0\r\n folded\r\n\r\n", NULL},
        {"0\r\nTrailer: x\n\r\n", NULL},
        {"0\r\n\n", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct str bytes = str_from_c(cases[i].bytes);
        for (size_t step = 1; step <= bytes.len; step++) {
            size_t left = 0;
            g_autofree char *body = read_chunks(bytes, step, &left);
            g_assert_cmpstr(body, ==, cases[i].body);
            g_assert_cmpuint(left, ==, 0);
        }
    }
    size_t left = 0;
    g_autofree char *body = read_chunks(STR("0\r\n\r\nGET"), 100, &left);
    g_assert_cmpstr(body, ==, "");
    g_assert_cmpuint(left, ==, 3);
    g_autofree char *zeros = g_strnfill(LIMIT_HTTP_HEAD + 1, '0');
    g_assert_null(read_chunks(str_from_c(zeros), 100, &left));
}

static void handler(struct http_request *request)
{
    (void)request;
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/history/:id", .handler = handler, .word = "id"},
    {.method = HTTP_GET, .pattern = "/history/summary", .handler = handler, .word = "summary"},
    {.method = HTTP_POST, .pattern = "/history/:id/x", .handler = handler, .word = "x", .flags = HTTP_ROUTE_SLASH},
    {.method = HTTP_DELETE, .pattern = "/history/summary/:a/:b", .handler = handler, .word = "ab"},
};
static const struct http_route roots[] = {{.method = HTTP_GET, .pattern = "/", .handler = handler, .word = "root"}};

static void test_router(void)
{
    static const struct {
        const char *path, *mount, *word, *parameter;
        enum http_method method;
    } cases[] = {
        {"/", "", "root", NULL, HTTP_GET},
        {"/", "", "root", NULL, HTTP_HEAD},
        {"/", "", NULL, NULL, HTTP_POST},
        {"/api/v1/history/summary", "/api/v1", "summary", NULL, HTTP_GET},
        {"/api/v1/history/sum%6dary", "/api/v1", "summary", NULL, HTTP_GET},
        {"/api/v1/history/summary/x", "/api/v1", "x", "summary", HTTP_POST},
        {"/api/v1/history/summary/x/", "/api/v1", "x", "summary", HTTP_POST},
        {"/api/v1/history/summary/x//", "/api/v1", NULL, NULL, HTTP_POST},
        {"/api/v1/history/7/", "/api/v1", NULL, NULL, HTTP_GET},
        {"/api/v1/history/", "/api/v1", NULL, NULL, HTTP_GET},
        {"/api/v1/history/a%2Fb%22", "/api/v1", "id", "a/b\"", HTTP_GET},
        {"/api/v1/history/%2e%2e", "/api/v1", "id", "..", HTTP_GET},
        {"/api/v1/history/summary/p/q", "/api/v1", "ab", "p", HTTP_DELETE},
        {"/api/v10/history/7", "", NULL, NULL, HTTP_GET},
        {"/loose/history/7/", "/loose", "id", "7", HTTP_GET},
        {"//loose///history//7//", "/loose", "id", "7", HTTP_GET},
        {"/loose/history//", "/loose", NULL, NULL, HTTP_GET},
        {"//api/v1/history/7", "", NULL, NULL, HTTP_GET},
        {"/api/2.0/history/7", "/api/2.0", "id", "7", HTTP_GET},
        {"/api/2.1/history/7", "/api/#", NULL, NULL, HTTP_GET},
        {"/api/2%2e1", "/api/#", NULL, NULL, HTTP_GET},
        {"/api/10", "/api/#", NULL, NULL, HTTP_GET},
        {"/api/.1", "", NULL, NULL, HTTP_GET},
        {"/api/2.x", "", NULL, NULL, HTTP_GET},
        {"/api/", "", NULL, NULL, HTTP_GET},
        {"/api/%23", "", NULL, NULL, HTTP_GET},
        {"/api/v1", "/api/v1", NULL, NULL, HTTP_GET},
        {"/api/v1/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4", "/api/v1", NULL, NULL,
         HTTP_GET},
    };
    struct http_router *router = http_router_new();
    const struct http_mount api = {.prefix = "/api/v1", .routes = routes, .route_count = G_N_ELEMENTS(routes)};
    const struct http_mount loose = {
        .prefix = "/loose", .routes = routes, .route_count = G_N_ELEMENTS(routes), .loose_slashes = true};
    const struct http_mount root = {.prefix = "", .routes = roots, .route_count = 1};
    const struct http_mount versions = {.prefix = "/api/#"};
    const struct http_mount two = {.prefix = "/api/2.0", .routes = routes, .route_count = G_N_ELEMENTS(routes)};
    g_assert_true(http_router_mount(router, &root, NULL) && http_router_mount(router, &api, NULL) &&
                  http_router_mount(router, &versions, NULL) && http_router_mount(router, &two, NULL) &&
                  http_router_mount(router, &loose, NULL));
    g_autoptr(GError) error = NULL;
    g_assert_false(http_router_mount(router, &api, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_SETTING_INVALID);
    g_assert_cmpuint(http_router_count(router), ==, 13);
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct str parameters[HTTP_PARAMETERS] = {0};
        struct http_match match = http_router_find(router, str_from_c(cases[i].path), &arena, parameters);
        g_assert_cmpstr(match.mount->prefix, ==, cases[i].mount);
        g_assert_false(match.malformed);
        size_t number = match.node ? http_router_pick(router, &match, cases[i].method) : SIZE_MAX;
        const struct http_route *route = NULL;
        if (number != SIZE_MAX)
            http_router_get(router, number, &route);
        g_assert_cmpstr(route ? route->word : NULL, ==, cases[i].word);
        if (cases[i].parameter)
            g_assert_true(str_equal(parameters[0], str_from_c(cases[i].parameter)));
    }
    static const char *const malformed[] = {"/api/v1/history/%", "/api/v1/history/%4", "/api/v1/history/%zz",
                                            "/api/v1/history/a%00b"};
    for (size_t i = 0; i < G_N_ELEMENTS(malformed); i++) {
        struct str parameters[HTTP_PARAMETERS];
        struct http_match match = http_router_find(router, str_from_c(malformed[i]), &arena, parameters);
        g_assert_true(match.malformed && !match.node);
        g_assert_cmpstr(match.mount->prefix, ==, "/api/v1");
    }
    struct str parameters[HTTP_PARAMETERS];
    struct http_match match = http_router_find(router, STR("/api/v1/history/1"), &arena, parameters);
    g_assert_true(str_equal(http_router_allow(router, &match, &arena), STR("GET, HEAD")));
    match = http_router_find(router, STR("/api/v1/history/1/x/"), &arena, parameters);
    g_assert_true(str_equal(http_router_allow(router, &match, &arena), STR("POST")));
    arena_clear(&arena);
    http_router_free(router);
}

struct alarm {
    struct wheel_timer timer;
    int fired;
};

static void ring(struct wheel_timer *timer)
{
    ((struct alarm *)timer)->fired++;
}

static void test_wheel(void)
{
    struct wheel *wheel = g_new(struct wheel, 1);
    struct alarm near = {0}, far = {0}, gone = {0};
    wheel_init(wheel, 1000);
    wheel_set(wheel, &near.timer, 1100, ring);
    wheel_set(wheel, &far.timer, 1100 + 3 * WHEEL_SLOTS * WHEEL_TICK_MS, ring);
    wheel_set(wheel, &gone.timer, 1100, ring);
    wheel_unset(wheel, &gone.timer);
    g_assert_cmpuint(wheel->count, ==, 2);
    wheel_advance(wheel, 1099);
    g_assert_cmpint(near.fired, ==, 0);
    wheel_advance(wheel, 1100 + 2 * WHEEL_TICK_MS);
    g_assert_cmpint(near.fired, ==, 1);
    g_assert_false(wheel_is_set(&near.timer));
    wheel_advance(wheel, 1000 + 3 * WHEEL_SLOTS * WHEEL_TICK_MS);
    g_assert_cmpint(far.fired, ==, 0);
    wheel_advance(wheel, 1000000);
    g_assert_cmpint(far.fired, ==, 1);
    g_assert_cmpint(near.fired + gone.fired, ==, 1);
    g_assert_cmpuint(wheel->count, ==, 0);
    g_free(wheel);
}

static void test_tail(void)
{
    static const struct http_route tails[] = {
        {.method = HTTP_GET, .pattern = "/files/*path", .word = "tail"},
        {.method = HTTP_GET, .pattern = "/files/:id/name", .word = "name"},
        {.method = HTTP_GET, .pattern = "/files/fixed", .word = "fixed"},
        {.method = HTTP_GET, .pattern = "/:one/*rest", .word = "rest"},
    };
    static const struct {
        const char *path, *word, *first, *second;
    } cases[] = {
        {"/files", NULL, NULL, NULL},
        {"/files/", "tail", "", NULL},
        {"/files/a.js", "tail", "a.js", NULL},
        {"/files/a/b/c.js", "tail", "a/b/c.js", NULL},
        {"/files/a//b/", "tail", "a//b/", NULL},
        {"/files/a%2Fb/%2e%2e/c", "tail", "a/b/../c", NULL},
        {"/files/7/name", "name", "7", NULL},
        {"/files/7/names", "tail", "7/names", NULL},
        {"/files/fixed", "fixed", NULL, NULL},
        {"/files/fixed/x", "tail", "fixed/x", NULL},
        {"/other/", "rest", "other", ""},
        {"/other/x/y", "rest", "other", "x/y"},
        {"/files/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3", NULL, NULL, NULL},
    };
    struct http_router *router = http_router_new();
    const struct http_mount mount = {.prefix = "", .routes = tails, .route_count = G_N_ELEMENTS(tails)};
    g_assert_true(http_router_mount(router, &mount, NULL));
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct str parameters[HTTP_PARAMETERS] = {0};
        struct http_match match = http_router_find(router, str_from_c(cases[i].path), &arena, parameters);
        const struct http_route *route = NULL;
        if (match.node)
            http_router_get(router, http_router_pick(router, &match, HTTP_GET), &route);
        g_assert_cmpstr(route ? route->word : NULL, ==, cases[i].word);
        if (cases[i].first)
            g_assert_true(str_equal(parameters[0], str_from_c(cases[i].first)));
        if (cases[i].second)
            g_assert_true(str_equal(parameters[1], str_from_c(cases[i].second)));
    }
    arena_clear(&arena);
    http_router_free(router);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/heads", test_heads);
    g_test_add_func("/http/heads/zero", test_zero_bytes);
    g_test_add_func("/http/heads/fields", test_head_fields);
    g_test_add_func("/http/heads/limits", test_head_limits);
    g_test_add_func("/http/chunks", test_chunks);
    g_test_add_func("/http/router", test_router);
    g_test_add_func("/http/tail", test_tail);
    g_test_add_func("/http/wheel", test_wheel);
    return g_test_run();
}
