/* Why something failed: the one list of reasons.
 *
 * Every function that can fail takes a `GError **error` as its last parameter and sets it with reason_set. The
 * error's code is a reason from the list below; its domain is REASON. A dialect turns reasons into its own wire
 * status and body by a table of its own (wire/DIALECT/answer.c), never by looking at the message text.
 *
 * The message is for the client: it says what is wrong and, where that helps, what to do; it never holds a
 * credential, a path or an SQL text. What only the log may see is logged where it happens, once. */
#pragma once

#include "base/str.h"

#include <stdint.h>

/* How a client should take it; each reason has one class. */
enum reason_class {
    CLASS_INVALID,      /* the request cannot be right */
    CLASS_UNAUTHORIZED, /* no valid credential */
    CLASS_FORBIDDEN,    /* valid credential, no right */
    CLASS_NOT_FOUND,
    CLASS_EXISTS,
    CLASS_CONFLICT,
    CLASS_GONE,
    CLASS_TOO_LARGE,
    CLASS_LIMIT,       /* too many; `retry_ms` says when again */
    CLASS_BUSY,        /* too much under way here; try again */
    CLASS_UNAVAILABLE, /* outcome unknown or service off: retry with the same id */
    CLASS_CORRUPT,
    CLASS_IO,
    CLASS_INTERNAL,
};

/* name, class */
#define REASONS(X) \
    X(PATH_INVALID, INVALID) \
    X(BODY_MALFORMED, INVALID) \
    X(BODY_TIMEOUT, INVALID) \
    X(BODY_NOT_UTF8, INVALID) \
    X(MEDIA_TYPE_UNKNOWN, INVALID) \
    X(FIELD_MISSING, INVALID) \
    X(FIELD_TYPE, INVALID) \
    X(FIELD_VALUE, INVALID) \
    X(FIELD_UNKNOWN, INVALID) \
    X(FIELD_TOO_LONG, INVALID) \
    X(PARAMETER_UNKNOWN, INVALID) \
    X(PARAMETER_REPEATED, INVALID) \
    X(PARAMETER_VALUE, INVALID) \
    X(CURSOR_INVALID, INVALID) \
    X(QUERY_INVALID, INVALID) \
    X(SORT_INVALID, INVALID) \
    X(TIME_INVALID, INVALID) \
    X(ZONE_UNKNOWN, INVALID) \
    X(ID_INVALID, INVALID) \
    X(TEXT_EMPTY, INVALID) \
    X(TEXT_INVALID, INVALID) \
    X(PARTICIPANT_UNKNOWN, INVALID) \
    X(EVENT_KIND_UNKNOWN, INVALID) \
    X(LINE_INVALID, INVALID) \
    X(SETTING_INVALID, INVALID) \
    X(USAGE, INVALID) \
    X(CREDENTIAL_MISSING, UNAUTHORIZED) \
    X(CREDENTIAL_WRONG, UNAUTHORIZED) \
    X(PASSWORD_WRONG, UNAUTHORIZED) \
    X(KEY_WRONG, UNAUTHORIZED) \
    X(SAMPLE_CREDENTIAL_REFUSED, UNAUTHORIZED) \
    X(RIGHT_MISSING, FORBIDDEN) \
    X(ORIGIN_FOREIGN, FORBIDDEN) \
    X(NOT_SERVED_BY_CALLER, FORBIDDEN) \
    X(NOT_ITS_AUTHOR, FORBIDDEN) \
    X(ROUTE_UNKNOWN, NOT_FOUND) \
    X(METHOD_UNKNOWN, NOT_FOUND) \
    X(COMPANY_UNKNOWN, NOT_FOUND) \
    X(SESSION_UNKNOWN, NOT_FOUND) \
    X(VISITOR_UNKNOWN, NOT_FOUND) \
    X(EVENT_UNKNOWN, NOT_FOUND) \
    X(OPERATOR_UNKNOWN, NOT_FOUND) \
    X(DEPARTMENT_UNKNOWN, NOT_FOUND) \
    X(BUTTON_UNKNOWN, NOT_FOUND) \
    X(TOKEN_UNKNOWN, NOT_FOUND) \
    X(CANNED_ANSWER_UNKNOWN, NOT_FOUND) \
    X(NO_OPERATOR_ONLINE, NOT_FOUND) \
    X(NAME_TAKEN, EXISTS) \
    X(SESSION_EXISTS, EXISTS) \
    X(SESSION_DIFFERS, EXISTS) \
    X(ID_TAKEN, EXISTS) \
    X(SESSION_CLOSED, CONFLICT) \
    X(SESSION_TAKEN, CONFLICT) \
    X(PARTICIPANT_GONE, CONFLICT) \
    X(DIRECTORY_IN_USE, CONFLICT) \
    X(DIRECTORY_NOT_EMPTY, CONFLICT) \
    X(DIRECTORY_UNSAFE, CONFLICT) \
    X(EVENT_DELETED, GONE) \
    X(SESSION_ERASED, GONE) \
    X(CURSOR_GONE, GONE) \
    X(BODY_TOO_LARGE, TOO_LARGE) \
    X(HEAD_TOO_LARGE, TOO_LARGE) \
    X(TEXT_TOO_LONG, TOO_LARGE) \
    X(SESSION_FULL, TOO_LARGE) \
    X(CANNED_ANSWERS_FULL, TOO_LARGE) \
    X(RATE_LIMITED, LIMIT) \
    X(ATTEMPTS_LIMITED, LIMIT) \
    X(QUEUE_FULL, BUSY) \
    X(IMPORTS_BUSY, BUSY) \
    X(COMMIT_UNKNOWN, UNAVAILABLE) \
    X(WRITES_OFF, UNAVAILABLE) \
    X(MEMORY_SHORT, UNAVAILABLE) \
    X(STOPPING, UNAVAILABLE) \
    X(CANCELLED, UNAVAILABLE) \
    X(DATABASE_CORRUPT, CORRUPT) \
    X(DATABASE_FOREIGN, CORRUPT) \
    X(DATABASE_NEWER, CORRUPT) \
    X(PROJECTION_DIFFERS, CORRUPT) \
    X(CHAIN_BROKEN, CORRUPT) \
    X(DISK_FULL, IO) \
    X(FILE_UNREADABLE, IO) \
    X(FILE_UNWRITABLE, IO) \
    X(SOCKET, IO) \
    X(INTERNAL, INTERNAL)

enum reason {
#define X(name, of) REASON_##name,
    REASONS(X)
#undef X
        REASON_COUNT
};

/* The GError domain of all of Parley's errors. */
#define REASON (reason_quark())
GQuark reason_quark(void);

/* Sets `*error` (nothing when error is NULL; it must not be set already). printf-style message for the client. */
void reason_set(GError **error, enum reason reason, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The same, naming the request's field or parameter at fault; `field` is copied. */
void reason_set_field(GError **error, enum reason reason, struct str field, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* The same, saying after how many milliseconds a retry makes sense. */
void reason_set_retry(GError **error, enum reason reason, int64_t retry_ms, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* The reason of an error of this domain; REASON_INTERNAL for an error of any other. */
enum reason reason_of(const GError *error);

/* The field named by reason_set_field, borrowed from the error; STR_NULL where there is none. */
struct str reason_field(const GError *error);

/* The retry time in milliseconds; 0 where there is none. */
int64_t reason_retry_ms(const GError *error);

enum reason_class reason_class(enum reason reason);

/* The reason's name in lower case with underscores ("session_unknown"): stable, for logs and Parley's own API. */
const char *reason_name(enum reason reason);
