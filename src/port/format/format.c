#include "port/format/format.h"

#include "port/format/formats.h"

static const struct format *const formats[] = {&format_livechat, &format_rocketchat};

const struct format *format_at(size_t index)
{
    return index < G_N_ELEMENTS(formats) ? formats[index] : NULL;
}

const struct format *format_by_name(struct str name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
        if (str_equal(name, str_from_c(formats[i]->name)))
            return formats[i];
    return NULL;
}

const struct format *format_of(struct str head, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
        if (formats[i]->recognises && formats[i]->recognises(head, name))
            return formats[i];
    return NULL;
}
