/* Where the matches stand in a text: highlights, and the snippet around the first. */
#include "store/sqlite/search_mark.h"

#include "text/words.h"

enum { SNIPPET_LENGTH = 200, SNIPPET_BEFORE = 60 }; /* code points */

struct bytes_range {
    int start, end;
};

/* What stands at each place; words that share one cover it together. */
static bool note_place(void *data, const struct word *word)
{
    GArray *places = data;
    struct bytes_range range = {(int)word->start, (int)word->end};
    if (word->place < places->len) {
        struct bytes_range *same = &g_array_index(places, struct bytes_range, word->place);
        same->start = MIN(same->start, range.start);
        same->end = MAX(same->end, range.end);
    } else {
        g_array_append_val(places, range);
    }
    return true;
}

static int by_start(const void *a, const void *b)
{
    const struct bytes_range *x = a, *y = b;
    return x->start != y->start ? (x->start > y->start) - (x->start < y->start) : (x->end > y->end) - (x->end < y->end);
}

/* From matches to ranges of bytes: ascending, overlapping ones joined. Returns how many. */
static size_t match_ranges(const struct search_place *places, size_t count, const GArray *words,
                           struct bytes_range *ranges)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t first = places[i].first, length = places[i].words;
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

void search_mark(struct store_hit *hit, struct str text, const struct search_place *places, size_t count,
                 struct arena *a)
{
    GArray *words = g_array_new(FALSE, FALSE, sizeof(struct bytes_range));
    words_split(text, WORDS_OF_TEXT, note_place, words);
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
