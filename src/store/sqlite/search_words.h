/* What FTS5 is told by us: the tokenizer and the functions of the table `search`. */
#pragma once

#include "store/sqlite/sqlite.h"

/* One match in the text: words first, first + 1, ... by place. */
struct search_place {
    uint32_t first, words;
};

/* For each connection, before it looks at a table: registers
 *   the tokenizer "parley" (text/words.h);
 *   search_places(search): a blob of struct search_place, the first SEARCH_PLACES matches in the column `text`, in
 * order; search_score(search): BM25 without document frequencies. FTS5's own bm25() walks all matches of every word to
 *   learn these: a second for a common word in 2 million messages. Among hits that hold all the words they would only
 *   weigh the words against each other.
 * SQLite's code. */
int search_words_register(sqlite3 *db);

enum { SEARCH_PLACES = 256 };
