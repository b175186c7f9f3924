/* Every route of this dialect: what may be asked, by whom, and what it does. */
#include "core/feed.h"
#include "model/team.h"
#include "port/export/query.h"
#include "port/filter.h"
#include "wire/parley/internal.h"

#define LIMIT \
    { \
        .name = "limit", .type = PARAMETER_NUMBER, .least = 1, .greatest = LIMIT_PAGE, \
        .meaning = "How many at most; 50." \
    }

#define CURSOR \
    { \
        .name = "cursor", .meaning = "`next` or `previous` of a page of the same query." \
    }

#define ANCHOR(anchor, what) \
    { \
        .name = anchor, .type = PARAMETER_NUMBER, .least = 0, .greatest = UINT32_MAX, .meaning = what \
    }

static const struct parameter sessions[] = {
    FILTER_PARAMETERS("sessions"),
    FILTER_BETWEEN("sessions"),
    FILTER_CHANGED_SINCE,
    {.name = "by",
     .type = PARAMETER_CHOICE,
     .words = PARLEY_SESSION_TIMES,
     .meaning = "The time that order and bounds speak of; start."},
    LIMIT,
    CURSOR,
    {.name = "include", .type = PARAMETER_CHOICE, .words = "messages", .meaning = "With the newest messages of each."},
};

static const struct parameter events[] = {
    ANCHOR("before", "The newest events below this index."),
    ANCHOR("after", "The oldest events above this index."),
    ANCHOR("around", "Events on both sides of this index."),
    LIMIT,
    {.name = "type", .type = PARAMETER_LIST, .words = EVENT_KIND_WORDS, .meaning = "Only events of these types."},
    FILTER_BETWEEN("events"),
    {.name = "include", .type = PARAMETER_CHOICE, .words = "markup", .meaning = "With each message as its tree."},
};

static const struct parameter transcript[] = {
    EXPORT_PARAMETER_FORMAT("text html markdown", "text"),
    EXPORT_PARAMETER_ZONE,
    EXPORT_PARAMETER_NOTES,
};

static const struct parameter operators[] = {
    {.name = "status", .type = PARAMETER_CHOICE, .words = AVAILABILITY_WORDS, .meaning = "Only who says this."},
    {.name = "department", .meaning = "Only who works in the department with this id."},
};

static const struct parameter canned[] = {
    {.name = "department", .meaning = "Only answers for sessions of the department with this id."},
};

static const struct parameter queue[] = {
    {.name = "department", .meaning = "Only sessions of the department with this id."},
    LIMIT,
    CURSOR,
};

#define FOLLOWED(how) \
    {.name = "after", .meaning = "Only what came after this cursor; else from the oldest change on" how "."}, \
        {.name = "kinds", \
         .type = PARAMETER_LIST, \
         .words = FEED_KIND_WORDS, \
         .meaning = "Only changes of these kinds."}, \
    { \
        .name = "session", .meaning = "Only changes of the session with this id." \
    }

static const struct parameter changes[] = {
    FOLLOWED(""),
    {.name = "limit",
     .type = PARAMETER_NUMBER,
     .least = 1,
     .greatest = LIMIT_CHANGES,
     .meaning = "How many at most; 50."},
    {.name = "wait",
     .type = PARAMETER_NUMBER,
     .least = 0,
     .greatest = 60,
     .meaning = "Seconds to wait for the next change when there is none yet; 0."},
};

static const struct parameter stream[] = {FOLLOWED("; Last-Event-ID goes before it")};

static const struct parameter visitors[] = {
    {.name = "q", .meaning = "Only visitors with this in name, e-mail or phone."},
    LIMIT,
    CURSOR,
};

static const struct parameter search[] = {
    {.name = "q", .is_required = true, .meaning = "what to search for: words, \"a phrase\", prefix*, -without."},
    FILTER_PARAMETERS("messages of sessions"),
    FILTER_BETWEEN("messages"),
    {.name = "order", .type = PARAMETER_CHOICE, .words = "newest best", .meaning = "What comes first; newest."},
    LIMIT,
    CURSOR,
};

