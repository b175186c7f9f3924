/* An answer that is kept in memory (core/answer_cache.h): given again, or noted while it is made. */
#pragma once

#include "core/answer_cache.h"
#include "http/http.h"

/* Takes `cached`, what answer_cache_begin found, and ends the request with it as a 200; false when it is NULL.
 * `headers` as in http_reply. */
bool kept_reply(struct http_request *request, struct cached_answer *cached, struct str headers);

/* answer_cache_begin for what every caller of a company sees alike. */
struct cached_answer *kept_of_company(struct core *core, struct answer_draft *draft, int64_t company, struct str target,
                                      struct arena *a);
