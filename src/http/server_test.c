/* A real server on loopback, asked by blocking sockets of the test's own thread. */
#include "http/testbed.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* --- the application --- */

static atomic_uint accesses;

static void hello(struct http_request *request)
{
    http_reply(request, 200, TEXT, STR("hello"));
}

static void echo(struct http_request *request)
{
    http_reply_header(request, "X-Path", request->parameters[0]);
    http_reply(request, 200, TEXT, request->body);
}

/* Replied by the test's thread. */
static void later(struct http_request *request)
{
    give(request);
}

static void hold_over(struct http_request *request)
{
    say("timeout");
    http_reply(request, 200, TEXT, STR("nothing new"));
}

static void hold_gone(struct http_request *request)
{
    say("gone");
    http_drop(request);
}

static void hold(struct http_request *request)
{
    int64_t ms = 60000;
    str_to_int64(request->query, &ms);
    http_hold(request);
    g_assert_null(request->path.ptr);
    http_request_timeout(request, ms, hold_over);
    http_request_on_gone(request, hold_gone);
    give(request);
}

static void whence(struct http_request *request)
{
    http_reply(request, 200, TEXT, http_request_is_local(request) ? STR("local") : STR("forwarded"));
}

static void drop(struct http_request *request)
{
    http_drop(request);
}

static void whoami(struct http_request *request)
{
    http_reply(request, 200, TEXT, request->peer == HTTP_PEER_TRUSTED ? STR("trusted") : http_request_address(request));
}

struct counting {
    struct http_stream stream;
    int pieces, made;
};

static atomic_int pieces_made;

static enum http_more next_piece(struct http_request *request, struct http_stream *stream, struct buf *out)
{
    (void)request;
    struct counting *counting = (struct counting *)stream;
    if (counting->pieces < 0)
        return HTTP_FAIL;
    char *place = buf_reserve(out, 100000);
    memset(place, 'a' + counting->made % 26, 100000);
    out->len += 100000;
    atomic_fetch_add(&pieces_made, 1);
    return ++counting->made < counting->pieces ? HTTP_MORE : HTTP_LAST;
}

static void stream_closed(struct http_request *request, struct http_stream *stream)
{
    (void)request, (void)stream;
    say("closed");
}

static void pieces(struct http_request *request)
{
    int64_t count = 0;
    str_to_int64(request->query, &count);
    struct counting *counting = arena_new(&request->arena, struct counting);
    *counting = (struct counting){{.next = next_piece, .closed = stream_closed}, (int)count, 0};
    http_reply_stream(request, 200, TEXT, &counting->stream);
}

struct upload {
    uint64_t bytes;
    bool paused;
};

static void upload_go_on(struct http_request *request)
{
    struct upload *upload = request->user;
    upload->paused = false;
    http_body_resume(request);
}

static void upload_piece(struct http_request *request, struct str bytes)
{
    struct upload *upload = request->user;
    g_assert_false(upload->paused);
    g_assert_cmpuint(bytes.len, >, 0);
    bool first = upload->bytes == 0;
    upload->bytes += bytes.len;
    if (first) {
        upload->paused = true;
        http_body_pause(request);
        http_request_timeout(request, 60, upload_go_on);
    }
}

static void upload_end(struct http_request *request, const GError *error)
{
    struct upload *upload = request->user;
    if (error) {
        say(reason_name(reason_of(error)));
        http_reply(request, 400, TEXT, str_from_c(reason_name(reason_of(error))));
        return;
    }
    http_reply(request, 200, TEXT, arena_printf(&request->arena, "%d", (int)upload->bytes));
}

static const struct http_body_reader upload_reader = {upload_piece, upload_end};

static void upload(struct http_request *request)
{
    request->user = arena_new(&request->arena, struct upload);
    if (str_equal(request->query, STR("late")))
        give(request);
    else if (str_equal(request->query, STR("refuse")))
        http_reply(request, 403, TEXT, STR("no"));
    else
        http_body_read(request, &upload_reader);
}

static void read_late(void *request)
{
    http_body_read(request, &upload_reader);
}