static const struct parameter summary[] = {
    FILTER_BETWEEN("sessions whose first message is"),
    {.name = "by", .type = PARAMETER_CHOICE, .words = PARLEY_UNITS, .meaning = "Also for each of these."},
    {.name = "timeZone", .type = PARAMETER_ZONE, .meaning = "Whose clock cuts them; the company's."},
};

static const struct parameter import[] = {
    {.name = "format", .meaning = "Whose archive it is; recognised by its first bytes."},
    {.name = "map", .meaning = "The text of a map to read CSV or JSON by."},
    {.name = "account", .meaning = "Where ids are unique per account: which one."},
    {.name = "timeZone", .type = PARAMETER_ZONE, .meaning = "Of times that name none."},
    {.name = "since", .type = PARAMETER_TIME, .meaning = "Only sessions begun at this time or later."},
    {.name = "until", .type = PARAMETER_TIME, .meaning = "Only sessions begun before this time."},
    {.name = "dryRun",
     .type = PARAMETER_CHOICE,
     .words = "true false",
     .meaning = "Count and refuse the same, write nothing."},
    {.name = "skipBad", .type = PARAMETER_CHOICE, .words = "true false", .meaning = "Leave bad lines out and go on."},
};

#define PARAMETERS(table) table, G_N_ELEMENTS(table)
#define NO_PARAMETERS NULL, 0

#define DESK (PARLEY_OPERATOR | RIGHT_DESK)

