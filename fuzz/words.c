/* Words: whole characters in order inside the text, not too long, the query's among the text's, whatever the bytes. */
#include "text/words.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t size;
    uint32_t place;
    bool any;
};

static bool look(void *data, const struct word *word)
{
    struct seen *seen = data;
    g_assert_true(word->folded.len > 0 && word->folded.len <= LIMIT_WORD && str_is_utf8(word->folded));
    g_assert_true(word->start < word->end && word->end <= seen->size);
    g_assert_true(seen->any ? word->place == seen->place || word->place == seen->place + 1 : word->place == 0);
    seen->place = word->place;
    seen->any = true;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_from((const char *)data, size);
    struct seen of_text = {.size = size}, of_query = {.size = size};
    g_assert_true(words_split(text, WORDS_OF_TEXT, look, &of_text));
    g_assert_true(words_split(text, WORDS_OF_QUERY, look, &of_query));
    g_assert_true(of_text.any == of_query.any && of_text.place == of_query.place);
    return 0;
}
