#include "store/sqlite/search_words.h"

enum { COLUMN_TEXT }; /* of the table `search` */

struct search_words {
    fts5_tokenizer module;
    Fts5Tokenizer *tokenizer;
};

struct place {
    uint32_t first, words;
};

static void places_function(const Fts5ExtensionApi *api, Fts5Context *match, sqlite3_context *result, int count,
                            sqlite3_value **values)
{
    (void)count, (void)values;
    int instances = 0;
    int code = api->xInstCount(match, &instances);
    struct place *places = g_new(struct place, (size_t)MAX(instances, 1));
    size_t used = 0;
    for (int i = 0; code == SQLITE_OK && i < instances; i++) {
        int phrase, column, first;
        code = api->xInst(match, i, &phrase, &column, &first);
        if (code == SQLITE_OK && column == COLUMN_TEXT)
            places[used++] = (struct place){(uint32_t)first, (uint32_t)api->xPhraseSize(match, phrase)};
    }
    if (code == SQLITE_OK)
        sqlite3_result_blob64(result, places, used * sizeof *places, SQLITE_TRANSIENT);
    else
        sqlite3_result_error_code(result, code);
    g_free(places);
}

static void score_function(const Fts5ExtensionApi *api, Fts5Context *match, sqlite3_context *result, int count,
                           sqlite3_value **values)
{
    (void)count, (void)values;
    const double k1 = 1.2, b = 0.75; /* the usual constants, as in FTS5's bm25 */
    int instances = 0, length = 0;
    sqlite3_int64 all_words = 0, rows = 0;
    int code = api->xInstCount(match, &instances);
    if (code == SQLITE_OK)
        code = api->xColumnSize(match, COLUMN_TEXT, &length);
    if (code == SQLITE_OK)
        code = api->xColumnTotalSize(match, COLUMN_TEXT, &all_words);
    if (code == SQLITE_OK)
        code = api->xRowCount(match, &rows);
    int phrases = api->xPhraseCount(match);
    int *frequency = g_new0(int, (size_t)MAX(phrases, 1));
    for (int i = 0; code == SQLITE_OK && i < instances; i++) {
        int phrase, column, first;
        code = api->xInst(match, i, &phrase, &column, &first);
        if (code == SQLITE_OK && column == COLUMN_TEXT)
            frequency[phrase]++;
    }
    double average = rows && all_words ? (double)all_words / (double)rows : 1, score = 0;
    for (int i = 0; i < phrases; i++)
        score += frequency[i] * (k1 + 1) / (frequency[i] + k1 * (1 - b + b * length / average));
    g_free(frequency);
    if (code == SQLITE_OK)
        sqlite3_result_double(result, score);
    else
        sqlite3_result_error_code(result, code);
}

static fts5_api *fts5_api_of(sqlite3 *db)
{
    fts5_api *api = NULL;
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &s, NULL) == SQLITE_OK) {
        sqlite3_bind_pointer(s, 1, &api, "fts5_api_ptr", NULL);
        sqlite3_step(s);
    }
    sqlite3_finalize(s);
    return api;
}

struct search_words *search_words_get(struct connection *c, GError **error)
{
    if (c->words)
        return c->words;
    fts5_api *api = fts5_api_of(c->db);
    /* The tokenizer that the migration names. */
    const char *arguments[] = {"remove_diacritics", "2"};
    struct search_words *words = g_new0(struct search_words, 1);
    void *user;
    if (api && api->xFindTokenizer(api, "unicode61", &user, &words->module) == SQLITE_OK &&
        words->module.xCreate(user, arguments, G_N_ELEMENTS(arguments), &words->tokenizer) == SQLITE_OK &&
        api->xCreateFunction(api, "search_places", NULL, places_function, NULL) == SQLITE_OK &&
        api->xCreateFunction(api, "search_score", NULL, score_function, NULL) == SQLITE_OK)
        return c->words = words;
    search_words_free(words);
    reason_set(error, REASON_INTERNAL, "full-text search is not available");
    return NULL;
}

void search_words_free(struct search_words *words)
{
    if (!words)
        return;
    if (words->tokenizer)
        words->module.xDelete(words->tokenizer);
    g_free(words);
}

struct walk {
    search_word *each;
    void *data;
};

static int walk_word(void *context, int flags, const char *folded, int length, int start, int end)
{
    (void)flags;
    struct walk *walk = context;
    return walk->each(walk->data, str_from(folded, (size_t)length), start, end);
}

bool search_words_split(struct search_words *words, struct str text, search_word *each, void *data)
{
    struct walk walk = {each, data};
    return words->module.xTokenize(words->tokenizer, &walk, FTS5_TOKENIZE_AUX, text.ptr, (int)text.len, walk_word) ==
           SQLITE_OK;
}
