/* Parley's search syntax, in: words that must all occur, "phrases", prefix*, -excluded.
 *
 * Knows nothing of how the store searches. Pure; any thread. */
#pragma once

#include "base/limits.h"
#include "base/str.h"

struct search_term {
    struct str text; /* borrowed from the query: from its first word (text/words.h) to its last, so there is one */
    bool is_phrase;  /* stood in quotes */
    bool is_prefix;  /* its last word may go on */
    bool is_negative;
};

struct search_query {
    struct search_term terms[LIMIT_QUERY_WORDS];
    size_t count;
};

/* Reads a query:
 * - terms are separated by blanks (Unicode's too); `-` right before a term excludes it, `*` right behind it makes it a
 *   prefix, of a phrase the last word;
 * - quotes make a phrase where they begin a term; a quote that is not closed reaches to the end (somebody is typing);
 * - what is no word around a term is dropped, and a term without any word is no term. Inside a term it stays: "e-mail"
 *   is one term whose words (e, mail) must follow each other, as in a phrase;
 * - a term that ends in a single character of a script without spaces is a prefix by itself; a `*` behind more of them,
 *   or behind emoji, says nothing new;
 * - AND and OR are words like any other.
 * Fails with QUERY_INVALID and advice: not UTF-8 or U+0000, more than LIMIT_QUERY bytes, LIMIT_QUERY_WORDS words or
 * LIMIT_QUERY_PREFIXES prefixes, a `*` behind fewer than LIMIT_QUERY_PREFIX_LETTERS letters, no term at all, only
 * excluded terms. O(length). */
bool search_query_parse(struct str text, struct search_query *query, GError **error);
