/* A server for clients of WebSockets and event streams that were made elsewhere: `echo BEAT_MS` prints its port and
 * serves until its standard input ends.
 *
 *     /socket   says back what it hears
 *     /events   tells its path's query as one event, then stays open */
#include "http/events.h"
#include "http/websocket.h"

#include <stdio.h>
#include <stdlib.h>

static void echo(struct http_websocket *socket, bool text, struct str bytes)
{
    http_websocket_send(socket, http_websocket_message(text, bytes));
}

static void socket_closed(struct http_websocket *socket, unsigned code)
{
    (void)code;
    g_free(socket);
}

static void open_socket(struct http_request *request)
{
    struct http_websocket *socket = g_new0(struct http_websocket, 1);
    *socket = (struct http_websocket){.message = echo, .closed = socket_closed};
    if (!http_websocket_open(request, STR(""), socket))
        g_free(socket);
}

static void events_closed(struct http_events *events)
{
    g_free(events);
}

static void open_events(struct http_request *request)
{
    struct http_events *events = g_new0(struct http_events, 1);
    struct http_bytes *event = http_event_new(http_events_last_id(request), STR("query"), request->query);
    events->closed = events_closed;
    if (http_events_open(request, STR(""), events)) {
        http_events_send(events, event);
    } else {
        http_bytes_unref(event);
        g_free(events);
    }
}

static void problem(struct http_request *request, const GError *error)
{
    http_reply(request, http_status(error), STR("Content-Type: text/plain\r\n"), str_from_c(error->message));
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/socket", .handler = open_socket},
    {.method = HTTP_GET, .pattern = "/events", .handler = open_events},
};

int main(int argc, char **argv)
{
    int64_t beat_ms = 0;
    if (argc != 2 || !str_to_int64(str_from_c(argv[1]), &beat_ms))
        return EXIT_FAILURE;
    struct http_router *router = http_router_new();
    const struct http_mount mount = {
        .prefix = "", .routes = routes, .route_count = G_N_ELEMENTS(routes), .problem = problem};
    const struct http_options options = {.host = "127.0.0.1", .loops = 1, .beat_ms = (unsigned)beat_ms};
    g_autoptr(GError) error = NULL;
    http_router_mount(router, &mount, NULL);
    struct http_server *server = http_server_open(&options, router, &error);
    if (!server) {
        fprintf(stderr, "%s\n", error->message);
        return EXIT_FAILURE;
    }
    printf("%u\n", http_server_port(server));
    fflush(stdout);
    while (getchar() != EOF)
        ;
    http_server_close(server);
    return EXIT_SUCCESS;
}
