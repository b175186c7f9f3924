/* Extended JSON: what is taken becomes JSON that reads back, and is itself when it is read as Extended JSON again. */
#include "port/format/mongo.h"

#include "text/json_read.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once, twice;
    struct arena a;
    GError *error = NULL;
    arena_init(&a);
    buf_init(&once, MONGO_DOCUMENT_MAX);
    buf_init(&twice, MONGO_DOCUMENT_MAX);
    if (!mongo_json_plain(str_from((const char *)data, size), &once, &error)) {
        if (!error)
            abort();
        g_error_free(error);
    } else if (!json_read(buf_str(&once), JSON_TOP_OBJECT, &a, NULL) ||
               !mongo_json_plain(buf_str(&once), &twice, NULL) || !str_equal(buf_str(&once), buf_str(&twice))) {
        abort();
    }
    buf_clear(&once);
    buf_clear(&twice);
    arena_clear(&a);
    return 0;
}
