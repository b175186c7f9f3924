/* A core on a directory of its own, in memory where there is such a place: for this folder's tests. A call that fails
 * ends the test. JSON is written with ' for ". */
#pragma once

#include "core/account.h"
#include "core/conversation.h"
#include "core/core.h"
#include "store/fault/fault.h"

struct fixture {
    char *directory;
    struct core_options options;
    struct core *core;
    struct store_reader *reader;
    struct store_txn *txn; /* of fixture_read */
    struct arena arena;    /* what helpers answer lives here, until fixture_close */
    int64_t company;       /* "Test", UTC */
};

void fixture_open(struct fixture *f, int64_t chat_timeout_ms);
/* The directory alone, then a core on it whose store fails at the n-th call (store/fault); false when it did so already
 * at opening. No company. */
void fixture_open_empty(struct fixture *f);
bool fixture_start_faulty(struct fixture *f, int n, enum reason reason, struct fault **fault);
void fixture_stop(struct fixture *f);
void fixture_close(struct fixture *f);
/* As a restart of the process would. */
void fixture_reopen(struct fixture *f);

int64_t fixture_add_company(struct fixture *f, const char *name, const char *zone);
void fixture_add_operator(struct fixture *f, int64_t company, const char *id, const char *username, const char *name);
void fixture_put(struct fixture *f, const struct account_op *changes);

/* A snapshot; the one before ends. */
struct store_txn *fixture_read(struct fixture *f);
void fixture_read_end(struct fixture *f);

/* In fixture.arena. */
struct line fixture_line(struct fixture *f, const char *json);

/* Imports one line; what happened, or -1 with the reason. */
int fixture_import(struct fixture *f, const char *json, enum reason *reason);
/* Opens one live. */
bool fixture_live(struct fixture *f, const char *json, GError **error);

/* Appends one event live; false with the reason. */
bool fixture_append(struct fixture *f, const char *session, struct event event, enum reason *reason);
struct event fixture_message(uint32_t by, const char *text);

/* The session as stored. */
struct session_view fixture_session(struct fixture *f, const char *id);
struct event fixture_event(struct fixture *f, const char *id, uint32_t index);
/* Its events as "kind:by:text kind:by:text...". */
const char *fixture_transcript(struct fixture *f, const char *id);
