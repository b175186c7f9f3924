#include "port/export/format.h"

#include "port/export/formats.h"

static const struct export_format *const formats[] = {
#define X(name, word) &export_##name,
    EXPORT_FORMATS(X)
#undef X
};

const struct export_format *export_format_at(size_t index)
{
    return index < G_N_ELEMENTS(formats) ? formats[index] : NULL;
}

const struct export_format *export_format_by_name(struct str name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
        if (str_equal(name, str_from_c(formats[i]->name)))
            return formats[i];
    return NULL;
}
