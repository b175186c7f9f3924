#include "text/words.h"

#include "text/search_query.h"
#include "text/words_cases.h"

/* ---- the table: a search as the store does it, by walking ---- */

static bool note_word(void *data, const struct word *word)
{
    g_ptr_array_add(data, str_to_heap(word->folded));
    return true;
}

/* The words of a text, each with its place. */
struct placed {
    char *word;
    uint32_t place;
};

static bool note_placed(void *data, const struct word *word)
{
    struct placed placed = {str_to_heap(word->folded), word->place};
    g_array_append_val((GArray *)data, placed);
    return true;
}

static bool stands_at(const GArray *text, uint32_t place, const char *word, bool is_prefix)
{
    for (guint i = 0; i < text->len; i++) {
        const struct placed *placed = &g_array_index(text, struct placed, i);
        if (placed->place == place &&
            (is_prefix ? g_str_has_prefix(placed->word, word) : g_str_equal(placed->word, word)))
            return true;
    }
    return false;
}

static bool term_found(const struct search_term *term, const GArray *text)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    words_split(term->text, WORDS_OF_QUERY, note_word, words);
    for (guint from = 0; from < text->len; from++) {
        uint32_t place = g_array_index(text, struct placed, from).place;
        guint equal = 0;
        while (equal < words->len &&
               stands_at(text, place + equal, words->pdata[equal], term->is_prefix && equal + 1 == words->len))
            equal++;
        if (equal == words->len)
            return true;
    }
    return false;
}

static void free_placed(void *placed)
{
    g_free(((struct placed *)placed)->word);
}

static bool finds(const char *query_text, const char *text)
{
    struct search_query query;
    GError *error = NULL;
    search_query_parse(str_from_c(query_text), &query, &error);
    g_assert_no_error(error);
    g_autoptr(GArray) placed = g_array_new(FALSE, FALSE, sizeof(struct placed));
    g_array_set_clear_func(placed, free_placed);
    words_split(str_from_c(text), WORDS_OF_TEXT, note_placed, placed);
    bool all = true;
    for (size_t i = 0; i < query.count; i++)
        all &= term_found(&query.terms[i], placed) != query.terms[i].is_negative;
    return all;
}

static void test_table(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words_cases); i++) {
        const struct words_case *c = &words_cases[i];
        if (finds(c->query, c->text) != c->finds)
            g_error("case %zu: \"%s\" %s \"%s\"", i, c->query, c->finds ? "misses" : "finds", c->text);
    }
}

/* ---- the words themselves ---- */

static bool describe_word(void *data, const struct word *word)
{
    g_string_append_printf(data, "%u:%.*s[%u,%u] ", word->place, STR_ARG(word->folded), word->start, word->end);
    return true;
}

static void expect(struct str text, enum words_of of, const char *words)
{
    g_autoptr(GString) found = g_string_new("");
    g_assert_true(words_split(text, of, describe_word, found));
    g_assert_cmpstr(found->str, ==, words);
}

static void test_places(void)
{
    expect(STR_NULL, WORDS_OF_TEXT, "");
    expect(STR(" .,;\xc2\xa0"), WORDS_OF_TEXT, "");
    expect(STR("Hello, w\u00f6rld"), WORDS_OF_TEXT, "0:hello[0,5] 1:world[7,13] ");
    expect(STR("cafe\u0301!"), WORDS_OF_TEXT, "0:cafe[0,6] ");
    expect(STR("a-b 2-b c"), WORDS_OF_TEXT, "0:a[0,1] 1:b[2,3] 2:2[4,5] 2:b[6,7] 2:2b[4,7] 3:c[8,9] ");
    expect(STR("a-b 2-b c"), WORDS_OF_QUERY, "0:a[0,1] 1:b[2,3] 2:2b[4,7] 3:c[8,9] ");
    expect(STR("2--3 -4- 5-"), WORDS_OF_TEXT, "0:2[0,1] 1:3[3,4] 2:4[6,7] 3:5[9,10] ");
    expect(STR("C++ c#"), WORDS_OF_TEXT, "0:c[0,1] 0:c++[0,3] 1:c[4,5] 1:c#[4,6] ");
    expect(STR("C+++ 1++ c#d"), WORDS_OF_QUERY, "0:c[0,1] 1:1[5,6] 2:c[9,10] 3:d[11,12] ");
    expect(STR("x\u4e0a\u6d77\u4e1c."), WORDS_OF_TEXT,
           "0:x[0,1] 1:\u4e0a\u6d77[1,7] 2:\u6d77\u4e1c[4,10] 2:\u4e1c[7,10] ");
    expect(STR("x\u4e0a\u6d77\u4e1c."), WORDS_OF_QUERY, "0:x[0,1] 1:\u4e0a\u6d77[1,7] 2:\u6d77\u4e1c[4,10] ");
    expect(STR("\u4e0a"), WORDS_OF_QUERY, "0:\u4e0a[0,3] ");
    expect(STR("\u00bd \ufdfa"), WORDS_OF_TEXT,
           "0:1[0,2] 1:2[0,2] 2:\u0635\u0644\u0649[3,6] 3:\u0627\u0644\u0644\u0647[3,6]"
           " 4:\u0639\u0644\u064a\u0647[3,6] 5:\u0648\u0633\u0644\u0645[3,6] ");
}

