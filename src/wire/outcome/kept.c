#include "wire/outcome/kept.h"

bool kept_reply(struct http_request *request, struct cached_answer *cached, struct str headers)
{
    if (!cached)
        return false;
    http_reply(request, 200, headers, cached->body);
    cached_answer_unref(cached);
    return true;
}

struct cached_answer *kept_of_company(struct core *core, struct answer_draft *draft, int64_t company, struct str target,
                                      struct arena *a)
{
    return answer_cache_begin(core, draft, str_from((const char *)&company, sizeof company), target, a);
}
