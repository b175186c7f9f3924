#include "port/filter.h"
#include "text/json_read.h"
#include "wire/parley/internal.h"

enum { PAGE_DEFAULT = 50 };

const struct json_node *body_read(const struct http_request *request, struct arena *a, GError **error)
{
    return json_read(request->body.len ? request->body : STR("{}"), JSON_TOP_OBJECT, a, error);
}

size_t parameters_limit(const struct call *call)
{
    return (size_t)parameter_number(&call->query, STR("limit"), PAGE_DEFAULT);
}

/* Does the query say just this of the parameter? */
static bool says(const struct call *call, const char *name, const char *word)
{
    return str_equal(query_get(&call->query, str_from_c(name)), str_from_c(word));
}

bool parameters_filter_is_slow(const struct call *call)
{
    static const char *const names[] = {"visitor", "operator", "department", "button", "state", "dialect"};
    size_t tested = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        tested += query_get(&call->query, str_from_c(names[i])).ptr != NULL;
    /* These have no index (store_session_list), so that even one by itself is tested row by row. */
    bool without = says(call, "state", "closed") || query_get(&call->query, STR("changedSince")).ptr ||
                   (query_get(&call->query, STR("dialect")).ptr && says(call, "by", "firstMessage"));
    return without || tested > 1;
}

bool parameters_filter(const struct call *call, struct store_txn *txn, struct arena *a,
                       struct store_session_filter *filter, GError **error)
{
    return filter_read(&call->query, call->caller.company, call->zone, txn, a, filter, error);
}
