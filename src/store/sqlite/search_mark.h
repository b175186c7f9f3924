/* Where the matches stand in a text. */
#pragma once

#include "store/sqlite/search_words.h"

/* Fills the hit's snippet and highlights from its text (borrowed) and the places of its matches. O(text). */
void search_mark(struct store_hit *hit, struct str text, const struct search_place *places, size_t count,
                 struct arena *a);
