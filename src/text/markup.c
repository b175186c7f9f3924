#include "text/markup.h"

/* The length of a blank line at the front, with its end (\r\n, \n or, as the original has it, \r); 0 when the first
 * line is not blank. */
static size_t blank_line(struct str text)
{
    size_t i = 0;
    while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t'))
        i++;
    if (i == text.len || (text.ptr[i] != '\r' && text.ptr[i] != '\n'))
        return 0;
    bool pair = text.ptr[i] == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n';
    return i + 1 + pair;
}

void markup_write_md(struct json *w, struct str text)
{
    json_array_begin(w);
    while (text.len) {
        json_object_begin(w);
        size_t blank = blank_line(text);
        if (blank) {
            text = str_skip(text, blank);
            json_member_string(w, "type", STR("LINE_BREAK"));
        } else {
            struct str line;
            text = str_split(text, '\n', &line);
            json_member_string(w, "type", STR("PARAGRAPH"));
            json_member_array_begin(w, "value");
            json_object_begin(w);
            json_member_string(w, "type", STR("PLAIN_TEXT"));
            json_member_string(w, "value", line);
            json_object_end(w);
            json_array_end(w);
        }
        json_object_end(w);
    }
    json_array_end(w);
}
