#include "port/check.h"

enum {
    SESSIONS_AT_ONCE = 100,
    EVENTS_AT_ONCE = 1000,
    CHANGES_AT_ONCE = 1000,
    VISITORS_AT_ONCE = 100 * 1000, /* folded in one walk over the changes: bounds the memory */
};

struct check {
    struct core *core;
    struct store_reader *reader;
    bool repair;
    store_finding *report;
    void *data;
    const struct store_progress *progress;
    struct check_result *result;
    GHashTable *told; /* numbers of sessions with USER_DATA events: only those changes can change a visitor */
};

static void finding(struct check *check, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void finding(struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    check->result->findings++;
    check->report(check->data, text);
}

static void driver_finding(void *data, const char *text)
{
    finding(data, "%s", text);
}

static bool goes_on(struct check *check, GError **error)
{
    const struct store_progress *p = check->progress;
    if (!p || p->report(p->data, check->result->sessions, 0))
        return true;
    reason_set(error, REASON_CANCELLED, "the check was interrupted");
    return false;
}

/* ---- one session ---------------------------------------------------------------------------------------- */

struct fold {
    struct session_view view;
    struct arena arena;
    uint8_t chain[EVENT_CHAIN_SIZE];
    uint32_t messages;
    bool broken;     /* the chain does not verify, an index is missing, or the head does not read */
    bool with_heads; /* false: the payloads are gone, only seal and counts can be seen */
    bool user_data;
};

static void fold_clear(struct fold *fold)
{
    arena_clear(&fold->arena);
}

static bool fold_event(struct fold *fold, const struct event *e, uint32_t index)
{
    struct event sealed = *e;
    event_seal(&sealed, fold->chain);
    memcpy(fold->chain, sealed.chain, sizeof fold->chain);
    fold->messages += e->kind == EVENT_MESSAGE;
    fold->user_data |= e->kind == EVENT_USER_DATA;
    if (e->index != index || memcmp(sealed.chain, e->chain, sizeof sealed.chain))
        return false;
    if (!fold->with_heads)
        return true;
    struct head head;
    if (index > 0)
        session_apply(&fold->view, e, &fold->arena);
    else if (head_read(e->data, &head, &fold->arena, NULL))
        session_open(&fold->view, e, &head, &fold->arena);
    else
        return false;
    memcpy(fold->view.session.chain, e->chain, EVENT_CHAIN_SIZE);
    return true;
}

/* Folds what is stored of `s`; fold_clear afterwards. */
static bool fold_session(struct store_txn *txn, const struct session *s, struct fold *fold, GError **error)
{
    *fold = (struct fold){.with_heads = !s->erased};
    arena_init(&fold->arena);
    fold->view.session =
        (struct session){.company = s->company, .visitor = s->visitor, .number = s->number, .id = s->id};
    uint32_t index = 0;
    while (index <= s->last_index && !fold->broken) {
        struct event *events;
        size_t count;
        if (!store_events(txn, s, index, s->last_index, EVENTS_AT_ONCE, &fold->arena, &events, &count, error))
            return false;
        fold->broken = count == 0;
        for (size_t i = 0; i < count && !fold->broken; i++)
            fold->broken = !fold_event(fold, &events[i], index++);
    }
    return true;
}

struct session_repair {
    struct op op;
    int64_t number;
};

/* The fold is made again inside the write: the session may have grown since it was found wanting. */
static bool session_repair_run(struct op *op, struct store_txn *txn, GError **error)
{
    struct session_repair *repair = (struct session_repair *)op;
    struct session_view stored;
    struct fold fold;
    bool found;
    if (!store_session_by_number(txn, repair->number, &op->arena, &stored, &found, error))
        return false;
    if (!found)
        return true;
    bool ok = fold_session(txn, &stored.session, &fold, error);
    if (ok && !fold.broken && fold.with_heads)
        ok = store_session_replace(txn, &fold.view, error);
    fold_clear(&fold);
    return ok;
}

static bool session_repair(struct check *check, int64_t number, GError **error)
{
    struct session_repair repair = {.number = number};
    op_init(&repair.op, check->core, OP_WRITE, session_repair_run);
    bool ok = core_run(&repair.op, error);
    check->result->repaired += ok;
    op_clear(&repair.op);
    return ok;
}

/* `*wanting`: the projection differs and can be made anew. */
static bool check_session(struct check *check, struct store_txn *txn, const struct session_view *view, bool *wanting,
                          GError **error)
{
    const struct session *s = &view->session;
    const char *difference = NULL;
    struct fold fold;
    bool ok = fold_session(txn, s, &fold, error);
    *wanting = false;
    if (ok && fold.broken)
        finding(check, "session %.*s: the log is not what was sealed", STR_ARG(s->id));
    else if (ok && !fold.with_heads &&
             (fold.messages != s->messages || memcmp(fold.chain, s->chain, sizeof fold.chain)))
        finding(check, "erased session %.*s: counts or chain differ from its log", STR_ARG(s->id));
    else if (ok && fold.with_heads && !session_equal(view, &fold.view, &difference)) {
        finding(check, "session %.*s: %s differs from its log", STR_ARG(s->id), difference);
        *wanting = true;
    }
    if (fold.user_data)
        g_hash_table_add(check->told, g_memdup2(&s->number, sizeof s->number));
    fold_clear(&fold);
    check->result->sessions++;
    check->result->events += s->last_index + 1;
    return ok;
}

static bool check_sessions(struct check *check, GError **error)
{
    int64_t after = 0;
    for (;;) {
        struct arena a;
        struct session_view *views;
        size_t count = 0;
        arena_init(&a);
        g_autoptr(GArray) wanting = g_array_new(FALSE, FALSE, sizeof(int64_t));
        struct store_txn *txn = core_read_begin(check->reader, error);
        bool ok = txn && store_session_scan(txn, 0, after, SESSIONS_AT_ONCE, &a, &views, &count, error);
        for (size_t i = 0; ok && i < count; i++) {
            const struct session_view *view = &views[i];
            bool differs;
            after = view->session.number;
            ok = check_session(check, txn, view, &differs, error);
            if (differs)
                g_array_append_val(wanting, after);
        }
        if (txn)
            core_read_end(txn);
        for (size_t i = 0; ok && check->repair && i < wanting->len; i++)
            ok = session_repair(check, g_array_index(wanting, int64_t, i), error);
        arena_clear(&a);
        if (!ok || !goes_on(check, error))
            return false;
        if (count < SESSIONS_AT_ONCE)
            return true;
    }
}

/* ---- visitors ------------------------------------------------------------------------------------------- */

struct kept_visitor {
    struct visitor v;
    struct arena arena;
};

static void kept_visitor_free(void *data)
{
    struct kept_visitor *kept = data;
    arena_clear(&kept->arena);
    g_free(kept);
}

/* Takes over `v` by copy, so that what it was folded from can go. */
static void keep_visitor(struct kept_visitor *kept, struct visitor v)
{
    struct arena fresh;
    arena_init(&fresh);
    struct str *texts[] = {&v.id, &v.token, &v.username, &v.name, &v.email, &v.phone};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = arena_str(&fresh, *texts[i]);
    arena_clear(&kept->arena);
    *kept = (struct kept_visitor){.v = v, .arena = fresh};
}

static bool apply_change(struct check *check, struct store_txn *txn, const struct store_change *change,
                         struct kept_visitor *kept, GError **error)
{
    struct session s = {
        .company = change->company, .visitor = change->visitor, .number = change->session, .last_index = change->last};
    bool told = g_hash_table_contains(check->told, &change->session);
    uint32_t last = told ? change->last : change->first;
    if (!told && change->first > 0)
        return true;
    struct arena a;
    struct event *events;
    size_t count;
    arena_init(&a);
    bool ok = store_events(txn, &s, change->first, last, LIMIT_EVENTS_PER_SESSION, &a, &events, &count, error);
    struct visitor v = kept->v;
    for (size_t i = 0; ok && i < count; i++)
        visitor_apply(&v, &events[i], &a);
    if (ok)
        keep_visitor(kept, v);
    arena_clear(&a);
    return ok;
}

static bool fold_changes(struct check *check, struct store_txn *txn, GHashTable *visitors, GError **error)
{
    static const struct store_change_filter all;
    int64_t after = 0;
    for (;;) {
        struct arena a;
        struct store_change *changes;
        size_t count = 0;
        arena_init(&a);
        bool ok = store_changes(txn, &all, after, CHANGES_AT_ONCE, &a, &changes, &count, error);
        for (size_t i = 0; ok && i < count; i++) {
            struct kept_visitor *kept = g_hash_table_lookup(visitors, &changes[i].visitor);
            after = changes[i].number;
            if (kept && changes[i].kind == STORE_CHANGE_APPEND)
                ok = apply_change(check, txn, &changes[i], kept, error);
        }
        arena_clear(&a);
        if (!ok || !goes_on(check, error))
            return false;
        if (count < CHANGES_AT_ONCE)
            return true;
    }
}

struct visitor_repair {
    struct op op;
    struct visitor wrong, right;
};

static bool visitor_repair_run(struct op *op, struct store_txn *txn, GError **error)
{
    struct visitor_repair *repair = (struct visitor_repair *)op;
    struct visitor now;
    bool found;
    if (!store_visitor_by_number(txn, repair->wrong.number, &op->arena, &now, &found, error))
        return false;
    /* Changed since it was looked at: the next check will see. */
    if (!found || !visitor_equal(&now, &repair->wrong, NULL))
        return true;
    return store_visitor_replace(txn, &repair->right, error);
}

static bool visitor_repair(struct check *check, const struct visitor *wrong, const struct visitor *right,
                           GError **error)
{
    struct visitor_repair repair = {.wrong = *wrong, .right = *right};
    op_init(&repair.op, check->core, OP_WRITE, visitor_repair_run);
    bool ok = core_run(&repair.op, error);
    check->result->repaired += ok;
    op_clear(&repair.op);
    return ok;
}

/* False when the stored row differs and can be made anew. */
static bool check_visitor(struct check *check, const struct visitor *stored, const struct visitor *folded)
{
    const char *difference = NULL;
    bool known = stored->state == VISITOR_KNOWN;
    check->result->visitors++;
    if (known && !visitor_equal(stored, folded, &difference)) {
        finding(check, "visitor %.*s: %s differs from the log", STR_ARG(stored->id), difference);
        return false;
    }
    if (!known && stored->sessions != folded->sessions) {
        finding(check, "erased visitor %lld: the number of sessions differs from the log", (long long)stored->number);
    }
    return true;
}

/* The stored visitors above `after`, at most `limit`, as keys of a table with nothing folded yet. */
static bool load_visitors(struct store_txn *txn, int64_t after, struct arena *a, struct visitor **stored, size_t *count,
                          GHashTable *visitors, GError **error)
{
    if (!store_visitor_scan(txn, after, VISITORS_AT_ONCE, a, stored, count, error))
        return false;
    for (size_t i = 0; i < *count; i++) {
        struct kept_visitor *kept = g_new0(struct kept_visitor, 1);
        const struct visitor *v = &(*stored)[i];
        kept->v = (struct visitor){.company = v->company, .number = v->number, .state = v->state};
        arena_init(&kept->arena);
        g_hash_table_insert(visitors, &kept->v.number, kept);
    }
    return true;
}

/* One range of visitors in one snapshot: what is folded and what is stored must be of the same moment. */
static bool check_visitor_range(struct check *check, int64_t *after, size_t *count, GError **error)
{
    struct arena a;
    struct visitor *stored;
    arena_init(&a);
    g_autoptr(GHashTable) visitors = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, kept_visitor_free);
    g_autoptr(GPtrArray) wanting = g_ptr_array_new();
    struct store_txn *txn = core_read_begin(check->reader, error);
    bool ok = txn && load_visitors(txn, *after, &a, &stored, count, visitors, error) &&
              (*count == 0 || fold_changes(check, txn, visitors, error));
    for (size_t i = 0; ok && i < *count; i++) {
        const struct kept_visitor *kept = g_hash_table_lookup(visitors, &stored[i].number);
        *after = stored[i].number;
        if (!check_visitor(check, &stored[i], &kept->v))
            g_ptr_array_add(wanting, &stored[i]);
    }
    if (txn)
        core_read_end(txn);
    for (size_t i = 0; ok && check->repair && i < wanting->len; i++) {
        const struct visitor *wrong = g_ptr_array_index(wanting, i);
        const struct kept_visitor *kept = g_hash_table_lookup(visitors, &wrong->number);
        ok = visitor_repair(check, wrong, &kept->v, error);
    }
    arena_clear(&a);
    return ok;
}

static bool check_visitors(struct check *check, GError **error)
{
    int64_t after = 0;
    size_t count = VISITORS_AT_ONCE;
    while (count == VISITORS_AT_ONCE)
        if (!check_visitor_range(check, &after, &count, error))
            return false;
    return true;
}

bool check_run(struct core *core, bool repair, store_finding *report, void *data, const struct store_progress *progress,
               struct check_result *result, GError **error)
{
    *result = (struct check_result){0};
    struct check check = {
        .core = core, .repair = repair, .report = report, .data = data, .progress = progress, .result = result};
    check.reader = core_reader_open(core, error);
    if (!check.reader)
        return false;
    check.told = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    bool ok = store_check(check.reader, driver_finding, &check, progress, error) && check_sessions(&check, error) &&
              check_visitors(&check, error);
    g_hash_table_unref(check.told);
    store_reader_close(check.reader);
    if (ok && repair && result->findings > 0)
        ok = store_rebuild(core_store(core), progress, error);
    return ok;
}
