#include "http/channel.h"

static void on_tick(uv_timer_t *timer)
{
    struct http_loop *loop = timer->data;
    wheel_advance(&loop->wheel, http_loop_now(loop));
    http_loop_done(loop);
    if (loop->wheel.count == 0)
        uv_timer_stop(timer); /* an idle server sleeps */
}

void http_loop_timer(struct http_loop *loop, struct wheel_timer *timer, int64_t ms, void (*fire)(struct wheel_timer *))
{
    if (!uv_is_active((uv_handle_t *)&loop->tick)) {
        wheel_advance(&loop->wheel, http_loop_now(loop));
        uv_timer_start(&loop->tick, on_tick, WHEEL_TICK_MS, WHEEL_TICK_MS);
    }
    wheel_set(&loop->wheel, timer, http_loop_now(loop) + ms, fire);
}

static void run_posts(struct http_loop *loop)
{
    struct http_post *newest = atomic_exchange_explicit(&loop->posts, NULL, memory_order_acquire), *oldest = NULL;
    while (newest) {
        struct http_post *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct http_post *post = oldest;
        oldest = post->next; /* first: the post may be freed or posted anew */
        post->run(post);
        http_loop_relieve(loop);
    }
}

static void on_wake(uv_async_t *wake)
{
    struct http_loop *loop = wake->data;
    run_posts(loop);
    http_loop_done(loop);
}

void http_post(struct http_loop *loop, struct http_post *post)
{
    struct http_post *newest = atomic_load_explicit(&loop->posts, memory_order_relaxed);
    do
        post->next = newest;
    while (!atomic_compare_exchange_weak_explicit(&loop->posts, &newest, post, memory_order_release,
                                                  memory_order_relaxed));
    /* Whoever finds the list empty wakes the loop for all that follow. */
    if (!newest)
        uv_async_send(&loop->wake);
}

void *http_loop_data(struct http_loop *loop)
{
    return loop->data;
}

void http_loop_open(struct http_loop *loop, struct http_server *server, unsigned index)
{
    loop->server = server;
    loop->index = index;
    loop->next_id = (uint64_t)index << 48;
    loop->memory = MAX(server->options.memory / server->loop_count, 4 * server->options.connection_memory);
    uv_loop_init(&loop->uv);
    uv_async_init(&loop->uv, &loop->wake, on_wake);
    uv_timer_init(&loop->uv, &loop->tick);
    loop->wake.data = loop->tick.data = loop;
    uv_sem_init(&loop->ready, 0);
    wheel_init(&loop->wheel, http_loop_now(loop));
    loop->connections.next = loop->connections.previous = &loop->connections;
    buf_init(&loop->out, SIZE_MAX / 2);
    buf_init(&loop->piece, LIMIT_HTTP_REPLY_BUFFER);
    loop->in = g_malloc(READ_SIZE);
    loop->answers = g_new0(_Atomic uint64_t, (http_router_count(server->router) + 1) * 5);
}

void http_loop_run(struct http_loop *loop)
{
    const struct http_options *options = &loop->server->options;
    if (options->loop_start)
        loop->data = options->loop_start(options->user, loop, &loop->error);
    bool fine = !loop->error;
    uv_sem_post(&loop->ready);
    if (!fine)
        return;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    if (options->loop_stop)
        options->loop_stop(options->user, loop);
    loop->data = NULL;
}

struct connection *http_connection_of_link(struct wheel_link *link)
{
    return (struct connection *)((char *)link - offsetof(struct connection, link));
}

static void free_connection(struct connection *connection)
{
    connection->link.previous->next = connection->link.next;
    connection->link.next->previous = connection->link.previous;
    buf_clear(&connection->input);
    buf_clear(&connection->output);
    g_free(connection);
}

static void free_graves(struct http_loop *loop)
{
    while (loop->graves) {
        struct connection *connection = loop->graves;
        loop->graves = connection->poll.data;
        free_connection(connection);
    }
}

void http_loop_done(struct http_loop *loop)
{
    do {
        while (loop->staged)
            http_loop_flush(loop);
        http_loop_flush_channels(loop);
        http_loop_relieve(loop);
    } while (loop->staged || loop->channels);
    free_graves(loop);
    if (loop->draining && loop->alive == 0 && !loop->ended) {
        loop->ended = true;
        uv_stop(&loop->uv);
    }
}

static void cut_rest(struct wheel_timer *timer)
{
    struct http_loop *loop = (struct http_loop *)((char *)timer - offsetof(struct http_loop, drain_timer));
    for (struct wheel_link *link = loop->connections.next; link != &loop->connections; link = link->next)
        http_connection_kill(http_connection_of_link(link));
}

void http_loop_drain(struct http_loop *loop)
{
    loop->draining = true;
    http_loop_timer(loop, &loop->drain_timer, loop->server->options.drain_ms, cut_rest);
    for (struct wheel_link *link = loop->connections.next; link != &loop->connections; link = link->next) {
        http_requests_fire_timeouts(http_connection_of_link(link));
        http_connection_drain(http_connection_of_link(link));
    }
}

void http_loop_close(struct http_loop *loop)
{
    run_posts(loop);
    http_loop_done(loop);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->tick, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    uv_sem_destroy(&loop->ready);
    free_graves(loop);
    while (loop->connections.next != &loop->connections) {
        /* Requests that nobody ended: their memory at least does not leak. */
        struct connection *connection = http_connection_of_link(loop->connections.next);
        while (connection->first) {
            struct request *request = connection->first;
            http_request_unlink(request);
            http_request_free(request);
        }
        free_connection(connection);
    }
    while (loop->spare) {
        struct request *request = loop->spare;
        loop->spare = request->next;
        arena_clear(&request->http.arena);
        g_free(request);
    }
    buf_clear(&loop->out);
    buf_clear(&loop->piece);
    g_free(loop->in);
    g_free(loop->answers);
    g_clear_error(&loop->error);
}
