/* What the parts of a check share. */
#pragma once

#include "store/sqlite/sqlite.h"

enum { CHECK_PARTS = 5 };

struct check {
    struct store_txn *txn;
    store_finding *report;
    void *data;
    const struct store_progress *progress;
    int done; /* parts */
    bool cancelled;
};

void check_report(struct check *check, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Whether to go on; asks the caller. */
bool check_go_on(struct check *check);

/* The search index against the current texts (check_search.c). */
bool check_search(struct check *check, GError **error);
