/* `parley serve`: opens the store, the core, the dialects and the sockets, serves until it is told to stop. */
#include "app/command.h"
#include "app/dialects.h"
#include "app/place.h"
#include "app/sample.h"
#include "app/station.h"
#include "base/log.h"
#include "core/directory.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

struct serving {
    const struct settings *settings;
    char *host; /* of `listen` */
    uint16_t port;
    bool on_loopback;
    struct core *core;
    struct dialects *dialects;
    struct station *station;
    struct http_server *server;
};

/* ---- where ---------------------------------------------------------------------------------------------- */

static bool is_loopback(const char *host)
{
    struct in6_addr six;
    struct in_addr four;
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* "127.0.0.1:3000", "[::1]:3000". */
static bool parse_listen(struct serving *serving, GError **error)
{
    const char *listen = serving->settings->listen, *colon = strrchr(listen, ':');
    int64_t port;
    if (!colon || colon == listen || !str_to_int64(str_from_c(colon + 1), &port) || port < 0 || port > UINT16_MAX) {
        reason_set(error, REASON_SETTING_INVALID, "listen must be HOST:PORT with a numeric address, not \"%s\"",
                   listen);
        return false;
    }
    bool bracketed = listen[0] == '[' && colon[-1] == ']';
    serving->host = g_strndup(listen + bracketed, (size_t)(colon - listen) - 2 * bracketed);
    serving->port = (uint16_t)port;
    serving->on_loopback = is_loopback(serving->host);
    return true;
}

/* "03:00" as minutes of a day; "" = -1. */
static bool parse_scrub_at(const char *text, int *minute, GError **error)
{
    int hours = -1, minutes = -1, length = 0;
    *minute = -1;
    if (!*text)
        return true;
    if (sscanf(text, "%2d:%2d%n", &hours, &minutes, &length) == 2 && !text[length] && length == 5 && hours >= 0 &&
        hours < 24 && minutes >= 0 && minutes < 60) {
        *minute = hours * 60 + minutes;
        return true;
    }
    reason_set(error, REASON_SETTING_INVALID, "scrub_at must be a time of day as 03:00, or empty, not \"%s\"", text);
    return false;
}

/* ---- loops ---------------------------------------------------------------------------------------------- */

static void *loop_start(void *user, struct http_loop *loop, GError **error)
{
    struct serving *serving = user;
    (void)loop;
    return core_reader_open(serving->core, error);
}

static void loop_stop(void *user, struct http_loop *loop)
{
    (void)user;
    store_reader_close(http_loop_data(loop));
}

/* Never the target itself: paths and queries may hold credentials and names. */
static void log_access(void *user, struct http_request *request, const struct http_access *access)
{
    const struct http_route *route = request->route;
    (void)user;
    char path[256] = ""; /* routes are ours, and shorter */
    g_strlcat(path, request->mount ? request->mount->prefix : "", sizeof path);
    g_strlcat(path, route ? route->pattern : "", sizeof path);
    LOG_INFO("request", LOG_TEXT("id", http_request_id(request)),
             LOG_TEXT("method", str_from_c(http_method_name(request->method))), LOG_TEXT("route", str_from_c(path)),
             LOG_NUMBER("status", access->status), LOG_NUMBER("us", access->duration_us),
             LOG_NUMBER("in", (int64_t)access->bytes_in), LOG_NUMBER("out", (int64_t)access->bytes_out),
             LOG_TEXT("address", http_request_address(request)));
}

/* ---- opening -------------------------------------------------------------------------------------------- */

static bool open_core(struct serving *serving, GError **error)
{
    const struct settings *settings = serving->settings;
    /* A directory that is there may be empty: as a service manager makes it. One that is not there is a slip. */
    bool create = g_file_test(settings->data, G_FILE_TEST_IS_DIR);
    struct core_options core_options = {
        .samples = settings->allow_demo_credentials ? SAMPLE_EVERYWHERE
                   : serving->on_loopback           ? SAMPLE_LOCALLY
                                                    : SAMPLE_NOWHERE,
        .chat_timeout_ms = settings->genesys_chat_timeout * 1000,
        .answer_bytes = (size_t)settings->answer_memory * 1024 * 1024,
        .quota = {.opens = settings->genesys_rate_limiter,
                  .open_bytes = settings->genesys_rate_bytes * 1024 * 1024,
                  .operations = settings->genesys_chat_rate,
                  .operation_bytes = settings->genesys_chat_bytes * 1024},
        .search_time_ms = settings->search_time,
    };
    if (!parse_scrub_at(settings->scrub_at, &core_options.scrub_minute, error))
        return false;
    struct store *store = place_store(settings, create, error);
    if (!store)
        return false;
    serving->core = core_open(store, &core_options, error);
    return serving->core != NULL;
}

static bool open_server(struct serving *serving, GError **error)
{
    const struct settings *s = serving->settings;
    g_autofree char *socket = place_socket(s->data);
    struct http_router *router = http_router_new();
    struct http_options options = {
        .host = serving->host,
        .port = serving->port,
        .unix_path = socket,
        .loops = (unsigned)s->http_loops,
        .connections = (unsigned)s->http_connections,
        .memory = (size_t)s->http_memory * 1024 * 1024,
        .connection_memory = (size_t)s->http_connection_memory * 1024,
        .head_ms = (unsigned)s->http_head_time * 1000,
        .body_ms = (unsigned)s->http_body_time * 1000,
        .idle_ms = (unsigned)s->http_idle_time * 1000,
        .send_ms = (unsigned)s->http_send_time * 1000,
        .beat_ms = (unsigned)s->http_beat_time * 1000,
        .trust_real_ip = s->trust_forwarded,
        .loop_start = loop_start,
        .loop_stop = loop_stop,
        .access = s->log_requests && log_is_on(LOG_LEVEL_INFO) ? log_access : NULL,
        .user = serving,
    };
    serving->dialects = dialects_new(serving->core, s);
    serving->station = station_new(serving->core);
    if (!dialects_mount(serving->dialects, router, error) || !station_mount(serving->station, router, error)) {
        http_router_free(router);
        return false;
    }
    serving->server = http_server_open(&options, router, error);
    if (serving->server)
        station_set_server(serving->station, serving->server);
    return serving->server != NULL;
}

/* ---- running -------------------------------------------------------------------------------------------- */

static bool has_company(struct serving *serving, struct store_reader *reader)
{
    struct directory *directory = directory_ref(serving->core, reader, NULL);
    size_t count = 0;
    if (directory) {
        directory_companies(directory, &count);
        directory_unref(directory);
    }
    return count > 0;
}

static void announce(struct serving *serving)
{
    bool six = strchr(serving->host, ':') != NULL;
    g_autofree char *address =
        g_strdup_printf("%s%s%s:%u", six ? "[" : "", serving->host, six ? "]" : "", http_server_port(serving->server));
    struct store_reader *reader = core_reader_open(serving->core, NULL);
    printf("Parley %s serves %s on http://%s\n", PARLEY_VERSION, serving->settings->data, address);
    if (reader && sample_exists(serving->core, reader)) {
        if (core_allows_samples(serving->core, true))
            sample_print(address, stdout);
        else
            printf("The sample company's credentials are refused here: they work on loopback only, or with\n"
                   "--allow-demo-credentials.\n");
    }
    if (reader && !has_company(serving, reader))
        printf("There is no company yet: parley company add NAME --data %s --time-zone ZONE\n",
               serving->settings->data);
    if (reader)
        store_reader_close(reader);
    fflush(stdout);
}

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* glibc takes large pieces straight from the kernel and gives them back at once, but raises what it calls large to the
 * largest that was ever freed; what a burst of large requests needed would then stay ours. */
static void give_large_memory_back(void)
{
    enum { LARGE = 128 * 1024 };
    mallopt(M_MMAP_THRESHOLD, LARGE);
}

static int serve(struct serving *serving)
{
    GError *error = NULL;
    sigset_t stopping;
    int signal_number;
    /* Blocked before any thread begins, so that only this one takes them. */
    sigemptyset(&stopping);
    sigaddset(&stopping, SIGTERM);
    sigaddset(&stopping, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stopping, NULL);
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    give_large_memory_back();
    bool ok = parse_listen(serving, &error) && open_core(serving, &error) && open_server(serving, &error);
    if (ok) {
        announce(serving);
        sigwait(&stopping, &signal_number);
        LOG_INFO("stopping", LOG_NUMBER("signal", signal_number));
        station_stop(serving->station);
        http_server_stop(serving->server);
    }
    if (serving->core)
        core_stop(serving->core);
    if (serving->server)
        http_server_close(serving->server); /* with it go requests that hold something of the core */
    if (serving->core)
        core_close(serving->core);
    if (serving->dialects) {
        dialects_free(serving->dialects);
        station_free(serving->station);
    }
    g_free(serving->host);
    return ok ? EXIT_FINE : command_fail(error);
}

static void set_log_level(const char *word)
{
    static const char *const words[] = {"debug", "info", "warning", "error"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (!strcmp(word, words[i]))
            log_set_level((enum log_level)i);
}

int command_serve(int argc, char **argv)
{
    struct command_line line;
    if (!command_line_read(
            &line, argc, argv, "--data DIR [--listen HOST:PORT] [--config FILE] - Serve a data directory",
            "All settings may also stand in the environment as PARLEY_... or in the file of --config; doc/settings.md\n"
            "and `parley settings` show how. SIGTERM and SIGINT stop it: what is under way is finished, at most 5 s.",
            NULL, NULL, 0))
        return EXIT_USAGE;
    struct serving serving = {.settings = &line.settings};
    set_log_level(line.settings.log_level);
    int code = serve(&serving);
    command_line_clear(&line);
    return code;
}
