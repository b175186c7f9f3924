/* Pages over a real server and store: what a client gets when a part fills, fails, or takes long. */
#include "core/fixture.h"
#include "core/history.h"
#include "wire/outcome/page.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static struct fixture fixture;
static struct http_server *server;

/* Numbers, `per_call` a call, up to `total`; each call may fail, look for threads, or wait. */
struct numbers {
    struct page page;
    int next, total, per_call;
    int fails_at; /* the call that fails; -1 = none */
    size_t width; /* bytes of one number */
};

static pthread_t loop_thread;
static atomic_int calls_on_loop, calls_elsewhere, cleared;
static atomic_bool entered, interrupted;

static bool part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch, GError **error)
{
    struct numbers *numbers = (struct numbers *)page;
    g_assert_nonnull(txn);
    atomic_fetch_add(pthread_equal(pthread_self(), loop_thread) ? &calls_on_loop : &calls_elsewhere, 1);
    if ((int)page->parts == numbers->fails_at) {
        reason_set(error, REASON_SESSION_UNKNOWN, "the part failed");
        return false;
    }
    if (!page->parts)
        json_array_begin(w);
    for (int i = 0; i < numbers->per_call && numbers->next < numbers->total && !page_is_full(page); i++)
        json_add_string(w, arena_printf(scratch, "%0*d", (int)numbers->width, numbers->next++));
    page->last = numbers->next == numbers->total;
    if (page->last)
        json_array_end(w);
    return true;
}

/* Reads until it is interrupted. */
static bool endless_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                         GError **error)
{
    (void)page, (void)w;
    struct store_session_filter filter = {
        .company = fixture.company, .state = -1, .dialect = -1, .from_ms = NO_TIME, .to_ms = NO_TIME};
    struct history_item *items;
    size_t count;
    bool ok = true;
    atomic_store(&entered, true);
    while (ok) {
        ok = history_list(txn, &filter, NULL, false, 200, scratch, &items, &count, error);
        arena_reset(scratch);
    }
    atomic_store(&interrupted, reason_of(*error) == REASON_CANCELLED);
    return false;
}

static void refuse(struct http_request *request, struct page *page, const GError *error)
{
    (void)page;
    http_reply(request, http_status(error), STR(""), str_from_c(reason_name(reason_of(error))));
}

static struct str headers(struct http_request *request, struct page *page)
{
    (void)request, (void)page;
    return STR("Content-Type: application/json\r\n");
}

static void clear(struct page *page)
{
    (void)page;
    atomic_fetch_add(&cleared, 1);
}

static struct numbers *make(int total, int per_call, size_t width)
{
    struct numbers *numbers = (struct numbers *)page_new(fixture.core, sizeof *numbers);
    numbers->total = total;
    numbers->per_call = per_call;
    numbers->width = width;
    numbers->fails_at = -1;
    numbers->page.part = part;
    numbers->page.refuse = refuse;
    numbers->page.headers = headers;
    numbers->page.clear = clear;
    numbers->page.row_max = 1024;
    return numbers;
}

static void few(struct http_request *request)
{
    loop_thread = pthread_self();
    page_reply(request, &make(10, 3, 4)->page);
}

static void many(struct http_request *request)
{
    page_reply(request, &make(20000, 50, 100)->page);
}

static void sparse(struct http_request *request)
{
    loop_thread = pthread_self();
    page_reply(request, &make(20, 1, 4)->page);
}

static void fails_first(struct http_request *request)
{
    struct numbers *numbers = make(10, 3, 4);
    numbers->fails_at = 2;
    page_reply(request, &numbers->page);
}

static void fails_later(struct http_request *request)
{
    struct numbers *numbers = make(20000, 50, 100);
    numbers->fails_at = 200;
    page_reply(request, &numbers->page);
}

static void endless(struct http_request *request)
{
    struct numbers *numbers = make(1, 1, 1);
    numbers->page.part = endless_part;
    numbers->page.is_long = true;
    page_reply(request, &numbers->page);
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/few", .handler = few},
    {.method = HTTP_GET, .pattern = "/many", .handler = many},
    {.method = HTTP_GET, .pattern = "/sparse", .handler = sparse},
    {.method = HTTP_GET, .pattern = "/fails-first", .handler = fails_first},
    {.method = HTTP_GET, .pattern = "/fails-later", .handler = fails_later},
    {.method = HTTP_GET, .pattern = "/endless", .handler = endless},
};

/* ---- the client ---- */

static int ask(const char *path)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(http_server_port(server))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(connect(s, (struct sockaddr *)&to, sizeof to), ==, 0);
    g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    g_assert_cmpint(send(s, request, strlen(request), 0), ==, (ssize_t)strlen(request));
    return s;
}