static void options(struct http_request *request)
{
    http_reply_header(request, "Access-Control-Allow-Methods", http_request_allow(request));
    http_reply(request, 204, STR(""), STR(""));
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/hello", .handler = hello},
    {.method = HTTP_POST, .pattern = "/echo/:word", .handler = echo},
    {.method = HTTP_GET, .pattern = "/later", .handler = later},
    {.method = HTTP_GET, .pattern = "/hold", .handler = hold},
    {.method = HTTP_GET, .pattern = "/drop", .handler = drop},
    {.method = HTTP_GET, .pattern = "/whoami", .handler = whoami},
    {.method = HTTP_GET, .pattern = "/whence", .handler = whence},
    {.method = HTTP_GET, .pattern = "/pieces", .handler = pieces},
    {.method = HTTP_POST, .pattern = "/small", .handler = echo, .body_max = 10},
    {.method = HTTP_POST, .pattern = "/upload", .handler = upload, .flags = HTTP_ROUTE_STREAM, .body_max = 20000000},
};

static void count_access(void *user, struct http_request *request, const struct http_access *access)
{
    (void)user, (void)access;
    g_assert_nonnull(request->loop);
    atomic_fetch_add(&accesses, 1);
}

static void *start(void *user, struct http_loop *loop, GError **error)
{
    (void)loop;
    if (user)
        reason_set(error, REASON_DATABASE_CORRUPT, "no");
    return user ? NULL : &accesses;
}

static void stop(void *user, struct http_loop *loop)
{
    (void)user;
    g_assert_true(http_loop_data(loop) == &accesses);
}

static struct http_server *serve(struct http_options settings, GError **error)
{
    struct http_router *router = http_router_new();
    const struct http_mount mount = {
        .prefix = "/t", .routes = routes, .route_count = G_N_ELEMENTS(routes), .problem = problem, .options = options};
    g_assert_true(http_router_mount(router, &mount, NULL));
    settings.host = settings.host ? settings.host : "127.0.0.1";
    settings.loop_start = start;
    settings.loop_stop = stop;
    settings.access = count_access;
    return http_server_open(&settings, router, error);
}

static struct http_server *serve_two(void)
{
    struct http_server *server = serve((struct http_options){.loops = 2}, NULL);
    g_assert_nonnull(server);
    return server;
}

/* --- tests --- */

