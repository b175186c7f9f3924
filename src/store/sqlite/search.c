/* Answers searches: Parley's query becomes an FTS5 expression, FTS5 streams the matches newest first, filters that can
 * change (operator, department, button, state) are joined, and the place of the match in the text is worked out for
 * the hits that are returned.
 *
 * In bounded time:
 *
 *   all at once ── nearly always ──> done
 *        │ a quarter of the time is over
 *        v
 *   one span of time below what was looked at, 2, 4, ... SPANS_MAX ──> done
 *        │ between them and inside: all of the time is over
 *        v
 *   what was found, and the edge of what was looked at
 *
 * FTS5 looks for the next match however far away it is, and bounds of rowids do not stop it. So a step back asks also
 * for the words that its spans' messages have in `scope`: where those end FTS5 ends. The first step is finished in any
 * case, so that who goes on from edge to edge comes to the end; the clock stops all else through SQLite's progress
 * handler, which FTS5 reaches with each page of the index that it reads. */
#include "base/clock.h"
#include "store/sqlite/search_index.h"
#include "store/sqlite/search_mark.h"
#include "text/search_query.h"

enum {
    RANKED = 2000, /* best first ranks at most the newest so many: the cost of a common word stays bounded */
    SPANS_MAX = 32,
    AT_ONCE = 4, /* this part of the time is for trying all at once */
};

struct candidate {
    int64_t key, event;
    double score;
    struct str session_id;
    struct search_place *places;
    size_t place_count;
};

struct walk {
    struct store_txn *txn;
    const struct store_search *search;
    struct arena *a;
    struct search_query query;
    bool has_negative;
    bool hides_internal;  /* there are internal events, and they are not to be found */
    bool company_matters; /* with one company its scope word stands in every row and would only cost time: 8 ms
                             instead of 0.4 for two middling words in 2 million messages */
    struct buf match;     /* the expression of the step under way */
    int64_t low, edge;    /* keys: from the edge on all is looked at; below `low` nothing is to be */
    struct candidate *candidates;
    size_t count, wanted;
    bool timed_out;
};

/* Spans of time, both inclusive. */
struct spans {
    int64_t first, last;
};

/* ---- the expression ---- */

/* One term as FTS5 string: what is in quotes is text, whatever it holds. The tokenizer splits it into a phrase. */
static void add_term(struct buf *out, const struct search_term *term)
{
    buf_add_byte(out, '"');
    for (size_t i = 0; i < term->text.len; i++) {
        if (term->text.ptr[i] == '"')
            buf_add_byte(out, '"');
        buf_add_byte(out, term->text.ptr[i]);
    }
    buf_add_byte(out, '"');
    if (term->is_prefix)
        buf_add_literal(out, " *");
}

static void add_terms(struct buf *out, const struct search_query *query, bool negative, const char *between)
{
    buf_add_literal(out, "({text} : (");
    bool first = true;
    for (size_t i = 0; i < query->count; i++) {
        if (query->terms[i].is_negative != negative)
            continue;
        if (!first)
            buf_add(out, str_from_c(between));
        first = false;
        add_term(out, &query->terms[i]);
    }
    buf_add_literal(out, "))");
}

static void add_spans(struct buf *out, const struct spans *spans)
{
    for (int64_t span = spans->first; span <= spans->last; span++)
        buf_printf(out, "%st%" G_GINT64_FORMAT, span == spans->first ? "{scope} : (" : " OR ", span);
    buf_add_literal(out, ") AND ");
}

/* Whatever bounds the search stands left of NOT, as FTS5 walks that side. */
static void make_expression(struct walk *w, const struct spans *spans)
{
    const struct store_search *search = w->search;
    struct buf *out = &w->match;
    buf_reset(out);
    buf_add_byte(out, '(');
    if (spans)
        add_spans(out, spans);
    add_terms(out, &w->query, false, " AND ");
    if (search->visitor)
        buf_printf(out, " AND {scope} : v%" G_GINT64_FORMAT, search->visitor);
    else if (w->company_matters)
        buf_printf(out, " AND {scope} : c%" G_GINT64_FORMAT, search->company);
    if (search->dialect >= 0)
        buf_printf(out, " AND {scope} : d%d", search->dialect);
    buf_add_byte(out, ')');
    if (!w->has_negative && !w->hides_internal)
        return;
    buf_add_literal(out, " NOT (");
    if (w->has_negative)
        add_terms(out, &w->query, true, " OR ");
    if (w->hides_internal)
        buf_add(out, w->has_negative ? STR(" OR {scope} : internal") : STR("{scope} : internal"));
    buf_add_byte(out, ')');
}

