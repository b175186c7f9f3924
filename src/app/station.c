#include "app/station.h"

#include "app/settings.h"
#include "base/clock.h"
#include "core/erase.h"
#include "core/identity.h"
#include "core/kept.h"
#include "core/live.h"
#include "core/quota.h"
#include "core/refill.h"
#include "port/admin.h"
#include "text/json_write.h"
#include "wire/outcome/deferred.h"
#include "wire/parley/parley.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

struct station {
    struct core *core;
    struct http_server *server; /* atomic: requests may come before it is known */
    int64_t started_ms;
    bool stopping; /* atomic */
    struct store_progress progress;
};

/* ---- /healthz ------------------------------------------------------------------------------------------- */

/* The store answers a read: the least a healthy server does. */
static void healthz(struct http_request *request)
{
    GError *error = NULL;
    struct store_txn *txn = core_read_begin(http_loop_data(request->loop), &error);
    if (!txn) {
        parley_refuse(request, error);
        g_error_free(error);
        return;
    }
    core_read_end(txn);
    http_reply(request, 200, STR("Content-Type: application/json\r\nCache-Control: no-store\r\n"),
               STR("{\"status\":\"ok\",\"version\":\"" PARLEY_VERSION "\"}"));
}

/* ---- /metrics ------------------------------------------------------------------------------------------- */

/* From this machine itself, not through a proxy on it, or with an administrator's credentials. */
static bool may_see_metrics(struct station *station, struct http_request *request, GError **error)
{
    struct store_reader *reader = http_loop_data(request->loop);
    struct caller caller;
    struct str scheme, bearer = str_split(http_request_header(request, STR("Authorization"), NULL), ' ', &scheme);
    struct str user = http_request_header(request, STR("X-User-Id"), NULL);
    struct str token = http_request_header(request, STR("X-Auth-Token"), NULL);
    if (http_request_is_local(request))
        return true;
    if (str_equal_nocase(scheme, STR("Bearer"))) {
        if (!identity_of_bearer(station->core, reader, str_trim(bearer), false, &caller, &request->arena, error))
            return false;
        if (caller.rights & RIGHT_ADMIN)
            return true;
    } else if (user.ptr && token.ptr) {
        if (!identity_of_operator_token(station->core, reader, user, token, false, &caller, &request->arena, error))
            return false;
        if (caller.roles & ROLE_ADMIN)
            return true;
    }
    reason_set(error, REASON_RIGHT_MISSING, "metrics are for this machine itself and for administrators");
    return false;
}

static void add_metric(struct buf *out, const char *name, const char *type, const char *help, int64_t value)
{
    buf_printf(out, "# HELP parley_%s %s\n# TYPE parley_%s %s\nparley_%s ", name, help, name, type, name);
    buf_add_int(out, value);
    buf_add_byte(out, '\n');
}

