/* Event streams over a real server. */
#include "http/events.h"

#include "http/testbed.h"

#include <sys/socket.h>
#include <unistd.h>

struct stream {
    struct http_events events; /* first */
    struct http_loop *loop;
    bool over;
    int64_t left; /* bytes that the stream still makes */
};

static void over(struct http_events *events)
{
    ((struct stream *)events)->over = true;
    say("closed");
}

static void make_more(struct http_events *events);

static void open_stream(struct http_request *request, int64_t bytes)
{
    struct stream *stream = g_new0(struct stream, 1);
    *stream = (struct stream){{.closed = over, .taken = make_more}, request->loop, .left = bytes};
    if (http_events_open(request, STR("X-More: 1\r\n"), &stream->events)) {
        give(stream);
    } else {
        g_free(stream);
        say("refused");
    }
}

static void stream(struct http_request *request)
{
    open_stream(request, 0);
}

/* As many bytes as the query says, in events of 20 KB. */
static void much(struct http_request *request)
{
    int64_t bytes = 0;
    str_to_int64(request->query, &bytes);
    open_stream(request, bytes);
}

static void later(struct http_request *request)
{
    give(request);
}

static void last_id(struct http_request *request)
{
    struct str id = http_events_last_id(request);
    http_reply(request, 200, TEXT, id.ptr ? id : STR("none"));
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/stream", .handler = stream},
    {.method = HTTP_GET, .pattern = "/much", .handler = much},
    {.method = HTTP_GET, .pattern = "/later", .handler = later},
    {.method = HTTP_GET, .pattern = "/last-id", .handler = last_id},
};

static struct http_server *serve(struct http_options options)
{
    return serve_routes(options, routes, G_N_ELEMENTS(routes));
}

/* --- on the loop's thread --- */

static void send_text(void *data)
{
    struct stream *to = data;
    if (!to->over)
        http_events_send(&to->events, http_event_new(STR("7"), STR("greeting"), STR("hello\nworld")));
}

static void send_much(void *data)
{
    struct stream *to = data;
    g_autofree char *filling = g_strnfill(20000, 'x');
    if (!to->over)
        http_events_send(&to->events, http_event_new(STR_NULL, STR_NULL, str_from_c(filling)));
}

/* Some, and again when that was taken: a client that comes back and has missed much. */
static void make_more(struct http_events *events)
{
    struct stream *of = (struct stream *)events;
    while (of->left > 0 && http_events_unsent(events) < 60000) {
        send_much(of);
        of->left -= 20000;
    }
    if (of->left > 0)
        http_events_when_taken(events);
    else
        http_events_close(events);
}

static void start_much(void *data)
{
    struct stream *of = data;
    make_more(&of->events);
}

static void close_stream(void *data)
{
    struct stream *of = data;
    if (!of->over)
        http_events_close(&of->events);
}

static const char greeting[] = "id: 7\nevent: greeting\ndata: hello\ndata: world\n\n";

static char *take_head(int fd)
{
    char *head = take(fd, 0, "\r\n\r\n");
    g_assert_true(g_str_has_prefix(head, "HTTP/1.1 200 OK\r\n"));
    return head;
}

static void skip_head(int fd)
{
    g_autofree char *head = take_head(fd);
    g_assert_nonnull(strstr(head, "Content-Type: text/event-stream\r\n"));
}

static void expect_bytes(int fd, const char *bytes)
{
    g_autofree char *got = take(fd, strlen(bytes), NULL);
    g_assert_cmpstr(got, ==, bytes);
}

/* A stream that has sent its head. */
static struct stream *open_on(int fd, const char *target)
{
    get(fd, target);
    struct stream *opened = await_given();
    skip_head(fd);
    return opened;
}

/* Posts may still be under way to a stream that was closed, so they all live until their server is closed. */
static GSList *closed_streams;

static void expect_closed(struct stream *of)
{
    g_assert_cmpstr(await_word(), ==, "closed");
    closed_streams = g_slist_prepend(closed_streams, of);
}