const struct parley_route parley_routes[PARLEY_ROUTES] = {
    {HTTP_POST, "/sign-in", PARLEY_ANYBODY, parley_sign_in, NO_PARAMETERS, 0,
     "Sign in as an operator: a token, or a cookie."},
    {HTTP_POST, "/sign-out", PARLEY_OPERATOR, parley_sign_out, NO_PARAMETERS, 0,
     "End this sign-in, or all of the operator's."},
    {HTTP_GET, "/me", 0, parley_me, NO_PARAMETERS, 0, "Who calls, and what they may do."},
    {HTTP_PUT, "/me/status", DESK, parley_set_status, NO_PARAMETERS, 0, "Say whether one is there."},
    {HTTP_GET, "/me/preferences", PARLEY_OPERATOR, parley_preferences, NO_PARAMETERS, 0,
     "What the operator's console keeps here."},
    {HTTP_PUT, "/me/preferences", PARLEY_OPERATOR, parley_set_preferences, NO_PARAMETERS, 0, "Replace it."},
    {HTTP_GET, "/operators", RIGHT_READ, parley_operators, PARAMETERS(operators), 0,
     "Who works at the desk, and who is there."},
    {HTTP_GET, "/departments", RIGHT_READ, parley_departments, NO_PARAMETERS, 0, "The company's departments, by id."},
    {HTTP_GET, "/canned-answers", RIGHT_READ, parley_canned, PARAMETERS(canned), 0, "Canned answers, by shortcut."},
    {HTTP_POST, "/canned-answers", RIGHT_MANAGE, parley_canned_add, NO_PARAMETERS, 0, "Add one."},
    {HTTP_PATCH, "/canned-answers/:id", RIGHT_MANAGE, parley_canned_change, NO_PARAMETERS, 0, "Change one."},
    {HTTP_DELETE, "/canned-answers/:id", RIGHT_MANAGE, parley_canned_delete, NO_PARAMETERS, 0, "Remove one."},
    {HTTP_GET, "/sessions/:id/viewers", RIGHT_READ, parley_viewers, NO_PARAMETERS, 0, "Who has the session open."},
    {HTTP_POST, "/sessions/:id/viewers", DESK, parley_viewers, NO_PARAMETERS, 0,
     "Say that one has it open: good for 30 seconds."},
    {HTTP_DELETE, "/sessions/:id/viewers", DESK, parley_viewers, NO_PARAMETERS, 0,
     "Say that one has it open no longer."},
    {HTTP_GET, "/queue", RIGHT_READ, parley_queue, PARAMETERS(queue), 0, "The sessions that wait, longest first."},
    {HTTP_POST, "/sessions/:id/take", DESK, parley_take, NO_PARAMETERS, 0, "Join it and serve it."},
    {HTTP_POST, "/sessions/:id/release", DESK, parley_release, NO_PARAMETERS, 0, "Back to the queue."},
    {HTTP_POST, "/sessions/:id/transfer", DESK, parley_transfer, NO_PARAMETERS, 0,
     "To another operator, or to a department's queue."},
    {HTTP_POST, "/sessions/:id/hold", DESK, parley_hold, NO_PARAMETERS, 0, "Put it on hold."},
    {HTTP_POST, "/sessions/:id/resume", DESK, parley_resume, NO_PARAMETERS, 0, "Go on with it."},
    {HTTP_POST, "/sessions/:id/close", DESK, parley_close, NO_PARAMETERS, 0, "End it."},
    {HTTP_POST, "/sessions/:id/messages", DESK, parley_message, NO_PARAMETERS, 0, "Say something."},
    {HTTP_POST, "/sessions/:id/notes", DESK | RIGHT_NOTES, parley_note, NO_PARAMETERS, 0,
     "Note something for operators only."},
    {HTTP_POST, "/sessions/:id/typing", DESK, parley_typing, NO_PARAMETERS, 0,
     "Say that one types, or no longer does."},
    {HTTP_GET, "/sessions", RIGHT_READ, parley_sessions, PARAMETERS(sessions), 0, "A page of sessions, newest first."},
    {HTTP_POST, "/sessions", RIGHT_WRITE, parley_open, NO_PARAMETERS, 0,
     "Open a session; with times of its own also right import."},
    {HTTP_GET, "/sessions/:id", RIGHT_READ, parley_session, NO_PARAMETERS, 0, "One session with its participants."},
    {HTTP_GET, "/sessions/:id/events", RIGHT_READ, parley_events, PARAMETERS(events), 0, "A page of its events."},
    {HTTP_GET, "/sessions/:id/transcript", RIGHT_READ, parley_transcript, PARAMETERS(transcript), 0,
     "All of it for people to read."},
    {HTTP_POST, "/sessions/:id/events", RIGHT_WRITE, parley_append, NO_PARAMETERS, 0,
     "Append one event; with `at` also right import."},
    {HTTP_POST, "/sessions/:id/genesys-credentials", RIGHT_ADMIN, parley_key, NO_PARAMETERS, 0,
     "One more key with which Genesys clients read and write it."},
    {HTTP_GET, "/changes", RIGHT_READ, parley_changes, PARAMETERS(changes), 0, "What happened, in order."},
    {HTTP_GET, "/changes/stream", RIGHT_READ, parley_changes_stream, PARAMETERS(stream), 0,
     "The same, told as it happens, as server-sent events."},
    {HTTP_GET, "/visitors", RIGHT_READ, parley_visitors, PARAMETERS(visitors), 0, "A page of visitors, newest first."},
    {HTTP_GET, "/visitors/:id", RIGHT_READ, parley_visitor, NO_PARAMETERS, 0, "One visitor."},
    {HTTP_DELETE, "/visitors/:id", RIGHT_ADMIN, parley_erase, NO_PARAMETERS, 0, "Erase what a visitor said and was."},
    {HTTP_GET, "/search", RIGHT_READ, parley_search, PARAMETERS(search), 0, "Messages."},
    {HTTP_GET, "/summary", RIGHT_READ, parley_summary, PARAMETERS(summary), 0, "How many sessions, how long."},
    {HTTP_POST, "/import", RIGHT_IMPORT, parley_import, PARAMETERS(import), HTTP_ROUTE_STREAM,
     "Sessions as NDJSON, one a line, or another product's archive."},
    {HTTP_GET, "/export", RIGHT_MANAGE, parley_export, export_parameters, EXPORT_PARAMETERS, 0,
     "Sessions in one of the formats, oldest first."},
};