static void test_plain(void)
{
    unsigned before = atomic_load(&accesses);
    struct http_server *server = serve_two();
    int fd = dial(server);
    get(fd, "hello");
    g_autofree char *head = NULL;
    g_autofree char *reply = take_reply(fd, &head);
    g_assert_cmpstr(reply, ==, "200 hello");
    g_assert_nonnull(strstr(head, "\r\nDate: "));
    g_assert_null(strstr(head, "Connection:"));
    put(fd, "HEAD /t/hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autofree char *bodiless = take(fd, 0, "\r\n\r\n");
    g_assert_nonnull(strstr(bodiless, "Content-Length: 5\r\n"));
    put(fd, "POST /t/echo/a%0Db HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    g_autofree char *split = NULL;
    g_autofree char *echoed = take_reply(fd, &split);
    g_assert_cmpstr(echoed, ==, "200 abc");
    g_assert_nonnull(strstr(split, "X-Path: a b\r\n"));
    get(fd, "whoami");
    expect(fd, "200 127.0.0.1");
    get(fd, "nothing");
    expect(fd, "404 route_unknown");
    get(fd, "echo/%zz");
    expect(fd, "400 path_invalid");
    put(fd, "DELETE /t/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
    g_autofree char *allow = NULL;
    g_autofree char *refused = take_reply(fd, &allow);
    g_assert_cmpstr(refused, ==, "405 method_unknown");
    g_assert_nonnull(strstr(allow, "Allow: GET, HEAD, OPTIONS\r\n"));
    put(fd, "OPTIONS /t/hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autofree char *cors = take(fd, 0, "\r\n\r\n");
    g_assert_nonnull(strstr(cors, "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"));
    g_assert_null(strstr(cors, "Content-Length"));
    put(fd, "GET / HTTP/1.0\r\n\r\n");
    g_autofree char *unowned = take_reply(fd, NULL);
    g_assert_true(g_str_has_prefix(unowned, "404 "));
    g_assert_true(is_closed(fd));
    close(fd);

    fd = dial(server);
    put(fd, "GET / HTTP/1.1\r\n\r\nGET /t/hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autofree char *bad = take_reply(fd, NULL);
    g_assert_true(g_str_has_prefix(bad, "400 The Host header is missing"));
    g_assert_true(is_closed(fd));
    close(fd);

    http_server_stop(server);
    struct http_counters counters;
    http_server_counters(server, &counters);
    g_assert_cmpuint(counters.requests_total, ==, 10);
    g_assert_cmpuint(counters.requests_open + counters.connections_open, ==, 0);
    g_assert_cmpuint(counters.connections_total, ==, 2);
    g_assert_cmpuint(http_server_answers(server, 0, 2), ==, 2);
    g_assert_cmpuint(http_server_answers(server, G_N_ELEMENTS(routes), 4), ==, 5);
    g_assert_cmpuint(atomic_load(&accesses) - before, ==, 10);
    http_server_close(server);
}

static void test_bodies(void)
{
    struct http_server *server = serve_two();
    int fd = dial(server);
    put(fd, "POST /t/echo/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    put(fd, "2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\nGET /t/hello HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(fd, "200 abcde");
    expect(fd, "200 hello");
    put(fd, "POST /t/echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    g_autofree char *go = take(fd, 0, "\r\n\r\n");
    g_assert_cmpstr(go, ==, "HTTP/1.1 100 Continue\r\n\r\n");
    put(fd, "ab");
    put(fd, "cd");
    expect(fd, "200 abcd");
    put(fd, "POST /t/small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
    expect(fd, "400 body_too_large");
    g_assert_true(is_closed(fd));
    close(fd);
    fd = dial(server);
    put(fd,
        "POST /t/small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n");
    expect(fd, "400 body_too_large");
    g_assert_true(is_closed(fd));
    close(fd);
    fd = dial(server);
    put(fd, "POST /t/small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n");
    expect(fd, "400 body_malformed");
    g_assert_true(is_closed(fd));
    close(fd);
    fd = dial(server);
    g_autofree char *filling = g_strnfill(300000, 'x');
    g_autofree char *large =
        g_strdup_printf("POST /t/echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n%s", filling);
    put(fd, large);
    g_autofree char *reply = take_reply(fd, NULL);
    g_assert_cmpstr(reply + 4, ==, filling);
    close(fd);
    http_server_close(server);
}

static void test_pipeline(void)
{
    struct http_server *server = serve_two();
    int fd = dial(server);
    for (int i = 0; i < 4; i++)
        get(fd, "later");
    get(fd, "hello");
    struct http_request *requests[4];
    for (int i = 0; i < 4; i++)
        requests[i] = await_given();
    static const char *const bodies[] = {"0", "1", "2", "3"};
    for (int i = 3; i >= 0; i--)
        post_answer(requests[i], bodies[i]);
    expect(fd, "200 0");
    expect(fd, "200 1");
    expect(fd, "200 2");
    expect(fd, "200 3");
    expect(fd, "200 hello");

    /* Past LIMIT_HTTP_PIPELINE the server reads no further, and goes on when there is room. */
    for (int i = 0; i < LIMIT_HTTP_PIPELINE + 10; i++)
        get(fd, "later");
    for (int i = 0; i < LIMIT_HTTP_PIPELINE; i++)
        post_answer(await_given(), "x");
    for (int i = 0; i < 10; i++)
        post_answer(await_given(), "y");
    for (int i = 0; i < LIMIT_HTTP_PIPELINE; i++)
        expect(fd, "200 x");
    for (int i = 0; i < 10; i++)
        expect(fd, "200 y");

    /* A dropped request ends the connection behind the replies before it. */
    get(fd, "later");
    get(fd, "drop");
    post_answer(await_given(), "last");
    expect(fd, "200 last");
    g_assert_true(is_closed(fd));
    close(fd);
    http_server_close(server);
}

static void test_hold(void)
{
    struct http_server *server = serve_two();
    int fd = dial(server);
    get(fd, "hold");
    struct http_request *request = await_given();
    struct http_counters counters;
    http_server_counters(server, &counters);
    g_assert_cmpuint(counters.requests_held, ==, 1);
    post_answer(request, "news");
    expect(fd, "200 news");
    get(fd, "hold?30");
    await_given();
    expect(fd, "200 nothing new");
    g_assert_cmpstr(await_word(), ==, "timeout");
    get(fd, "hold");
    await_given();
    close(fd);
    g_assert_cmpstr(await_word(), ==, "gone");
    /* A reply to a client that went away goes nowhere. */
    fd = dial(server);
    get(fd, "later");
    request = await_given();
    struct linger reset = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    post_answer(request, "nobody hears it");
    /* A client that only closed its sending side hears it. */
    fd = dial(server);
    get(fd, "later");
    shutdown(fd, SHUT_WR);
    post_answer(await_given(), "still here");
    expect(fd, "200 still here");
    g_assert_true(is_closed(fd));
    close(fd);
    http_server_close(server);
}

static void test_stream_out(void)
{
    struct http_server *server = serve_two();
    int fd = dial(server);
    atomic_store(&pieces_made, 0);
    get(fd, "pieces?400");
    get(fd, "hello");
    g_autofree char *head = take(fd, 0, "\r\n\r\n");
    g_assert_nonnull(strstr(head, "Transfer-Encoding: chunked\r\n"));
    g_assert_nonnull(strstr(head, "X-Content-Type-Options: nosniff\r\n"));
    /* 40 MB, of which sockets can hold some: a producer that does not wait would be done. */
    for (int made = -1; made != atomic_load(&pieces_made);) {
        made = atomic_load(&pieces_made);
        int other = dial(server); /* on the loops, time passes */
        get(other, "hello");
        expect(other, "200 hello");
        close(other);
    }
    g_assert_cmpint(atomic_load(&pieces_made), <, 400);
    char *buffer = g_malloc(100000);
    for (int i = 0; i < 400; i++) {
        g_autofree char *size = take(fd, 0, "\r\n");
        g_assert_cmpstr(size, ==, "186a0\r\n");
        for (size_t n = 0; n < 100000;) {
            ssize_t r = recv(fd, buffer, 100000 - n, 0);
            g_assert_cmpint(r, >, 0);
            g_assert_cmpint(buffer[0], ==, 'a' + i % 26);
            n += (size_t)r;
        }
        g_autofree char *tail = take(fd, 2, NULL);
        g_assert_cmpstr(tail, ==, "\r\n");
    }
    g_free(buffer);
    g_autofree char *end = take(fd, 0, "0\r\n\r\n");
    g_assert_cmpstr(end, ==, "0\r\n\r\n");
    expect(fd, "200 hello");
    g_assert_cmpstr(await_word(), ==, "closed");
    put(fd, "HEAD /t/pieces?3 HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autofree char *only = take(fd, 0, "\r\n\r\n");
    g_assert_nonnull(strstr(only, "chunked"));
    g_assert_cmpstr(await_word(), ==, "closed");
    get(fd, "pieces?-1");
    g_autofree char *cut = take(fd, 0, "\r\n\r\n");
    g_assert_true(g_str_has_prefix(cut, "HTTP/1.1 200 "));
    g_assert_true(is_closed(fd));
    g_assert_cmpstr(await_word(), ==, "closed");
    close(fd);
    fd = dial(server); /* a client that leaves in the middle */
    get(fd, "pieces?400");
    g_autofree char *begun = take(fd, 200, NULL);
    g_assert_cmpuint(strlen(begun), ==, 200);
    close(fd);
    g_assert_cmpstr(await_word(), ==, "closed");
    fd = dial(server); /* HTTP/1.0: up to the end */
    put(fd, "GET /t/pieces?1 HTTP/1.0\r\n\r\n");
    g_autofree char *old = take(fd, 0, "\r\n\r\n");
    g_assert_null(strstr(old, "chunked"));
    g_autofree char *all = take(fd, SIZE_MAX, NULL);
    g_assert_cmpuint(strlen(all), ==, 100000);
    g_assert_cmpstr(await_word(), ==, "closed");
    close(fd);
    http_server_close(server);
}

static void test_stream_in(void)
{
    struct http_server *server = serve_two();
    int fd = dial(server);
    g_autofree char *filling = g_strnfill(10000000, 'x');
    put(fd, "POST /t/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n");
    put(fd, filling);
    expect(fd, "200 10000000");
    put(fd, "POST /t/upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    expect(fd, "200 5");
    put(fd, "POST /t/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    expect(fd, "200 0");
    put(fd, "POST /t/upload?refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n");
    expect(fd, "403 no");
    g_assert_true(is_closed(fd));
    close(fd);
    fd = dial(server);
    put(fd, "POST /t/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    close(fd);
    g_assert_cmpstr(await_word(), ==, "socket");
    fd = dial(server);
    for (int leaves = 0; leaves < 2; leaves++) { /* the handler makes up its mind later */
        put(fd, "POST /t/upload?late HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabcde");
        struct http_request *request = await_given();
        if (leaves)
            close(fd);
        run_on_loop(request->loop, read_late, request);
        if (leaves)
            break;
        put(fd, "fghij");
        expect(fd, "200 10");
    }
    g_assert_cmpstr(await_word(), ==, "socket");
    fd = dial(server);
    put(fd, "POST /t/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 20000001\r\n\r\n");
    expect(fd, "400 body_too_large");
    close(fd);
    http_server_close(server);
}

static void test_times(void)
{
    struct http_server *server =
        serve((struct http_options){.loops = 1, .head_ms = 150, .body_ms = 150, .idle_ms = 150}, NULL);
    int head = dial(server), body = dial(server), idle = dial(server), silent = dial(server), held = dial(server);
    put(head, "GET /t/hello HT");
    put(body, "POST /t/echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    get(idle, "hello");
    get(held, "later");
    expect(idle, "200 hello");
    g_autofree char *late = take_reply(head, NULL);
    g_assert_true(g_str_has_prefix(late, "408 "));
    expect(body, "400 body_timeout");
    g_assert_true(is_closed(head) && is_closed(body) && is_closed(idle) && is_closed(silent));
    post_answer(await_given(), "no limit while it is ours to answer");
    expect(held, "200 no limit while it is ours to answer");
    close(head), close(body), close(idle), close(silent), close(held);
    http_server_close(server);
}

static void *stop_server(void *server)
{
    http_server_stop(server);
    return NULL;
}

static void test_drain(void)
{
    struct http_server *server = serve_two();
    int idle = dial(server), held = dial(server), later_fd = dial(server);
    get(idle, "hello");
    expect(idle, "200 hello");
    get(held, "hold");
    await_given();
    get(later_fd, "later");
    struct http_request *request = await_given();
    GThread *thread = g_thread_new("stop", stop_server, server);
    g_assert_true(is_closed(idle));
    expect(held, "200 nothing new");
    g_assert_cmpstr(await_word(), ==, "timeout");
    g_assert_true(is_closed(held));
    post_answer(request, "finished");
    g_autofree char *head = NULL;
    g_autofree char *reply = take_reply(later_fd, &head);
    g_assert_cmpstr(reply, ==, "200 finished");
    g_assert_nonnull(strstr(head, "Connection: close\r\n"));
    g_thread_join(thread);
    close(idle), close(held), close(later_fd);
    http_server_close(server);

    /* What is not finished in time is cut; a post that comes after that is still run. */
    server = serve((struct http_options){.loops = 1, .drain_ms = 100}, NULL);
    int fd = dial(server);
    get(fd, "later");
    request = await_given();
    http_server_stop(server);
    g_assert_true(is_closed(fd));
    g_assert_true(request->gone);
    post_answer(request, "too late");
    close(fd);
    http_server_close(server);
}

static void test_local(void)
{
    g_autofree char *folder = g_dir_make_tmp("http-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "s", NULL);
    struct http_server *server = serve((struct http_options){.loops = 1, .unix_path = path}, NULL);
    GStatBuf status;
    g_assert_cmpint(g_stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    set_patience(fd);
    get(fd, "whoami");
    expect(fd, "200 trusted");
    get(fd, "whence");
    expect(fd, "200 local");
    close(fd);
    http_server_close(server);
    g_assert_cmpint(g_stat(path, &status), !=, 0);
    g_rmdir(folder);
}

/* "whoami" behind a proxy that says this. */
static void ask_from(int fd, const char *real_ip, const char *expected)
{
    g_autofree char *request = g_strdup_printf("GET /t/whoami HTTP/1.1\r\nHost: x\r\nX-Real-IP: %s\r\n\r\n", real_ip);
    put(fd, request);
    expect(fd, expected);
}

static void test_address(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1, .trust_real_ip = true}, NULL);
    int fd = dial(server);
    get(fd, "whoami");
    expect(fd, "200 127.0.0.1");
    ask_from(fd, "192.0.2.7", "200 192.0.2.7");
    ask_from(fd, "2001:DB8:0:0::1", "200 2001:db8::1"); /* one spelling an address */
    static const char *const no_addresses[] = {"", "nobody", "192.0.2", "192.0.2.7, 192.0.2.8", "192.0.2.7:80", "::g"};
    for (size_t i = 0; i < G_N_ELEMENTS(no_addresses); i++)
        ask_from(fd, no_addresses[i], "200 127.0.0.1");
    close(fd);
    http_server_close(server);
    server = serve((struct http_options){.loops = 1}, NULL);
    fd = dial(server);
    ask_from(fd, "192.0.2.7", "200 127.0.0.1"); /* not told to trust anybody */
    close(fd);
    http_server_close(server);
}

/* Whoever passes requests on says so in one of several headers. */
static void test_forwarded(void)
{
    static const char *const marks[] = {"X-Real-IP",         "x-forwarded-for", "X-Forwarded-Host",
                                        "X-FORWARDED-PROTO", "Forwarded",       "Via"};
    struct http_server *server = serve((struct http_options){.loops = 1}, NULL);
    int fd = dial(server);
    get(fd, "whence");
    expect(fd, "200 local");
    put(fd, "GET /t/whence HTTP/1.1\r\nHost: x\r\nX-Other: a\r\nVary: b\r\nFrom: c\r\n\r\n");
    expect(fd, "200 local");
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        g_autofree char *request =
            g_strdup_printf("GET /t/whence HTTP/1.1\r\nHost: x\r\n%s: something\r\n\r\n", marks[i]);
        put(fd, request);
        expect(fd, "200 forwarded");
    }
    close(fd);
    http_server_close(server);
}

static void test_refusals(void)
{
    struct http_server *server = serve((struct http_options){.loops = 2, .connections = 2}, NULL);
    int one = dial(server), two = dial(server);
    get(one, "hello");
    expect(one, "200 hello");
    get(two, "hello");
    expect(two, "200 hello");
    int three = dial(server);
    g_autofree char *full = take(three, SIZE_MAX, NULL);
    g_assert_true(g_str_has_prefix(full, "HTTP/1.1 503 "));
    g_assert_nonnull(strstr(full, "\r\nX-Content-Type-Options: nosniff\r\n"));
    close(one), close(two), close(three);
    uint16_t port = http_server_port(server);
    g_autoptr(GError) error = NULL;
    g_assert_null(serve((struct http_options){.port = port}, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_SOCKET);
    g_clear_error(&error);
    g_assert_null(serve((struct http_options){.host = "localhost"}, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_SETTING_INVALID);
    g_clear_error(&error);
    g_assert_null(serve((struct http_options){.loops = 3, .user = &accesses}, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_DATABASE_CORRUPT);
    http_server_close(server);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/server/plain", test_plain);
    g_test_add_func("/server/bodies", test_bodies);
    g_test_add_func("/server/pipeline", test_pipeline);
    g_test_add_func("/server/hold", test_hold);
    g_test_add_func("/server/stream_out", test_stream_out);
    g_test_add_func("/server/stream_in", test_stream_in);
    g_test_add_func("/server/times", test_times);
    g_test_add_func("/server/drain", test_drain);
    g_test_add_func("/server/forwarded", test_forwarded);
    g_test_add_func("/server/address", test_address);
    g_test_add_func("/server/local", test_local);
    g_test_add_func("/server/refusals", test_refusals);
    return g_test_run();
}
