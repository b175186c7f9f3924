/* The desk: what operators do with sessions, each in their own name.
 *
 *             take                       release; transfer to a department
 *     QUEUED ────────> SERVED by one ─────────────────────────────────────> QUEUED
 *                       │  transfer to an operator: SERVED by that one
 *                       │  hold, resume, messages, typing
 *                       └─ close ─> CLOSED
 *
 * An operation is the events of doc/events.md that it comes to, composed and checked inside the write, so that of two
 * takes one wins. What is so already (a take by who serves, a hold of what is on hold) appends nothing and is fine.
 * Whoever serves the session may do all; with the right manage also others, but writing and typing, which only those
 * who are present do. Notes are for whoever sees the session and has the right notes. */
#pragma once

#include "core/access.h"
#include "core/conversation.h"

enum desk_act {
    DESK_TAKE,     /* joins and serves from now on. SESSION_TAKEN: somebody else does */
    DESK_RELEASE,  /* back to the queue; who served leaves */
    DESK_TRANSFER, /* to an operator, who joins, or to a department's queue; who served leaves */
    DESK_HOLD,
    DESK_RESUME,
    DESK_CLOSE,
    DESK_MESSAGE,
    DESK_NOTE, /* an internal message */
    DESK_TYPING_STARTED,
    DESK_TYPING_STOPPED,
};

struct desk_op {
    struct append_op append; /* first; `view` and `stored` are the outcome */
    enum desk_act act;
    struct caller caller;     /* CALLER_OPERATOR; strings as long as the op */
    struct str operator_name; /* TRANSFER: id or username; STR_NULL = nobody, and then a department must be given */
    struct str department;    /* TRANSFER: id or name; STR_NULL = stays */
    struct str comment;       /* TRANSFER, RELEASE, HOLD, RESUME, CLOSE: at most LIMIT_COMMENT; STR_NULL = none */
    struct str tags;          /* CLOSE: JSON array of strings; STR_NULL = none */
    struct str text;          /* MESSAGE, NOTE */
    struct str id;            /* MESSAGE, NOTE: client-chosen; STR_NULL = none */
    struct event events[4];   /* internal */
};
/* Reasons besides those of an append: SESSION_UNKNOWN (also for a session that the caller does not see),
 * SESSION_TAKEN, SESSION_CLOSED, NOT_SERVED_BY_CALLER, OPERATOR_UNKNOWN and DEPARTMENT_UNKNOWN (whom to transfer to:
 * of the company, enabled, and an operator who works at the desk), FIELD_MISSING. */
void desk_op_init(struct desk_op *op, struct core *core, enum desk_act act, const struct caller *caller,
                  struct str session_id);
