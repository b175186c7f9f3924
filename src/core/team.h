/* What a team keeps beside its sessions: who of them is there, each one's preferences, canned answers. */
#pragma once

#include "core/access.h"
#include "core/core.h"
#include "model/team.h"

/* ---- status and preferences ---- */

/* WRITE: an operator says whether they are there. One who says what they said already goes on since then. */
struct status_op {
    struct op op;
    struct operator_status status; /* since_ms: out */
};
void status_op_init(struct status_op *op, struct core *core);

/* What they said last; offline since NO_TIME when nothing. */
bool team_status(struct store_txn *txn, const struct caller *caller, struct operator_status *status, GError **error);

/* Who works at the company's desk (right desk, not disabled), by user name, with what they said. O(operators). */
struct team_member {
    struct operator_account account;
    struct operator_status status;
};
bool team_members(struct store_txn *txn, int64_t company, struct arena *a, struct team_member **members, size_t *count,
                  GError **error);

/* Where they work: all departments of the company, by id. O(departments). */
bool team_departments(struct store_txn *txn, int64_t company, struct arena *a, struct department **departments,
                      size_t *count, GError **error);

/* WRITE: replaces an operator's preferences, a JSON object of at most LIMIT_PREFERENCES bytes that the caller checked.
 */
struct preference_op {
    struct op op;
    struct str operator_id, value;
};
void preference_op_init(struct preference_op *op, struct core *core);

/* "{}" where there are none. */
bool team_preferences(struct store_txn *txn, struct str operator_id, struct arena *a, struct str *value,
                      GError **error);

/* ---- canned answers ---- */

enum canned_act { CANNED_ADD, CANNED_CHANGE, CANNED_DELETE };

/* WRITE. Reasons CANNED_ANSWER_UNKNOWN, NAME_TAKEN (the shortcut, in that department), DEPARTMENT_UNKNOWN,
 * CANNED_ANSWERS_FULL, FIELD_MISSING, FIELD_VALUE and TEXT_* naming the member. */
struct canned_op {
    struct op op;
    enum canned_act act;
    struct canned_answer answer; /* company; ADD: all but the id; CHANGE: what is STR_NULL stays. Out: as it stands */
};
void canned_op_init(struct canned_op *op, struct core *core, enum canned_act act);

/* The next ones behind `after` (NULL = from the start) by shortcut that the viewer may send: the company's, and those
 * of departments whose sessions they see; with `department` those for its sessions only. At most `limit` are looked
 * at: *last is the last of those, `*more` whether there may be others behind it. */
struct canned_query {
    int64_t company;
    struct str department; /* STR_NULL = of any */
    const struct canned_answer *after;
    size_t limit;
};
bool team_canned(struct store_txn *txn, const struct canned_query *query, const struct caller *viewer, struct arena *a,
                 struct canned_answer **answers, size_t *count, struct canned_answer *last, bool *more, GError **error);