/* ---- one step ---- */

/* CROSS JOIN keeps FTS5 outside: its order is the answer's, and the others are looked up by number. */
#define MATCHES(score) \
    "SELECT search.rowid, search_key.event, search_places(search), session.id, " score \
    " FROM search CROSS JOIN search_key ON search_key.key = search.rowid" \
    " CROSS JOIN session ON session.number = search_key.event >> 20" \
    " WHERE search MATCH ?1 AND search.rowid >= ?2 AND search.rowid < ?3" \
    " AND session.company = ?4 AND session.erased = 0" \
    " AND (?5 IS NULL OR session.operator_id = ?5) AND (?6 IS NULL OR session.department_id = ?6)" \
    " AND (?7 IS NULL OR session.button_id = ?7) AND (?8 < 0 OR session.state = ?8)" \
    " AND (?9 < 0 OR session.dialect = ?9) AND (?10 = 0 OR session.visitor = ?10)" \
    " ORDER BY search.rowid DESC"

static void bind_step(sqlite3_stmt *q, const struct walk *w, int64_t low)
{
    const struct store_search *search = w->search;
    bind_str(q, 1, buf_str(&w->match));
    bind_int(q, 2, low);
    bind_int(q, 3, w->edge);
    bind_int(q, 4, search->company);
    bind_str(q, 5, search->operator_id);
    bind_str(q, 6, search->department_id);
    bind_str(q, 7, search->button_id);
    bind_int(q, 8, search->state);
    bind_int(q, 9, search->dialect);
    bind_int(q, 10, search->visitor);
}

static void take_candidate(struct walk *w, sqlite3_stmt *q)
{
    size_t size = (size_t)sqlite3_column_bytes(q, 2);
    struct candidate *c = &w->candidates[w->count++];
    *c = (struct candidate){.key = column_int(q, 0),
                            .event = column_int(q, 1),
                            .score = sqlite3_column_double(q, 4),
                            .session_id = column_str(q, 3, w->a),
                            .places = arena_alloc(w->a, size),
                            .place_count = size / sizeof *c->places};
    if (size)
        memcpy(c->places, sqlite3_column_blob(q, 2), size);
}

/* Takes the candidates from `low` up to the edge, newest first, and moves the edge: to `low`, or when the clock (of the
 * monotonic clock, 0 = none) ended it to the last one taken. */
static bool step(struct walk *w, int64_t low, const struct spans *spans, int64_t until_ms, GError **error)
{
    static const char newest_first[] = MATCHES("0"), best_first[] = MATCHES("search_score(search)");
    struct connection *c = sqlite_txn(w->txn)->connection;
    bool failed = w->txn->failed;
    size_t before = w->count;
    GError *failure = NULL;
    make_expression(w, spans);
    sqlite3_stmt *q = txn_statement(w->txn, w->search->best_first ? best_first : newest_first, error);
    if (!q)
        return false;
    bind_step(q, w, low);
    connection_end_at(c, until_ms);
    int row = 1;
    while (w->count < w->wanted && (row = txn_step(w->txn, q, &failure)) > 0)
        take_candidate(w, q);
    sqlite3_reset(q);
    w->timed_out = row < 0 && c->timed_out;
    connection_end_at(c, 0);
    if (w->timed_out) {
        g_clear_error(&failure);
        w->txn->failed = failed;
        if (w->count > before)
            w->edge = w->candidates[w->count - 1].key;
        return true;
    }
    w->edge = low;
    if (row < 0)
        g_propagate_error(error, failure);
    return row >= 0;
}

/* ---- the walk ---- */

/* The greatest key below the edge; -1 = there is none. */
static bool next_key(struct walk *w, int64_t *key, GError **error)
{
    sqlite3_stmt *q = txn_statement(w->txn, "SELECT coalesce(max(key), -1) FROM search_key WHERE key < ?1", error);
    if (!q)
        return false;
    bind_int(q, 1, w->edge);
    int row = txn_step(w->txn, q, error);
    *key = row > 0 ? column_int(q, 0) : -1;
    sqlite3_reset(q);
    return row >= 0;
}