static GString *answer(const char *path)
{
    int s = ask(path);
    GString *all = g_string_new(NULL);
    char piece[65536];
    ssize_t n;
    while ((n = recv(s, piece, sizeof piece, 0)) > 0)
        g_string_append_len(all, piece, n);
    close(s);
    return all;
}

/* A chunked body put together again; NULL when its end is missing. */
static GString *whole(const GString *all)
{
    const char *p = strstr(all->str, "\r\n\r\n") + 4;
    GString *body = g_string_new(NULL);
    for (;;) {
        char *end;
        unsigned long size = strtoul(p, &end, 16);
        if (end == p) {
            g_string_free(body, TRUE);
            return NULL;
        }
        if (!size)
            return body;
        gssize left = (gssize)(all->len - (size_t)(end + 2 - all->str));
        g_string_append_len(body, end + 2, MIN((gssize)size, left));
        p = end + 2 + MIN((gssize)size + 2, left);
    }
}

static void test_short_page_is_one_reply(void)
{
    GString *all = answer("/few");
    g_assert_nonnull(strstr(all->str, "Content-Length: 71\r\n"));
    g_assert_nonnull(strstr(all->str, "[\"0000\",\"0001\""));
    g_assert_nonnull(strstr(all->str, "\"0009\"]"));
    g_string_free(all, TRUE);
}

static void test_long_page_comes_whole_in_order(void)
{
    GString *all = answer("/many"), *body = whole(all);
    g_assert_nonnull(body);
    g_assert_cmpuint(body->len, ==, 20000 * 103 + 1);
    for (int i = 0; i < 20000; i++)
        g_assert_cmpint((int)strtol(body->str + 2 + (size_t)i * 103, NULL, 10), ==, i);
    g_string_free(body, TRUE);
    g_string_free(all, TRUE);
}

static void test_loop_makes_only_a_few_calls(void)
{
    atomic_store(&calls_on_loop, 0);
    atomic_store(&calls_elsewhere, 0);
    GString *all = answer("/sparse");
    g_assert_nonnull(strstr(all->str, "\"0019\"]"));
    g_assert_cmpint(atomic_load(&calls_on_loop), ==, PAGE_CALLS_IN_PLACE);
    g_assert_cmpint(atomic_load(&calls_elsewhere), ==, 20 - PAGE_CALLS_IN_PLACE);
    g_string_free(all, TRUE);
}

static void test_failure_before_the_first_byte_keeps_its_reason(void)
{
    GString *all = answer("/fails-first");
    g_assert_true(g_str_has_prefix(all->str, "HTTP/1.1 404"));
    g_assert_nonnull(strstr(all->str, "session_unknown"));
    g_string_free(all, TRUE);
}

static void test_failure_midway_cuts_the_connection(void)
{
    GString *all = answer("/fails-later");
    g_assert_true(g_str_has_prefix(all->str, "HTTP/1.1 200"));
    g_assert_cmpuint(all->len, >, PAGE_PART);
    g_assert_null(whole(all));
    g_string_free(all, TRUE);
}

static void test_client_that_left_stops_the_read(void)
{
    int before = atomic_load(&cleared);
    int s = ask("/endless");
    while (!atomic_load(&entered))
        g_thread_yield();
    close(s);
    while (atomic_load(&cleared) == before)
        g_thread_yield();
    g_assert_true(atomic_load(&interrupted));
}

static void *loop_start(void *user, struct http_loop *loop, GError **error)
{
    (void)user, (void)loop;
    return core_reader_open(fixture.core, error);
}

static void loop_stop(void *user, struct http_loop *loop)
{
    (void)user;
    core_reader_close(http_loop_data(loop));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_open(&fixture, 0);
    struct http_router *router = http_router_new();
    struct http_mount mount = {.prefix = "", .routes = routes, .route_count = G_N_ELEMENTS(routes)};
    struct http_options options = {.host = "127.0.0.1", .loops = 1, .loop_start = loop_start, .loop_stop = loop_stop};
    GError *error = NULL;
    g_assert_true(http_router_mount(router, &mount, &error));
    server = http_server_open(&options, router, &error);
    g_assert_no_error(error);
    g_test_add_func("/page/short-page-is-one-reply", test_short_page_is_one_reply);
    g_test_add_func("/page/long-page-comes-whole-in-order", test_long_page_comes_whole_in_order);
    g_test_add_func("/page/loop-makes-only-a-few-calls", test_loop_makes_only_a_few_calls);
    g_test_add_func("/page/failure-before-the-first-byte-keeps-its-reason",
                    test_failure_before_the_first_byte_keeps_its_reason);
    g_test_add_func("/page/failure-midway-cuts-the-connection", test_failure_midway_cuts_the_connection);
    g_test_add_func("/page/client-that-left-stops-the-read", test_client_that_left_stops_the_read);
    int failed = g_test_run();
    http_server_stop(server);
    http_server_close(server);
    fixture_close(&fixture);
    return failed;
}
