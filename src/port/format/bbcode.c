#include "port/format/bbcode.h"

enum { MARK_MAX_BYTES = 2048 };

struct mark {
    bool closes;
    struct str name;
    struct str value; /* behind `=`; STR_NULL = none */
};

/* Reads "[url=https://example.org]" at the front; its length, 0 when it is no mark. */
static size_t take_mark(struct str text, struct mark *mark)
{
    size_t end = 1, length = MIN(text.len, (size_t)MARK_MAX_BYTES);
    while (end < length && text.ptr[end] != ']' && text.ptr[end] != '[' && text.ptr[end] != '\n')
        end++;
    if (end >= length || text.ptr[end] != ']')
        return 0;
    struct str inside = str_from(text.ptr + 1, end - 1);
    mark->closes = inside.len && inside.ptr[0] == '/';
    mark->value = str_split(str_skip(inside, mark->closes), '=', &mark->name);
    return end + 1;
}

static bool add_file(struct bbcode *read, const struct mark *mark, struct arena *a)
{
    struct str id;
    str_split(mark->value, '_', &id);
    if (!id.len || read->file_count == BBCODE_FILES_MAX)
        return false;
    read->files[read->file_count++] = arena_str(a, id);
    return true;
}

/* FALSE: it is none of ours, and stays. */
static bool apply(struct bbcode *read, const struct mark *mark, struct str *link, GString *out, struct arena *a)
{
    if (str_among_nocase(mark->name, "file") && !mark->closes)
        return add_file(read, mark, a);
    if (str_among_nocase(mark->name, "url")) {
        if (mark->closes && link->len)
            g_string_append_printf(out, " (%.*s)", STR_ARG(*link));
        *link = mark->closes ? STR_NULL : mark->value;
        return true;
    }
    if (str_among_nocase(mark->name, "*") && !mark->closes)
        g_string_append(out, "- ");
    return str_among_nocase(mark->name,
                            "b i u s strike list * img color html quote code level center left right size fs10 "
                            "fs11 fs12 fs14 fs16 fs18 fs20");
}

void bbcode_read(struct str text, struct bbcode *read, struct arena *a)
{
    GString *out = g_string_sized_new(text.len);
    struct str link = STR_NULL;
    read->file_count = 0;
    while (text.len) {
        struct mark mark;
        size_t length = text.ptr[0] == '[' ? take_mark(text, &mark) : 0;
        if (!length || !apply(read, &mark, &link, out, a)) {
            length = MAX(length, (size_t)1);
            g_string_append_len(out, text.ptr, (gssize)length);
        }
        text = str_skip(text, length);
    }
    read->text = arena_str(a, str_trim(str_from(out->str, out->len)));
    g_string_free(out, TRUE);
}
