/* Answers searches: Parley's query becomes an FTS5 expression, FTS5 streams the matches newest first, filters that can
 * change (operator, department, button, state) are joined, and the place of the match in the text is worked out for
 * the hits that are returned. */
#include "store/sqlite/search_index.h"
#include "store/sqlite/search_words.h"
#include "text/search_query.h"

enum { SNIPPET_LENGTH = 200, SNIPPET_BEFORE = 60 }; /* code points */

/* Best first ranks at most the newest this many matches: the cost of a common word stays bounded. */
#define RANKED "2000"

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

static bool has_negative(const struct search_query *query)
{
    for (size_t i = 0; i < query->count; i++)
        if (query->terms[i].is_negative)
            return true;
    return false;
}

/* More than one company? With one, its scope word stands in every row and would only cost time: 8 ms instead of 0.4 for
 * two middling words in 2 million messages. */
static bool company_matters(struct store_txn *txn, bool *matters, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn, "SELECT count(*) > 1 FROM (SELECT 1 FROM company LIMIT 2)", error);
    if (!q || txn_step(txn, q, error) < 0)
        return false;
    *matters = column_int(q, 0);
    sqlite3_reset(q);
    return true;
}

static bool expression(struct store_txn *txn, const struct store_search *search, struct buf *out, GError **error)
{
    struct search_query query;
    bool company;
    if (!search_query_parse(search->query, &query, error) || !company_matters(txn, &company, error))
        return false;
    if (has_negative(&query))
        buf_add_byte(out, '(');
    add_terms(out, &query, false, " AND ");
    if (has_negative(&query)) {
        buf_add_literal(out, " NOT ");
        add_terms(out, &query, true, " OR ");
        buf_add_byte(out, ')');
    }
    if (search->visitor)
        buf_printf(out, " AND {scope} : v%" G_GINT64_FORMAT, search->visitor);
    else if (company)
        buf_printf(out, " AND {scope} : c%" G_GINT64_FORMAT, search->company);
    if (search->dialect >= 0)
        buf_printf(out, " AND {scope} : d%d", search->dialect);
    return true;
}

/* ---- where the match stands in the text ---- */

struct bytes_range {
    int start, end;
};

static int collect_word(void *data, struct str folded, int start, int end)
{
    (void)folded;
    struct bytes_range word = {start, end};
    g_array_append_val((GArray *)data, word);
    return SQLITE_OK;
}

static int by_start(const void *a, const void *b)
{
    const struct bytes_range *x = a, *y = b;
    return x->start != y->start ? (x->start > y->start) - (x->start < y->start) : (x->end > y->end) - (x->end < y->end);
}

/* From places (first word, words) to ranges of bytes: ascending, overlapping ones joined. Returns how many. */
static size_t match_ranges(const uint32_t *places, size_t count, const GArray *words, struct bytes_range *ranges)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t first = places[2 * i], length = places[2 * i + 1];
        if (length && first < words->len && length <= words->len - first)
            ranges[used++] = (struct bytes_range){g_array_index(words, struct bytes_range, first).start,
                                                  g_array_index(words, struct bytes_range, first + length - 1).end};
    }
    if (!used)
        return 0;
    qsort(ranges, used, sizeof *ranges, by_start);
    size_t last = 0;
    for (size_t i = 1; i < used; i++)
        if (ranges[i].start < ranges[last].end)
            ranges[last].end = MAX(ranges[last].end, ranges[i].end);
        else
            ranges[++last] = ranges[i];
    return last + 1;
}

static long code_points(struct str text, int from, int to)
{
    return g_utf8_strlen(text.ptr + from, to - from);
}

/* The byte `n` code points behind `from`, at most the end. */
static int skip_code_points(struct str text, int from, long n)
{
    const char *at = text.ptr + from, *end = text.ptr + text.len;
    while (n-- > 0 && at < end)
        at = g_utf8_next_char(at);
    return (int)(at - text.ptr);
}

/* Where the snippet stands: whole words around the first match, as far as SNIPPET_LENGTH goes. */
static struct bytes_range snippet_range(struct str text, const GArray *words, const struct bytes_range *match)
{
    struct bytes_range cut = {0, skip_code_points(text, 0, SNIPPET_LENGTH)};
    if ((size_t)cut.end == text.len)
        return cut;
    int focus = match ? match->start : 0;
    cut.start = focus;
    for (guint i = words->len; i-- > 0;) {
        const struct bytes_range *word = &g_array_index(words, struct bytes_range, i);
        if (word->start >= focus)
            continue;
        if (code_points(text, word->start, focus) > SNIPPET_BEFORE)
            break;
        cut.start = word->start;
    }
    if (code_points(text, 0, cut.start) <= SNIPPET_BEFORE && code_points(text, 0, focus) <= SNIPPET_BEFORE)
        cut.start = 0;
    int limit = skip_code_points(text, cut.start, SNIPPET_LENGTH);
    cut.end = limit;
    if ((size_t)limit < text.len) {
        int whole = cut.start;
        for (guint i = 0; i < words->len; i++) {
            const struct bytes_range *word = &g_array_index(words, struct bytes_range, i);
            if (word->end > limit)
                break;
            whole = MAX(whole, word->end);
        }
        if (whole > focus) /* else one word fills it all: cut inside */
            cut.end = whole;
    }
    return cut;
}