static void close_server(struct http_server *server)
{
    http_server_close(server);
    g_slist_free_full(g_steal_pointer(&closed_streams), g_free);
}

/* --- tests --- */

static void test_told(void)
{
    struct http_server *server = serve((struct http_options){.loops = 2});
    int fd = dial(server);
    get(fd, "stream");
    struct stream *opened = await_given();
    run_on_loop(opened->loop, send_text, opened);
    g_autofree char *head = take_head(fd);
    g_assert_nonnull(strstr(head, "Content-Type: text/event-stream\r\n"));
    g_assert_nonnull(strstr(head, "Cache-Control: no-store\r\n"));
    g_assert_nonnull(strstr(head, "X-More: 1\r\n"));
    g_assert_nonnull(strstr(head, "X-Content-Type-Options: nosniff\r\n"));
    g_assert_nonnull(strstr(head, "Connection: close\r\n"));
    g_assert_null(strstr(head, "Length"));
    expect_bytes(fd, greeting);
    run_on_loop(opened->loop, send_text, opened);
    run_on_loop(opened->loop, send_text, opened);
    run_on_loop(opened->loop, close_stream, opened);
    expect_bytes(fd, greeting);
    expect_bytes(fd, greeting);
    g_assert_true(is_closed(fd));
    expect_closed(opened);
    close(fd);
    http_server_stop(server);
    struct http_counters counters;
    http_server_counters(server, &counters);
    g_assert_cmpuint(counters.event_streams_open, ==, 0);
    g_assert_cmpuint(counters.bytes_kept, ==, 0);
    close_server(server);
}

struct broadcast {
    struct http_loop *loop;
    struct stream **streams;
    size_t count;
    struct http_bytes *event;
};

static void send_to_all(void *data)
{
    struct broadcast *broadcast = data;
    for (size_t i = 0; i < broadcast->count; i++)
        if (broadcast->streams[i]->loop == broadcast->loop)
            http_events_send(&broadcast->streams[i]->events, http_bytes_ref(broadcast->event));
    http_bytes_unref(broadcast->event);
}

static void test_shared(void)
{
    enum { STREAMS = 40 };
    struct http_server *server = serve((struct http_options){.loops = 2});
    struct stream *streams[STREAMS];
    int fds[STREAMS];
    for (int i = 0; i < STREAMS; i++) {
        fds[i] = dial(server);
        streams[i] = open_on(fds[i], "stream");
    }
    struct http_bytes *event = http_event_new(STR("1"), STR_NULL, STR("to all"));
    struct broadcast broadcasts[2] = {{streams[0]->loop, streams, STREAMS, http_bytes_ref(event)}, {.count = 0}};
    run_on_loop(streams[0]->loop, send_to_all, &broadcasts[0]);
    for (int i = 1; i < STREAMS && !broadcasts[1].count; i++)
        if (streams[i]->loop != streams[0]->loop) {
            broadcasts[1] = (struct broadcast){streams[i]->loop, streams, STREAMS, http_bytes_ref(event)};
            run_on_loop(streams[i]->loop, send_to_all, &broadcasts[1]);
        }
    g_assert_cmpuint(broadcasts[1].count, ==, STREAMS);
    http_bytes_unref(event);
    for (int i = 0; i < STREAMS; i++) {
        expect_bytes(fds[i], "id: 1\ndata: to all\n\n");
        close(fds[i]);
    }
    for (int i = 0; i < STREAMS; i++)
        g_assert_cmpstr(await_word(), ==, "closed");
    for (int i = 0; i < STREAMS; i++)
        g_free(streams[i]);
    close_server(server);
}

static void test_left(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1, .connection_memory = 64 * 1024 * 1024});
    int fd = dial(server);
    struct stream *opened = open_on(fd, "stream");
    put(fd, "what a client says here is nobody's");
    close(fd);
    expect_closed(opened);
    fd = dial(server);
    opened = open_on(fd, "stream");
    shutdown(fd, SHUT_WR);
    expect_closed(opened);
    g_assert_true(is_closed(fd));
    close(fd);
    /* It left while the socket was full. */
    fd = dial(server);
    opened = open_on(fd, "stream");
    for (int i = 0; i < 1000; i++)
        run_on_loop(opened->loop, send_much, opened);
    shutdown(fd, SHUT_WR);
    expect_closed(opened);
    close(fd);
    close_server(server);
}