/* Broken UTF-8 and U+0000 stand between words, and nothing is read past the end. */
static void test_bytes(void)
{
    expect(STR("a\xff"
               "b\0c\xe4\xb8"),
           WORDS_OF_TEXT, "0:a[0,1] 1:b[2,3] 2:c[4,5] ");
    expect(STR("\xc0\xaf\xed\xa0\x80\xf5"), WORDS_OF_TEXT, "");
}

struct lengths {
    size_t count, longest;
};

static bool note_length(void *data, const struct word *word)
{
    struct lengths *lengths = data;
    g_assert_cmpuint(word->folded.len, >, 0);
    g_assert_true(str_is_utf8(word->folded));
    lengths->count++;
    lengths->longest = MAX(lengths->longest, word->folded.len);
    return true;
}

/* Cut between characters, whatever the script and however long. */
static void test_cut(void)
{
    static const char *const parts[] = {"a",      "\u00e9",           "1-",        "\u0939\u093f",
                                        "\u12a0", "\U0001f468\u200d", "\U00010437"};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autoptr(GString) text = g_string_new("x");
        if (i == 5)
            g_string_truncate(text, 0);
        while (text->len < 100000)
            g_string_append(text, parts[i]);
        struct lengths lengths = {0};
        g_assert_true(words_split(str_from(text->str, text->len), WORDS_OF_TEXT, note_length, &lengths));
        g_assert_cmpuint(lengths.longest, <=, LIMIT_WORD);
        g_assert_cmpuint(lengths.longest, >, LIMIT_WORD - 8);
    }
}

/* What a query asks for stands among the words of the same text. */
static void test_query_is_of_text(void)
{
    static const char *const alphabet[] = {"a",      "B",      "7",      "-",      "+",          "#",
                                           " ",      "\u00df", "\u0301", "\u4e0a", "\u304b",     "\u3099",
                                           "\u1112", "\u1161", "\u0e33", "\u200d", "\U0001f44d", "\U0001f1e9",
                                           "\ufe0f", "\u0627", "\u0651", "\xff",   ".",          "\u2011"};
    g_autoptr(GRand) chance = g_rand_new_with_seed(11);
    for (int round = 0; round < 5000; round++) {
        g_autoptr(GString) text = g_string_new("");
        for (int n = g_rand_int_range(chance, 0, 12); n > 0; n--)
            g_string_append(text, alphabet[g_rand_int_range(chance, 0, G_N_ELEMENTS(alphabet))]);
        g_autoptr(GPtrArray) asked = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GArray) placed = g_array_new(FALSE, FALSE, sizeof(struct placed));
        g_array_set_clear_func(placed, free_placed);
        words_split(str_from(text->str, text->len), WORDS_OF_QUERY, note_word, asked);
        words_split(str_from(text->str, text->len), WORDS_OF_TEXT, note_placed, placed);
        for (guint i = 0; i < asked->len; i++)
            if (!stands_at(placed, i, asked->pdata[i], false))
                g_error("\"%s\": word %u, %s", text->str, i, (char *)asked->pdata[i]);
    }
}

static bool stop(void *data, const struct word *word)
{
    (void)word;
    return --*(int *)data > 0;
}

static void test_stop(void)
{
    static const char *const texts[] = {
        "a b c", "a-b-c", "1-2-3", "c++ b c", "\u4e0a\u6d77\u4e1c", "\u2600\u2600\u2600"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        int left = 2;
        g_assert_false(words_split(str_from_c(texts[i]), WORDS_OF_TEXT, stop, &left));
        g_assert_cmpint(left, ==, 0);
    }
}

static void test_rules(void)
{
    g_assert_true(g_str_has_prefix(words_rules(), "1 unicode "));
    g_assert_true(words_rules() == words_rules());
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/words/table", test_table);
    g_test_add_func("/words/places", test_places);
    g_test_add_func("/words/bytes", test_bytes);
    g_test_add_func("/words/cut", test_cut);
    g_test_add_func("/words/query_is_of_text", test_query_is_of_text);
    g_test_add_func("/words/stop", test_stop);
    g_test_add_func("/words/rules", test_rules);
    return g_test_run();
}
