/* An answer that is kept in memory (core/kept.h): given again, or noted while it is made. */
#pragma once

#include "core/kept.h"
#include "http/http.h"

/* Takes `cached`, what kept_begin found, and ends the request with it as a 200; false when it is NULL.
 * `headers` as in http_reply. */
bool kept_reply(struct http_request *request, struct kept_answer *cached, struct str headers);

/* kept_begin for what every caller of a company sees alike. */
struct kept_answer *kept_of_company(struct core *core, struct kept_draft *draft, int64_t company, struct str target,
                                    struct arena *a);
