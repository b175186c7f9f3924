/* How a text falls into words, and where a match stands in it: FTS5's own tokenizer and its extension functions.
 *
 * Belongs to a connection, as FTS5's tokenizers and functions do. */
#pragma once

#include "store/sqlite/sqlite.h"

struct search_words;

/* The connection's; made at the first call, with the SQL functions
 *   search_places(search): a blob of uint32_t pairs (first word, words) of all matches in the column `text`, in order;
 *   search_score(search): BM25 without document frequencies. FTS5's own bm25() walks all matches of every word to
 *   learn these: a second for a common word in 2 million messages. Among hits that hold all the words they would only
 *   weigh the words against each other.
 * NULL with error set when FTS5 is not there. */
struct search_words *search_words_get(struct connection *c, GError **error);

/* At closing. NULL is fine. */
void search_words_free(struct search_words *words);

/* One word as indexed (folded), and the bytes of the text it stands for. A result other than SQLITE_OK ends the walk.
 */
typedef int search_word(void *data, struct str folded, int start, int end);

/* Calls `each` for the words of `text` in order. FALSE when `each` ended it or memory ran out. */
bool search_words_split(struct search_words *words, struct str text, search_word *each, void *data);