static bool step_back(struct walk *w, int64_t deadline_ms, GError **error)
{
    int64_t until_ms = 0;
    for (int64_t count = 1; w->edge > w->low && w->count < w->wanted; count = MIN(2 * count, SPANS_MAX)) {
        int64_t key;
        w->timed_out = until_ms && clock_monotonic_ms() >= until_ms;
        if (w->timed_out)
            return true;
        if (!next_key(w, &key, error))
            return false;
        if (key < w->low) {
            w->edge = w->low;
            return true;
        }
        struct spans spans = {.last = key >> SEARCH_SPAN_BITS};
        spans.first = MAX(spans.last - count + 1, w->low >> SEARCH_SPAN_BITS);
        if (!step(w, MAX(spans.first << SEARCH_SPAN_BITS, w->low), &spans, until_ms, error))
            return false;
        if (w->timed_out)
            return true;
        until_ms = deadline_ms;
    }
    return true;
}

static bool walk_all(struct walk *w, GError **error)
{
    int64_t start_ms = clock_monotonic_ms(), time_ms = w->search->time_ms;
    return step(w, w->low, NULL, time_ms ? start_ms + MAX(time_ms / AT_ONCE, 1) : 0, error) &&
           (!w->timed_out || step_back(w, start_ms + time_ms, error));
}

/* What the scope has to say. */
static bool read_scope(struct walk *w, GError **error)
{
    sqlite3_stmt *q = txn_statement(w->txn,
                                    "SELECT count(*) > 1, EXISTS(SELECT 1 FROM value WHERE name = 'search_internal')"
                                    " FROM (SELECT 1 FROM company LIMIT 2)",
                                    error);
    if (!q || txn_step(w->txn, q, error) < 0)
        return false;
    w->company_matters = column_int(q, 0);
    w->hides_internal = column_int(q, 1) && !w->search->internal;
    sqlite3_reset(q);
    return true;
}

static bool walk_init(struct walk *w, GError **error)
{
    const struct store_search *search = w->search;
    if (!search_query_parse(search->query, &w->query, error) || !read_scope(w, error))
        return false;
    for (size_t i = 0; i < w->query.count; i++)
        w->has_negative |= w->query.terms[i].is_negative;
    w->low = search->from_ms == NO_TIME ? 0 : search_key_at(search->from_ms);
    w->edge = search->to_ms == NO_TIME || search->to_ms > LIMIT_TIME_MS ? INT64_MAX : search_key_at(search->to_ms);
    if (search->below > 0)
        w->edge = MIN(w->edge, search->below);
    w->wanted = search->best_first ? RANKED : search->limit;
    w->candidates = arena_array(w->a, w->wanted, sizeof *w->candidates);
    return true;
}

/* ---- hits ---- */

/* *kept is false when the event has no text to show after all. */
static bool hit_read(struct walk *w, const struct candidate *c, struct store_hit *hit, bool *kept, GError **error)
{
    bool found;
    *hit = (struct store_hit){.key = c->key, .session = event_number_session(c->event), .session_id = c->session_id};
    if (!event_read(w->txn, c->event, false, w->a, &hit->event, &found, error))
        return false;
    *kept = found && !hit->event.erased;
    if (!*kept)
        return true;
    struct str text = event_current_text(&hit->event);
    if (str_is_empty(text))
        return txn_corrupt(w->txn, "the search index names a message without text", error);
    search_mark(hit, text, c->places, c->place_count, w->a);
    return true;
}

static int best_before(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return x->score != y->score ? (x->score < y->score) - (x->score > y->score) : (x->key < y->key) - (x->key > y->key);
}

static bool read_hits(struct walk *w, struct store_found *found, GError **error)
{
    const struct store_search *search = w->search;
    size_t skip = search->best_first ? search->skip : 0;
    if (search->best_first && w->count)
        qsort(w->candidates, w->count, sizeof *w->candidates, best_before);
    size_t end = MIN(w->count, skip + search->limit);
    found->hits = arena_array(w->a, search->limit, sizeof *found->hits);
    for (size_t i = skip; i < end; i++) {
        bool kept;
        if (!hit_read(w, &w->candidates[i], &found->hits[found->count], &kept, error))
            return false;
        found->count += kept;
    }
    return true;
}

bool sqlite_search(struct store_txn *txn, const struct store_search *search, struct arena *a, struct store_found *found,
                   GError **error)
{
    struct walk w = {.txn = txn, .search = search, .a = a};
    *found = (struct store_found){.indexed_from_ms = NO_TIME};
    buf_init(&w.match, 16 * LIMIT_QUERY + 4096);
    bool ok = walk_init(&w, error) && walk_all(&w, error) && read_hits(&w, found, error) &&
              sqlite_search_indexed_from(txn, &found->indexed_from_ms, error);
    found->partial = w.timed_out;
    found->edge = w.edge;
    buf_clear(&w.match);
    return ok;
}
