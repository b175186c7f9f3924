/* Reads JSON strings, one a line, and writes each text's `md` as a line: what test/clients/rocketchat compares with the
 * original's parser. With the options of the original's server, as if written when the program runs. */
#include "base/clock.h"
#include "text/json_read.h"
#include "text/markup/markup.h"

#include <stdio.h>
#include <stdlib.h>

static void answer(struct str line, struct arena *a, struct buf *out)
{
    static const struct markup_options options = {.colors = true, .emoticons = true, .katex_parenthesis = true};
    struct json w;
    const struct json_node *text = json_read(line, JSON_TOP_ANY, a, NULL);
    buf_reset(out);
    json_init(&w, out);
    markup_write_md(&w, markup_parse(json_str(text), &options, clock_now_ms(), a));
    buf_add_byte(out, '\n');
    fwrite(out->ptr, 1, out->len, stdout);
    arena_reset(a);
}

int main(void)
{
    struct arena a;
    struct buf out;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    arena_init(&a);
    buf_init(&out, 64 * 1024 * 1024);
    setvbuf(stdout, NULL, _IOLBF, 0);
    while ((length = getline(&line, &room, stdin)) > 0)
        answer(str_trim(str_from(line, (size_t)length)), &a, &out);
    free(line);
    buf_clear(&out);
    arena_clear(&a);
    return 0;
}
