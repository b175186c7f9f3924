#include "text/html.h"

void html_add_text(struct buf *out, struct str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *entity = NULL;
        switch (text.ptr[i]) {
        case '&':
            entity = "&amp;";
            break;
        case '<':
            entity = "&lt;";
            break;
        case '>':
            entity = "&gt;";
            break;
        case '"':
            entity = "&quot;";
            break;
        case '\'':
            entity = "&#39;";
            break;
        case '\0':
            entity = "\xef\xbf\xbd";
            break;
        default:
            continue;
        }
        buf_add(out, str_from(text.ptr + from, i - from));
        buf_add(out, str_from_c(entity));
        from = i + 1;
    }
    buf_add(out, str_skip(text, from));
}
