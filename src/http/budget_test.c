/* What clients can make the server keep. */
#include "http/testbed.h"

#include <sys/socket.h>
#include <unistd.h>

static atomic_uint begun;

static void hello(struct http_request *request)
{
    http_reply(request, 200, TEXT, STR("hello"));
}

static void later(struct http_request *request)
{
    give(request);
}

static void echo(struct http_request *request)
{
    http_reply(request, 200, TEXT, arena_printf(&request->arena, "%zu", request->body.len));
}

/* As many bytes as the query says. */
static void bytes(struct http_request *request)
{
    int64_t count = 0;
    str_to_int64(request->query, &count);
    atomic_fetch_add(&begun, 1);
    g_autofree char *body = g_strnfill((gsize)count, 'x');
    http_reply(request, 200, TEXT, str_from_c(body));
}

/* The handler keeps as many bytes as the query says. */
static void charge(struct http_request *request)
{
    int64_t count = 0;
    str_to_int64(request->query, &count);
    http_request_charge(request, (size_t)count);
    http_hold(request);
    give(request);
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/hello", .handler = hello},
    {.method = HTTP_GET, .pattern = "/later", .handler = later},
    {.method = HTTP_GET, .pattern = "/bytes", .handler = bytes},
    {.method = HTTP_GET, .pattern = "/charge", .handler = charge},
    {.method = HTTP_POST, .pattern = "/echo", .handler = echo},
};

enum { KB = 1024 };

static struct http_server *serve(size_t memory, size_t connection_memory)
{
    atomic_store(&begun, 0);
    struct http_options options = {.loops = 1, .memory = memory, .connection_memory = connection_memory};
    return serve_routes(options, routes, G_N_ELEMENTS(routes));
}

/* On the only loop, whatever was sent before has been worked on. */
static void let_it_work(const struct http_server *server)
{
    for (int i = 0; i < 3; i++) {
        int fd = dial(server);
        get(fd, "hello");
        expect(fd, "200 hello");
        close(fd);
    }
}

static struct http_counters counters_of(const struct http_server *server)
{
    struct http_counters counters;
    http_server_counters(server, &counters);
    return counters;
}

static void expect_bytes(int fd, size_t count)
{
    g_autofree char *filling = g_strnfill(count, 'x'), *reply = g_strconcat("200 ", filling, NULL);
    expect(fd, reply);
}

static void test_pipeline(void)
{
    struct http_server *server = serve(0, 64 * KB);
    int fd = dial(server);
    get(fd, "later");
    struct http_request *held = await_given();
    for (int i = 0; i < 20; i++)
        get(fd, "bytes?100000");
    let_it_work(server);
    g_assert_cmpuint(atomic_load(&begun), ==, 1);
    g_assert_cmpuint(counters_of(server).bytes_kept, <, 110 * KB);
    post_answer(held, "at last");
    expect(fd, "200 at last");
    for (int i = 0; i < 20; i++)
        expect_bytes(fd, 100000);
    close(fd);
    http_server_stop(server);
    g_assert_cmpuint(counters_of(server).bytes_kept, ==, 0);
    g_assert_cmpuint(counters_of(server).connections_cut, ==, 0);
    http_server_close(server);
}

static void test_worst(void)
{
    struct http_server *server = serve(1024 * KB, 64 * KB);
    const char *sizes[] = {"bytes?300000", "bytes?600000", "bytes?200000"};
    struct http_request *held[3];
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = dial(server);
        get(fds[i], "later");
        held[i] = await_given();
        get(fds[i], sizes[i]);
        let_it_work(server);
    }
    g_assert_true(is_closed(fds[1]));
    post_answer(held[1], "nobody hears it");
    for (int i = 0; i < 3; i += 2) {
        post_answer(held[i], "at last");
        expect(fds[i], "200 at last");
        expect_bytes(fds[i], i ? 200000 : 300000);
        close(fds[i]);
    }
    close(fds[1]);
    g_assert_cmpuint(counters_of(server).connections_cut, ==, 1);
    http_server_stop(server);
    g_assert_cmpuint(counters_of(server).bytes_kept, ==, 0);
    http_server_close(server);
}

static void test_slow_readers(void)
{
    enum { READERS = 8, BYTES = 20 * 1000 * KB };
    struct http_server *server = serve(3 * BYTES, 64 * KB);
    int fds[READERS];
    for (int i = 0; i < READERS; i++) {
        fds[i] = dial(server);
        get(fds[i], "bytes?20480000");
        let_it_work(server);
        g_assert_cmpuint(counters_of(server).bytes_kept, <=, 3 * BYTES);
    }
    /* Sockets hold up to some 4 MB of each, and who came last is not necessarily the worst. */
    g_assert_cmpuint(counters_of(server).connections_cut, >=, READERS - 4);
    for (int i = 0; i < READERS; i++)
        close(fds[i]);
    let_it_work(server);
    http_server_stop(server);
    g_assert_cmpuint(counters_of(server).bytes_kept, ==, 0);
    http_server_close(server);
}

static void test_bodies(void)
{
    struct http_server *server = serve(1500 * KB, 64 * KB);
    g_autofree char *filling = g_strnfill(900000, 'x');
    static const size_t first[] = {100000, 890000, 700000};
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = dial(server);
        put(fds[i], "POST /t/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n");
        put_bytes(fds[i], filling, first[i]);
    }
    while (counters_of(server).connections_cut == 0)
        let_it_work(server);
    g_assert_cmpuint(counters_of(server).connections_cut, ==, 1);
    close(fds[1]), close(fds[2]); /* either of them had the most */
    let_it_work(server);
    put_bytes(fds[0], filling, 900000 - first[0]);
    expect(fds[0], "200 900000");
    close(fds[0]);
    http_server_close(server);
}

static void test_charged(void)
{
    struct http_server *server = serve(1024 * KB, 64 * KB);
    int one = dial(server), two = dial(server);
    get(one, "charge?600000");
    struct http_request *first = await_given();
    get(two, "charge?500000");
    struct http_request *second = await_given();
    let_it_work(server);
    g_assert_true(is_closed(one));
    post_answer(first, "nobody hears it");
    get(two, "bytes?1");
    let_it_work(server);
    g_assert_cmpuint(atomic_load(&begun), ==, 0);
    post_answer(second, "given back");
    expect(two, "200 given back");
    expect(two, "200 x");
    close(one), close(two);
    http_server_stop(server);
    g_assert_cmpuint(counters_of(server).bytes_kept, ==, 0);
    http_server_close(server);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/budget/a full connection begins no further request", test_pipeline);
    g_test_add_func("/budget/the connection that keeps most is cut", test_worst);
    g_test_add_func("/budget/slow readers share what there is", test_slow_readers);
    g_test_add_func("/budget/bodies count while they arrive", test_bodies);
    g_test_add_func("/budget/what handlers keep counts", test_charged);
    return g_test_run();
}
