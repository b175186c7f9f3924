/* The settings: one table that makes the file's parser, the environment's names, the command line, `--help` and
 * doc/settings.md.
 *
 * A setting comes from, strongest first: the command line (--rocketchat-rate-limiter 0), the environment
 * (PARLEY_ROCKETCHAT_RATE_LIMITER=0), the file given with --config (section [rocketchat], key rate_limiter), its
 * default. Settings are read once, at the start and on one thread, and do not change afterwards. */
#pragma once

#include "base/buf.h"
#include "base/reason.h"

#include <stdint.h>

/* field, section, type, default, least, greatest, unit, meaning. The field's name makes all the others: its key in the
 * file is the part behind the section, the command line has "-" for "_", the environment upper case. A CHOICE lists its
 * words as the unit. */
#define SETTINGS(X) \
    X(listen, "parley", TEXT, "127.0.0.1:3000", 0, 0, "host:port", \
      "Where to serve HTTP. The host is a numeric address; port 0 takes any free one.") \
    X(data, "parley", TEXT, "", 0, 0, "directory", "The data directory.") \
    X(allow_demo_credentials, "parley", FLAG, "false", 0, 0, "", \
      "Accept the sample company's published credentials from everybody, not only on loopback and not through a " \
      "proxy: " \
      "for containers that only show what Parley is.") \
    X(trust_forwarded, "parley", FLAG, "false", 0, 0, "", \
      "Believe X-Real-IP from peers on loopback: for a reverse proxy on the same machine. It then counts for limits, " \
      "for the stored address of visitors and in the log; without it all clients behind the proxy share one address.") \
    X(log_level, "log", CHOICE, "info", 0, 0, "debug info warning error", "Entries below this level are not written.") \
    X(log_requests, "log", FLAG, "true", 0, 0, "", "Write one line for each request.") \
    X(answer_memory, "parley", NUMBER, "16", 0, 65536, "MiB", \
      "Memory for answers that are given again while nothing they show has changed; 0 = none is kept.") \
    X(search_time, "parley", NUMBER, "1000", 1, 600000, "milliseconds", \
      "How long one search may look; then it answers what it has, and a cursor to go on.") \
    X(parley_cors_origin, "parley", TEXT, "", 0, 0, "origins", \
      "Origins whose pages may call Parley's own API from a browser: `*`, or a list with commas; nothing = none.") \
    X(sign_in_time, "parley", NUMBER, "2592000", 1, 31536000, "seconds", \
      "How long an operator who signed in to Parley's own API or the console stays so; 2592000 are 30 days.") \
    X(user_header, "parley", TEXT, "", 0, 0, "header", \
      "Single sign-on: the header in which the proxy names the operator who calls Parley's own API, as " \
      "X-Remote-User. " \
      "Only with trust_forwarded, and only from peers on loopback; the proxy must overwrite what clients send.") \
    X(scrub_at, "parley", TEXT, "03:00", 0, 0, "HH:MM", \
      "When what was erased since the day before is scrubbed from the files, by the machine's clock; empty = only by " \
      "`parley scrub`. Erased data is unreadable at once; the scrub writes the database anew, and writes wait " \
      "meanwhile " \
      "(doc/limits.md).") \
    X(http_loops, "http", NUMBER, "0", 0, 64, "threads", "Event loops; 0 = one for each core this process may use.") \
    X(http_connections, "http", NUMBER, "65536", 16, 1048576, "connections", \
      "Connections open at once; one more is answered 503.") \
    X(http_memory, "http", NUMBER, "64", 8, 65536, "MiB", \
      "Memory for requests and unsent answers of all clients together; beyond it the connections that need most are " \
      "cut.") \
    X(http_connection_memory, "http", NUMBER, "256", 16, 65536, "KiB", \
      "Memory for requests and unsent answers of one connection; beyond it no further request of it is begun.") \
    X(http_head_time, "http", NUMBER, "10", 1, 3600, "seconds", "How long a request's head may take to arrive.") \
    X(http_body_time, "http", NUMBER, "30", 1, 3600, "seconds", "How long a request's body may take to arrive.") \
    X(http_idle_time, "http", NUMBER, "75", 1, 3600, "seconds", "How long a connection without a request is kept.") \
    X(http_send_time, "http", NUMBER, "30", 1, 3600, "seconds", "How long a client may take no byte of an answer.") \
    X(http_beat_time, "http", NUMBER, "20", 1, 3600, "seconds", \
      "An event stream that said nothing for so long says so; a WebSocket that heard nothing asks, and is closed " \
      "when " \
      "nobody answers within the same time.") \
    X(rocketchat_rate_limiter, "rocketchat", NUMBER, "600", 0, 1000000, "calls", \
      "Calls that one client may make of one route in one window; 0 = no limit. Administrators are never limited.") \
    X(rocketchat_rate_limiter_window, "rocketchat", NUMBER, "60", 1, 86400, "seconds", "How long a window lasts.") \
    X(rocketchat_cors_origin, "rocketchat", TEXT, "*", 0, 0, "origins", \
      "Origins whose pages may call the Rocket.Chat API from a browser: `*`, or a list with commas; nothing = none.") \
    X(markup_colors, "markup", FLAG, "true", 0, 0, "", "In messages `color:#fff` is a color.") \
    X(markup_emoticons, "markup", FLAG, "true", 0, 0, "", "In messages `:)` is an emoji.") \
    X(markup_katex_parenthesis, "markup", FLAG, "true", 0, 0, "", "In messages `\\(x\\)` and `\\[x\\]` are formulas.") \
    X(markup_katex_dollar, "markup", FLAG, "false", 0, 0, "", "In messages `$x$` and `$$x$$` are formulas.") \
    X(markup_domains, "markup", TEXT, "", 0, 0, "hosts", \
      "Hosts that messages link to though no public suffix says so, with commas: `intranet.lan, wiki.local`.") \
    X(genesys_prefix, "genesys", TEXT, "", 0, 0, "path", \
      "One more path prefix of the Genesys API, beside none, `/webapi` and `/eservices`.") \
    X(genesys_alias, "genesys", TEXT, "117", 0, 0, "", "The alias that answers carry.") \
    X(genesys_lenient, "genesys", FLAG, "false", 0, 0, "", "Accept requests without alias and tenantName.") \
    X(genesys_chat_timeout, "genesys", NUMBER, "45", 0, 86400, "seconds", \
      "A client of a live Genesys chat that was silent for so long has left; 0 = never.") \
    X(genesys_rate_limiter, "genesys", NUMBER, "600", 0, 1000000, "chats", \
      "Chats that one address may open in a minute; 0 = no limit.") \
    X(genesys_rate_bytes, "genesys", NUMBER, "16", 0, 65536, "MiB", \
      "Bytes of requests by which one address may open chats in a minute; 0 = no limit.") \
    X(genesys_chat_rate, "genesys", NUMBER, "20", 0, 1000000, "operations", \
      "Operations in one chat and second on average, five times as many at once; 0 = no limit. Reading has none.") \
    X(genesys_chat_bytes, "genesys", NUMBER, "256", 0, 1048576, "KiB", "Bytes of the requests of those, likewise.") \
    X(genesys_cors_origin, "genesys", TEXT, "*", 0, 0, "origins", \
      "Origins whose pages may call the Genesys API from a browser: `*`, or a list with commas; nothing = none.") \
    X(agendize_date_bounds, "agendize", CHOICE, "natural", 0, 0, "natural literal", \
      "What a lone startDate or endDate means: natural = from and to; literal = upper and lower bound, as the " \
      "vendor's " \
      "page says.") \
    X(agendize_query_credentials, "agendize", FLAG, "false", 0, 0, "", \
      "Accept apiKey and token in the query. Off because URLs end up in logs.") \
    X(agendize_cors_origin, "agendize", TEXT, "", 0, 0, "origins", \
      "Origins whose pages may call the Agendize API from a browser: `*`, or a list with commas; nothing = none.")