static void hit_mark(struct store_hit *hit, struct str text, const uint32_t *places, size_t count,
                     struct search_words *tools, struct arena *a)
{
    GArray *words = g_array_new(FALSE, FALSE, sizeof(struct bytes_range));
    search_words_split(tools, text, collect_word, words);
    struct bytes_range *ranges = arena_array(a, count, sizeof *ranges);
    size_t used = match_ranges(places, count, words, ranges);
    struct bytes_range cut = snippet_range(text, words, used ? ranges : NULL);
    hit->snippet = str_from(text.ptr + cut.start, (size_t)(cut.end - cut.start));
    hit->snippet_from_start = cut.start == 0;
    hit->snippet_to_end = (size_t)cut.end == text.len;
    hit->highlights = arena_array(a, used, sizeof *hit->highlights);
    int at = cut.start; /* counted on from range to range: one pass over the snippet */
    uint32_t points = 0;
    for (size_t i = 0; i < used; i++) {
        int start = MAX(ranges[i].start, cut.start), end = MIN(ranges[i].end, cut.end);
        if (start >= end)
            continue;
        uint32_t from = points + (uint32_t)code_points(text, at, start);
        points = from + (uint32_t)code_points(text, start, end);
        at = end;
        hit->highlights[hit->highlight_count++] = (struct store_range){from, points - from};
    }
    g_array_free(words, TRUE);
}

/* ---- the query ---- */

/* CROSS JOIN keeps FTS5 outside: its order is the answer's, and the others are looked up by number. */
#define MATCHES(score) \
    "SELECT search.rowid AS key, search_key.event AS event, search_places(search) AS places, session.id AS id," \
    " " score " AS score" \
    " FROM search CROSS JOIN search_key ON search_key.key = search.rowid" \
    " CROSS JOIN session ON session.number = search_key.event >> 20" \
    " WHERE search MATCH ?1 AND search.rowid >= ?2 AND search.rowid < ?3" \
    " AND session.company = ?4 AND session.erased = 0" \
    " AND (?5 IS NULL OR session.operator_id = ?5) AND (?6 IS NULL OR session.department_id = ?6)" \
    " AND (?7 IS NULL OR session.button_id = ?7) AND (?8 < 0 OR session.state = ?8)" \
    " AND (?9 < 0 OR session.dialect = ?9) AND (?10 = 0 OR session.visitor = ?10)" \
    " ORDER BY search.rowid DESC"

static const char newest_first[] = MATCHES("0") " LIMIT ?11";
static const char best_first[] = "SELECT key, event, places, id FROM (" MATCHES(
    "search_score(search)") " LIMIT " RANKED ") ORDER BY score DESC, key DESC LIMIT ?11 OFFSET ?12";

static void bind_search(sqlite3_stmt *q, const struct store_search *search, struct str match)
{
    int64_t from = search->from_ms == NO_TIME ? 0 : search_key_at(search->from_ms);
    int64_t to = search->to_ms == NO_TIME || search->to_ms > LIMIT_TIME_MS ? INT64_MAX : search_key_at(search->to_ms);
    if (!search->best_first && search->after > 0)
        to = MIN(to, search->after);
    bind_str(q, 1, match);
    bind_int(q, 2, from);
    bind_int(q, 3, to);
    bind_int(q, 4, search->company);
    bind_str(q, 5, search->operator_id);
    bind_str(q, 6, search->department_id);
    bind_str(q, 7, search->button_id);
    bind_int(q, 8, search->state);
    bind_int(q, 9, search->dialect);
    bind_int(q, 10, search->visitor);
    bind_int(q, 11, (int64_t)search->limit);
    if (search->best_first)
        bind_int(q, 12, search->after);
}

/* Fills `hit` from the row under `q`; *kept is false when the event has no text to show after all. */
static bool hit_read(struct store_txn *txn, sqlite3_stmt *q, struct search_words *tools, struct arena *a,
                     struct store_hit *hit, bool *kept, GError **error)
{
    int64_t number = column_int(q, 1);
    bool found;
    *hit = (struct store_hit){
        .key = column_int(q, 0), .session = event_number_session(number), .session_id = column_str(q, 3, a)};
    if (!event_read(txn, number, false, a, &hit->event, &found, error))
        return false;
    *kept = found && !hit->event.erased;
    if (!*kept)
        return true;
    struct str text = event_current_text(&hit->event);
    if (str_is_empty(text))
        return txn_corrupt(txn, "the search index names a message without text", error);
    size_t size = (size_t)sqlite3_column_bytes(q, 2);
    uint32_t *places = arena_alloc(a, size);
    if (size)
        memcpy(places, sqlite3_column_blob(q, 2), size);
    hit_mark(hit, text, places, size / (2 * sizeof *places), tools, a);
    return true;
}

bool sqlite_search(struct store_txn *txn, const struct store_search *search, struct arena *a, struct store_hit **hits,
                   size_t *count, GError **error)
{
    *hits = NULL;
    *count = 0;
    struct search_words *tools = search_words_get(sqlite_txn(txn)->connection, error);
    struct buf match;
    buf_init(&match, 16 * LIMIT_QUERY + 1024);
    bool ok = tools && expression(txn, search, &match, error);
    sqlite3_stmt *q = ok ? txn_statement(txn, search->best_first ? best_first : newest_first, error) : NULL;
    ok = q != NULL;
    if (ok) {
        bind_search(q, search, buf_str(&match));
        *hits = arena_array(a, search->limit, sizeof **hits);
        int row;
        while (ok && *count < search->limit && (row = txn_step(txn, q, error)) != 0) {
            bool kept = false;
            ok = row > 0 && hit_read(txn, q, tools, a, &(*hits)[*count], &kept, error);
            *count += kept;
        }
        sqlite3_reset(q);
    }
    buf_clear(&match);
    return ok;
}