static void test_beat(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1, .beat_ms = 60});
    int fd = dial(server);
    struct stream *opened = open_on(fd, "stream");
    expect_bytes(fd, ":\n\n:\n\n:\n\n");
    close(fd);
    expect_closed(opened);
    close_server(server);
}

static void send_large(void *data)
{
    struct stream *to = data;
    g_autofree char *filling = g_strnfill(5000000, 'x');
    http_events_send(&to->events, http_event_new(STR_NULL, STR_NULL, str_from_c(filling)));
}

/* More than sockets hold and than may wait, but all of it is one event. */
static void test_large(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1, .connection_memory = 64 * 1024});
    int fd = dial(server);
    struct stream *opened = open_on(fd, "stream");
    run_on_loop(opened->loop, send_large, opened);
    run_on_loop(opened->loop, close_stream, opened);
    g_autofree char *all = take(fd, SIZE_MAX, NULL);
    g_assert_cmpuint(strlen(all), ==, strlen("data: \n\n") + 5000000);
    expect_closed(opened);
    close(fd);
    close_server(server);
}

static void test_slow(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1, .connection_memory = 64 * 1024});
    int slow = dial(server), quick = dial(server);
    struct stream *one = open_on(slow, "stream"), *other = open_on(quick, "stream");
    for (int i = 0; i < 2000; i++)
        run_on_loop(one->loop, send_much, one);
    expect_closed(one);
    run_on_loop(other->loop, send_text, other);
    expect_bytes(quick, greeting);
    close(slow), close(quick);
    expect_closed(other);
    close_server(server);
}

static void test_taken(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1, .connection_memory = 64 * 1024});
    int fd = dial(server);
    struct stream *opened = open_on(fd, "much?20000000");
    run_on_loop(opened->loop, start_much, opened);
    size_t total = 0;
    ssize_t n;
    char buffer[65536];
    while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0)
        total += (size_t)n;
    g_assert_cmpuint(total, ==, 1000 * (strlen("data: \n\n") + 20000));
    expect_closed(opened);
    close(fd);
    close_server(server);
}

static void ask_last_id(const struct http_server *server, const char *header, const char *reply)
{
    int fd = dial(server);
    g_autofree char *text = g_strdup_printf("GET /t/last-id HTTP/1.1\r\nHost: x\r\n%s\r\n", header);
    put(fd, text);
    expect(fd, reply);
    close(fd);
}

static void test_last_id(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1});
    ask_last_id(server, "", "200 none");
    ask_last_id(server, "Last-Event-ID: 17-a\r\n", "200 17-a");
    ask_last_id(server, "Last-Event-ID: \r\n", "200 none");
    ask_last_id(server, "Last-Event-ID: a\tb\r\n", "200 none");
    ask_last_id(server, "Last-Event-ID: \xff\r\n", "200 none");
    g_autofree char *filling = g_strnfill(257, '1'), *longer = g_strdup_printf("Last-Event-ID: %s\r\n", filling);
    ask_last_id(server, longer, "200 none");
    close_server(server);
}

static void open_late(void *request)
{
    stream(request);
}