struct settings {
#define SETTING_FIELD_TEXT char *
#define SETTING_FIELD_CHOICE char *
#define SETTING_FIELD_FLAG bool
#define SETTING_FIELD_NUMBER int64_t
#define X(field, section, type, initial, least, greatest, unit, meaning) SETTING_FIELD_##type field;
    SETTINGS(X)
#undef X
};

/* Where the values come from, gathered before settings_load. `given` is filled by the options of settings_options. */
struct settings_source {
    char *config;      /* the file; NULL = none */
    GHashTable *given; /* field -> value, from the command line; NULL = none */
};

void settings_source_clear(struct settings_source *source);

/* Adds --config and one option a setting. With `only` (NULL-terminated) just the settings of those fields, and --config
 * only with `config`. The source must stay where it is while the context parses. */
void settings_options(GOptionContext *context, struct settings_source *source, bool config, const char *const *only);

/* Reads everything. Reason SETTING_INVALID: an unknown section or key of the file, a value of the wrong type or out of
 * range; the message names the place, the value's rule, and where to look. FILE_UNREADABLE. */
bool settings_load(struct settings *settings, const struct settings_source *source, GError **error);

/* The file's part of it: values of `text` on top of what is there. Same reasons. */
bool settings_read_text(struct settings *settings, struct str text, GError **error);

/* All defaults; settings_clear frees. */
void settings_init(struct settings *settings);
void settings_clear(struct settings *settings);

/* A commented file with the values as they are. */
void settings_write_file(const struct settings *settings, struct buf *out);

/* doc/settings.md. */
void settings_write_markdown(struct buf *out);

/* What the table says of one field: its key with its section ("genesys.chat_rate"; to g_free), default, unit, meaning.
 */
char *settings_describe(const char *field, const char **initial, const char **unit, const char **meaning);

/* doc/limits.md, of base/limits.h and the settings that are limits (limits_page.c). */
void limits_write_markdown(struct buf *out);
/* Is this what a client beyond some limit is told? */
bool limits_tell(enum reason reason);
