#include "wire/outcome/kept.h"

bool kept_reply(struct http_request *request, struct kept_answer *cached, struct str headers)
{
    if (!cached)
        return false;
    http_reply(request, 200, headers, cached->body);
    kept_unref(cached);
    return true;
}

struct kept_answer *kept_of_company(struct core *core, struct kept_draft *draft, int64_t company, struct str target,
                                    struct arena *a)
{
    return kept_begin(core, draft, str_from((const char *)&company, sizeof company), target, a);
}
