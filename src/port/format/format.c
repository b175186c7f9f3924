#include "port/format/format.h"

#include "port/format/fields.h"
#include "port/format/formats.h"
#include "port/format/map.h"

/* A product's own reader is asked before a map whether a file is its own. */
static const struct format *const formats[] = {&format_livechat, &format_genesys_ucs, &format_rocketchat, &format_csv,
                                               &format_json};

const struct format *format_at(size_t index)
{
    if (index < G_N_ELEMENTS(formats))
        return formats[index];
    index -= G_N_ELEMENTS(formats);
    return index < format_preset_count ? &format_presets[index] : NULL;
}

const struct format *format_by_name(struct str name)
{
    const struct format *format;
    for (size_t i = 0; (format = format_at(i)); i++)
        if (str_equal(name, str_from_c(format->name)))
            return format;
    return NULL;
}

static bool bears_all(struct str head, struct str words)
{
    struct str word;
    bool any = false;
    while (words.ptr) {
        words = str_split(words, ' ', &word);
        g_autofree char *mark = str_to_heap(word);
        if (word.len && !g_strstr_len(head.ptr, (gssize)head.len, mark))
            return false;
        any |= word.len > 0;
    }
    return any;
}

static bool bears_marks(struct str head, const char *marks)
{
    struct str rest = str_from_c(marks), words;
    while (rest.ptr) {
        rest = str_split(rest, '|', &words);
        if (bears_all(head, words))
            return true;
    }
    return false;
}

const struct format *format_of(struct str head, const char *name)
{
    const struct format *format;
    bool is_json = fields_are_json(head);
    for (size_t i = 0; (format = format_at(i)); i++)
        if ((format->recognises && format->recognises(head, name)) ||
            (format->type && is_json == !strcmp(format->type, "json") && bears_marks(head, format->marks)))
            return format;
    return NULL;
}

const struct format *format_by_map(struct str head)
{
    return fields_are_json(head) ? &format_json : &format_csv;
}

bool format_map(const struct format *format, const char *name, struct str text, struct map **map, GError **error)
{
    *map = NULL;
    if (!format->type) {
        if (text.ptr)
            reason_set(error, REASON_USAGE, "%s is read without a map: leave --map out", format->name);
        return !text.ptr;
    }
    if (!text.ptr && !format->map) {
        reason_set(
            error, REASON_USAGE,
            "%s needs --map FILE, which says what is what; `parley import --guess FILE` writes one to begin with",
            format->name);
        return false;
    }
    *map = text.ptr ? map_parse(name, text, format->type, error)
                    : map_parse(format->name, str_from_c(format->map), format->type, error);
    return *map != NULL;
}
