/* The directory: all companies, operators, departments and buttons as one immutable snapshot in memory, made anew when
 * an account commit moves the epoch. Lookups are hash lookups and borrow from the snapshot; keep the reference while
 * you use them. Any thread, with that thread's reader. */
#pragma once

#include "core/core.h"
#include "text/zone.h"

struct directory;

/* The current snapshot, with a reference for the caller. Loads it when the epoch moved: O(accounts). */
struct directory *directory_ref(struct core *core, struct store_reader *reader, GError **error);
/* The same inside a write transaction: sees what the transaction sees. `guests` of companies may be out of date in
 * both. */
struct directory *directory_ref_in(struct core *core, struct store_txn *txn, GError **error);
void directory_unref(struct directory *directory);

/* NULL where there is none. */
const struct company *directory_company(const struct directory *d, int64_t number);
/* Its zone; UTC where tzdata was removed under it. */
const struct zone *directory_zone(const struct directory *d, int64_t company);
const struct company *directory_company_by_name(const struct directory *d, struct str name);
/* The company of a Host header (port cut off, case folded), else the default one. NULL without any company. */
const struct company *directory_company_by_host(const struct directory *d, struct str host);
const struct company *directory_companies(const struct directory *d, size_t *count);

const struct operator_account *directory_operator(const struct directory *d, struct str id);
const struct operator_account *directory_operator_by_username(const struct directory *d, struct str username);
/* The same, else the only one whose name differs in nothing but case: people type names in any. O(operators). */
const struct operator_account *directory_operator_like(const struct directory *d, struct str username);
/* Without case; of a company (0 = any) the first in the order of usernames. O(operators). */
const struct operator_account *directory_operator_by_email(const struct directory *d, int64_t company,
                                                           struct str email);
const struct department *directory_department(const struct directory *d, int64_t company, struct str id_or_name);
const struct button *directory_button(const struct directory *d, int64_t company, struct str id);

/* The ids of the units above a department, nearest first, as a JSON array; STR_NULL when there are none. Cycles end the
 * walk. */
struct str directory_ancestors(const struct directory *d, int64_t company, struct str department_id, struct arena *a);