static int64_t resident_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fscanf(file, "%*s %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static void add_answers(struct buf *out, const struct http_server *server)
{
    const struct http_router *router = http_server_router(server);
    size_t count = http_router_count(router);
    buf_add_literal(out, "# HELP parley_http_answers_total Answers by route and class of status.\n"
                         "# TYPE parley_http_answers_total counter\n");
    for (size_t i = 0; i <= count; i++) {
        const struct http_route *route = NULL;
        const struct http_mount *mount = i < count ? http_router_get(router, i, &route) : NULL;
        for (unsigned status = 1; status <= 5; status++) {
            uint64_t answers = http_server_answers(server, i, status);
            if (answers || status == 2) /* a route nobody asked yet is a series too */
                buf_printf(out, "parley_http_answers_total{method=\"%s\",route=\"%s%s\",status=\"%uxx\"} %" PRIu64 "\n",
                           route ? http_method_name(route->method) : "", mount ? mount->prefix : "",
                           route ? route->pattern : "unknown", status, answers);
        }
    }
}

static void add_quotas(struct core *core, struct buf *out)
{
    struct quota_counters refused;
    quota_counters(core, &refused);
    const struct {
        const char *name;
        int64_t count;
    } rows[] = {
        {"open", refused.opens}, {"operation", refused.operations}, {"key", refused.keys}, {"login", refused.logins}};
    buf_add_literal(out, "# HELP parley_limited_total Requests refused because somebody did too much of it.\n"
                         "# TYPE parley_limited_total counter\n");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        buf_printf(out, "parley_limited_total{what=\"%s\"} %" PRIi64 "\n", rows[i].name, rows[i].count);
}

/* What a limit tells clients is a series from the start, any other reason once it was given. */
static void add_refusals(struct buf *out, const struct http_server *server)
{
    buf_add_literal(out, "# HELP parley_refusals_total Requests refused, by reason.\n"
                         "# TYPE parley_refusals_total counter\n");
    for (int reason = 0; reason < REASON_COUNT; reason++) {
        uint64_t count = http_server_refusals(server, (enum reason)reason);
        if (count || limits_tell((enum reason)reason))
            buf_printf(out, "parley_refusals_total{reason=\"%s\"} %" PRIu64 "\n", reason_name((enum reason)reason),
                       count);
    }
}

static void add_metrics(struct station *station, struct buf *out)
{
    struct store_counters store;
    struct live_counters live;
    struct refill_counters refill;
    struct kept_counters answers;
    struct erase_counters erasure;
    struct http_counters http;
    struct http_server *server = __atomic_load_n(&station->server, __ATOMIC_ACQUIRE);
    store_counters(core_store(station->core), &store);
    live_counters(station->core, &live);
    add_metric(out, "uptime_seconds", "gauge", "Since the server started.",
               (clock_monotonic_ms() - station->started_ms) / 1000);
    add_metric(out, "resident_bytes", "gauge", "Resident memory.", resident_bytes());
    add_metric(out, "store_groups_total", "counter", "Transactions of the writer.", store.groups);
    add_metric(out, "store_jobs_total", "counter", "Changes written.", store.jobs);
    add_metric(out, "store_group_failures_total", "counter", "Transactions that failed.", store.group_failures);
    add_metric(out, "store_writes_off", "gauge", "1 while writes are refused since a commit failed.", store.writes_off);
    add_metric(out, "store_wal_bytes", "gauge", "Size of the write-ahead log.", store.log_bytes);
    add_metric(out, "store_queue_length", "gauge", "Changes waiting for the writer.", store.queue_length);
    refill_counters(station->core, &refill);
    add_metric(out, "search_refill_messages_total", "counter", "Messages looked at to fill the search index anew.",
               refill.messages);
    add_metric(out, "search_indexed_from_seconds", "gauge",
               "Unix time; messages older than that are not in the search index yet. 0: all are.",
               refill.indexed_from_ms == NO_TIME ? 0 : refill.indexed_from_ms / 1000);
    add_metric(out, "live_tails", "gauge", "Chats held in memory.", live.tails);
    add_metric(out, "live_waiters", "gauge", "Polls held.", live.waiters);
    add_quotas(station->core, out);
    kept_counters(station->core, &answers);
    add_metric(out, "answers_kept_bytes", "gauge", "Answers kept in memory.", answers.bytes);
    add_metric(out, "answers_kept_total", "counter", "Answers put there.", answers.made);
    add_metric(out, "answers_given_again_total", "counter", "Requests answered from there.", answers.given);
    erase_counters(station->core, &erasure);
    add_metric(out, "store_bytes", "gauge", "Size of the database's files, without the log.", store.bytes);
    add_metric(out, "scrub_owed", "gauge", "1 while something that was erased is still in the files.", erasure.owed);
    add_metric(out, "scrub_due_seconds", "gauge", "When it will be scrubbed from them (Unix time); 0 = nothing is due.",
               erasure.due_ms / 1000);
    add_metric(out, "scrub_expected_seconds", "gauge", "How long writes would wait for a scrub.",
               erasure.expected_ms / 1000);
    add_metric(out, "scrub_last_seconds", "gauge", "How long the last scrub took.", erasure.took_ms / 1000);
    add_metric(out, "scrubs_total", "counter", "Scrubs done.", erasure.scrubs);
    if (!server)
        return;
    http_server_counters(server, &http);
    add_metric(out, "http_connections", "gauge", "Open connections.", (int64_t)http.connections_open);
    add_metric(out, "http_connections_total", "counter", "Connections accepted.", (int64_t)http.connections_total);
    add_metric(out, "http_connections_refused_total", "counter", "Connections refused.",
               (int64_t)http.connections_refused);
    add_metric(out, "http_connections_cut_total", "counter", "Connections cut because clients needed too much memory.",
               (int64_t)http.connections_cut);
    add_metric(out, "http_event_streams", "gauge", "Event streams open.", (int64_t)http.event_streams_open);
    add_metric(out, "http_sockets", "gauge", "WebSockets open.", (int64_t)http.sockets_open);
    add_metric(out, "http_kept_bytes", "gauge", "Memory for requests and unsent answers.", (int64_t)http.bytes_kept);
    add_metric(out, "http_requests", "gauge", "Requests under way.", (int64_t)http.requests_open);
    add_metric(out, "http_requests_held", "gauge", "Requests held.", (int64_t)http.requests_held);
    add_metric(out, "http_requests_total", "counter", "Requests.", (int64_t)http.requests_total);
    add_metric(out, "http_received_bytes_total", "counter", "Bytes received.", (int64_t)http.bytes_in);
    add_metric(out, "http_sent_bytes_total", "counter", "Bytes sent.", (int64_t)http.bytes_out);
    add_answers(out, server);
    add_refusals(out, server);
}

static void metrics(struct http_request *request)
{
    struct station *station = (struct station *)request->mount->word;
    GError *error = NULL;
    struct buf out;
    if (!may_see_metrics(station, request, &error)) {
        parley_refuse(request, error);
        g_error_free(error);
        return;
    }
    buf_init(&out, LIMIT_HTTP_REPLY_BUFFER);
    add_metrics(station, &out);
    http_reply(request, 200,
               STR("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\nCache-Control: no-store\r\n"),
               buf_str(&out));
    buf_clear(&out);
}

/* ---- the commands' route -------------------------------------------------------------------------------- */

static void answer_command(struct http_request *request, struct op *op)
{
    if (op->error)
        parley_refuse(request, op->error);
    else
        http_reply(request, 200, STR("Content-Type: application/json\r\nCache-Control: no-store\r\n"),
                   ((struct admin_op *)op)->reply);
}

/* Only for the one who may read the data directory anyway: over the unix socket, by the peer's user id. */
static void command(struct http_request *request)
{
    struct station *station = (struct station *)request->mount->word;
    if (request->peer != HTTP_PEER_TRUSTED) {
        g_autoptr(GError) error = NULL;
        reason_set(&error, REASON_ROUTE_UNKNOWN, "there is no such path");
        parley_refuse(request, error);
        return;
    }
    struct admin_op *op = g_new(struct admin_op, 1);
    admin_op_init(op, station->core);
    op->request = request->body;
    op->progress = &station->progress;
    deferred_answer(request, &op->op, answer_command);
}

static const struct http_route command_routes[] = {{HTTP_POST, "/command", command, NULL, 0, 0}};

static const struct http_route routes[] = {
    {HTTP_GET, "/healthz", healthz, NULL, 0, 0},
    {HTTP_GET, "/metrics", metrics, NULL, 0, 0},
};

static bool goes_on(void *data, int64_t done, int64_t total)
{
    struct station *station = data;
    (void)done, (void)total;
    return !__atomic_load_n(&station->stopping, __ATOMIC_RELAXED);
}

void station_stop(struct station *station)
{
    __atomic_store_n(&station->stopping, true, __ATOMIC_RELAXED);
}

struct station *station_new(struct core *core)
{
    struct station *station = g_new0(struct station, 1);
    station->core = core;
    station->progress = (struct store_progress){.report = goes_on, .data = station};
    station->started_ms = clock_monotonic_ms();
    return station;
}

void station_free(struct station *station)
{
    g_free(station);
}

bool station_mount(struct station *station, struct http_router *router, GError **error)
{
    struct http_mount root = {
        .prefix = "", .routes = routes, .route_count = G_N_ELEMENTS(routes), .problem = parley_refuse, .word = station};
    struct http_mount commands = {.prefix = "/parley/v1/admin",
                                  .routes = command_routes,
                                  .route_count = G_N_ELEMENTS(command_routes),
                                  .problem = parley_refuse,
                                  .word = station};
    return http_router_mount(router, &root, error) && http_router_mount(router, &commands, error);
}

void station_set_server(struct station *station, struct http_server *server)
{
    __atomic_store_n(&station->server, server, __ATOMIC_RELEASE);
}
