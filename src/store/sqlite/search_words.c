#include "store/sqlite/search_words.h"

#include "text/words.h"

enum { COLUMN_TEXT }; /* of the table `search` */

/* ---- the tokenizer ---- */

typedef int token_taker(void *context, int flags, const char *bytes, int length, int start, int end);

struct token_walk {
    token_taker *take;
    void *context;
    int64_t place; /* of the word before */
    int code;
};

static bool take_word(void *data, const struct word *word)
{
    struct token_walk *walk = data;
    int flags = word->place == walk->place ? FTS5_TOKEN_COLOCATED : 0;
    walk->place = word->place;
    walk->code =
        walk->take(walk->context, flags, word->folded.ptr, (int)word->folded.len, (int)word->start, (int)word->end);
    return walk->code == SQLITE_OK;
}

static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int length, token_taker *take)
{
    (void)tokenizer;
    struct token_walk walk = {take, context, -1, SQLITE_OK};
    words_split(str_from(text, (size_t)length), flags & FTS5_TOKENIZE_QUERY ? WORDS_OF_QUERY : WORDS_OF_TEXT, take_word,
                &walk);
    return walk.code;
}

/* It has no state, but FTS5 wants a pointer. */
static int tokenizer_create(void *user, const char **arguments, int count, Fts5Tokenizer **made)
{
    static char nothing;
    (void)user, (void)arguments, (void)count;
    *made = (Fts5Tokenizer *)&nothing;
    return SQLITE_OK;
}

static void tokenizer_delete(Fts5Tokenizer *tokenizer)
{
    (void)tokenizer;
}

/* ---- the functions ---- */

static void places_function(const Fts5ExtensionApi *api, Fts5Context *match, sqlite3_context *result, int count,
                            sqlite3_value **values)
{
    (void)count, (void)values;
    int instances = 0;
    int code = api->xInstCount(match, &instances);
    struct search_place places[SEARCH_PLACES];
    size_t used = 0;
    for (int i = 0; code == SQLITE_OK && i < instances && used < SEARCH_PLACES; i++) {
        int phrase, column, first;
        code = api->xInst(match, i, &phrase, &column, &first);
        if (code == SQLITE_OK && column == COLUMN_TEXT)
            places[used++] = (struct search_place){(uint32_t)first, (uint32_t)api->xPhraseSize(match, phrase)};
    }
    if (code == SQLITE_OK)
        sqlite3_result_blob64(result, places, used * sizeof *places, SQLITE_TRANSIENT);
    else
        sqlite3_result_error_code(result, code);
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

static int fts5_api_of(sqlite3 *db, fts5_api **api)
{
    sqlite3_stmt *s = NULL;
    *api = NULL;
    int code = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &s, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_pointer(s, 1, api, "fts5_api_ptr", NULL);
    if (code == SQLITE_OK && sqlite3_step(s) != SQLITE_ROW)
        code = sqlite3_errcode(db);
    sqlite3_finalize(s);
    return code == SQLITE_OK && !*api ? SQLITE_ERROR : code;
}

int search_words_register(sqlite3 *db)
{
    static fts5_tokenizer tokenizer = {tokenizer_create, tokenizer_delete, tokenize};
    fts5_api *api;
    int code = fts5_api_of(db, &api);
    if (code == SQLITE_OK)
        code = api->xCreateTokenizer(api, "parley", NULL, &tokenizer, NULL);
    if (code == SQLITE_OK)
        code = api->xCreateFunction(api, "search_places", NULL, places_function, NULL);
    if (code == SQLITE_OK)
        code = api->xCreateFunction(api, "search_score", NULL, score_function, NULL);
    return code;
}
