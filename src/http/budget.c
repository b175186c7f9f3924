/* Memory kept for clients is counted and bounded, whatever they do.
 *
 * What is counted: input that waits, heads and bodies of requests, answers that wait for earlier ones or for a socket,
 * and what handlers say they keep (http_request_charge). Each place where such bytes lie has its own number, and
 * http_keep moves the sums of its connection and its loop along:
 *
 *     connection: kept_buffers      input and output
 *     request:    kept              its arena and `bytes`
 *                 charged           its handler's
 *
 * A connection whose requests keep more than http_options.connection_memory begins no further request: the client
 * waits. All connections of a loop together keep at most the loop's share of http_options.memory: beyond it the
 * connections that keep most are cut. Memory of a dead connection is no longer counted, since cutting others would not
 * give it back: what handlers have of it is bounded by their queues. */
#include "http/inside.h"

void http_keep(struct connection *connection, size_t *place, size_t bytes)
{
    if (connection->dead)
        return;
    connection->kept += bytes - *place;
    http_count(&connection->loop->kept, bytes - *place);
    *place = bytes;
}

void http_connection_forget_kept(struct connection *connection)
{
    http_count(&connection->loop->kept, -(uint64_t)connection->kept);
    connection->kept = 0;
}

bool http_connection_has_room(const struct connection *connection)
{
    return connection->kept - connection->kept_buffers <= connection->loop->server->options.connection_memory;
}

static struct connection *find_worst(struct http_loop *loop)
{
    struct connection *worst = NULL;
    for (struct wheel_link *link = loop->connections.next; link != &loop->connections; link = link->next) {
        struct connection *connection = http_connection_of_link(link);
        if (!connection->dead && (!worst || connection->kept > worst->kept))
            worst = connection;
    }
    return worst;
}

void http_loop_relieve(struct http_loop *loop)
{
    while (atomic_load_explicit(&loop->kept, memory_order_relaxed) > loop->memory) {
        http_count(&loop->connections_cut, 1);
        http_connection_kill(find_worst(loop));
    }
}