static void test_in_line(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1});
    int fd = dial(server);
    put(fd, "GET /t/later HTTP/1.1\r\nHost: x\r\n\r\nGET /t/stream HTTP/1.1\r\nHost: x\r\n\r\n");
    struct http_request *first = await_given();
    struct stream *opened = await_given();
    run_on_loop(opened->loop, send_text, opened); /* waits behind the head, which waits behind the first answer */
    post_answer(first, "first");
    expect(fd, "200 first");
    skip_head(fd);
    expect_bytes(fd, greeting);
    close(fd);
    expect_closed(opened);
    /* A client that left before it began. */
    fd = dial(server);
    put(fd, "GET /t/later HTTP/1.1\r\nHost: x\r\n\r\nGET /t/stream HTTP/1.1\r\nHost: x\r\n\r\n");
    first = await_given();
    opened = await_given();
    struct linger reset = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    expect_closed(opened);
    post_answer(first, "nobody hears it");
    /* Nothing may stand behind a stream. */
    fd = dial(server);
    put(fd, "GET /t/later HTTP/1.1\r\nHost: x\r\n\r\nGET /t/last-id HTTP/1.1\r\nHost: x\r\n\r\n");
    first = await_given();
    run_on_loop(first->loop, open_late, first);
    expect(fd, "400 This connection cannot be taken over.\n");
    expect(fd, "200 none");
    g_assert_cmpstr(await_word(), ==, "refused");
    close(fd);
    close_server(server);
}

static void test_head(void)
{
    struct http_server *server = serve((struct http_options){.loops = 1});
    int fd = dial(server);
    put(fd, "HEAD /t/stream HTTP/1.1\r\nHost: x\r\n\r\n");
    skip_head(fd);
    g_assert_cmpstr(await_word(), ==, "refused");
    put(fd, "GET /t/stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    struct stream *opened = await_given();
    skip_head(fd);
    run_on_loop(opened->loop, send_text, opened);
    run_on_loop(opened->loop, close_stream, opened);
    expect_bytes(fd, greeting);
    g_assert_true(is_closed(fd));
    expect_closed(opened);
    close(fd);
    close_server(server);
}

static void test_drain(void)
{
    struct http_server *server = serve((struct http_options){.loops = 2});
    int fd = dial(server);
    struct stream *opened = open_on(fd, "stream");
    run_on_loop(opened->loop, send_text, opened);
    http_server_stop(server);
    expect_bytes(fd, greeting);
    g_assert_true(is_closed(fd));
    expect_closed(opened);
    close(fd);
    close_server(server);
}

static void test_format(void)
{
    static const struct {
        const char *id, *name, *data, *bytes;
    } cases[] = {
        {NULL, NULL, "a", "data: a\n\n"},
        {NULL, NULL, "", "data: \n\n"},
        {NULL, NULL, "a\nb", "data: a\ndata: b\n\n"},
        {NULL, NULL, "a\r\nb\rc\n", "data: a\ndata: b\ndata: c\ndata: \n\n"},
        {NULL, NULL, "\r\n", "data: \ndata: \n\n"},
        {NULL, NULL, "\n\r", "data: \ndata: \ndata: \n\n"},
        {"1", "n", "x", "id: 1\nevent: n\ndata: x\n\n"},
        {"1\ndata: no", "n\revent: no", "id: yes", "id: 1\nevent: n\ndata: id: yes\n\n"},
        {"", NULL, "x", "id: \ndata: x\n\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct http_bytes *event =
            http_event_new(str_from_c(cases[i].id), str_from_c(cases[i].name), str_from_c(cases[i].data));
        g_autofree char *bytes = str_to_heap(http_bytes_str(event));
        g_assert_cmpstr(bytes, ==, cases[i].bytes);
        http_bytes_unref(event);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/events/are told as they come", test_told);
    g_test_add_func("/events/are made once for many", test_shared);
    g_test_add_func("/events/a client that left is noticed", test_left);
    g_test_add_func("/events/silence is told, too", test_beat);
    g_test_add_func("/events/a client that takes nothing is dropped", test_slow);
    g_test_add_func("/events/one event may be larger than what may wait", test_large);
    g_test_add_func("/events/much is told as fast as it is taken", test_taken);
    g_test_add_func("/events/the last id is the client's", test_last_id);
    g_test_add_func("/events/a stream waits in line, nothing behind it", test_in_line);
    g_test_add_func("/events/HEAD and HTTP 1.0", test_head);
    g_test_add_func("/events/a server that stops ends them", test_drain);
    g_test_add_func("/events/bytes of an event", test_format);
    return g_test_run();
}
