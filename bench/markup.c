/* Measures message markup: reads JSON strings, one a line, and prints texts a second and nanoseconds a text of parsing
 * all of them, of parsing and writing `md`, and of one plain sentence. `bench/markup.mjs` runs it beside the original's
 * parser. */
#include "text/markup/markup.h"
#include "text/json_read.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 7, SENTENCES = 200000 };

static const struct markup_options options = {.colors = true, .emoticons = true, .katex_parenthesis = true};

static GArray *read_texts(struct arena *a)
{
    GArray *texts = g_array_new(FALSE, FALSE, sizeof(struct str));
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, stdin)) > 0) {
        struct str copy = arena_str(a, str_trim(str_from(line, (size_t)length)));
        struct str text = json_str(json_read(copy, JSON_TOP_ANY, a, NULL));
        g_array_append_val(texts, text);
    }
    free(line);
    return texts;
}

static double measure(const struct str *texts, size_t count, bool write, struct arena *a, struct buf *out)
{
    gint64 start = g_get_monotonic_time();
    for (size_t i = 0; i < count; i++) {
        const struct markup_node *tree = markup_parse(texts[i], &options, 0, a);
        if (write) {
            struct json w;
            buf_reset(out);
            json_init(&w, out);
            markup_write_md(&w, tree);
        }
        arena_reset(a);
    }
    return (double)(g_get_monotonic_time() - start) * 1000 / (double)count;
}

static double best(const struct str *texts, size_t count, bool write, struct arena *a, struct buf *out)
{
    double least = G_MAXDOUBLE;
    for (int round = 0; round < ROUNDS; round++)
        least = MIN(least, measure(texts, count, write, a, out));
    return least;
}

int main(void)
{
    struct arena kept, a;
    struct buf out;
    arena_init(&kept);
    arena_init(&a);
    buf_init(&out, 64 * 1024 * 1024);
    GArray *texts = read_texts(&kept);
    const struct str *all = (const struct str *)(void *)texts->data;
    struct str *sentences = g_new(struct str, SENTENCES);
    for (size_t i = 0; i < SENTENCES; i++)
        sentences[i] = STR("I would like a table for two at half past seven, please.");
    printf("{\"texts\":%u,\"parse_ns\":%.0f,\"write_ns\":%.0f,\"sentence_ns\":%.0f}\n", texts->len,
           best(all, texts->len, false, &a, &out), best(all, texts->len, true, &a, &out),
           best(sentences, SENTENCES, false, &a, &out));
    g_free(sentences);
    g_array_free(texts, TRUE);
    buf_clear(&out);
    arena_clear(&a);
    arena_clear(&kept);
    return 0;
}
