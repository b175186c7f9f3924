#include "wire/outcome/refusal.h"

#include "base/log.h"

void refusal_note(struct http_request *request, const GError *error)
{
    http_count_refusal(request, reason_of(error));
    if (http_status(error) == 500)
        LOG_ERROR("request failed", LOG_TEXT("id", http_request_id(request)),
                  LOG_TEXT("reason", str_from_c(reason_name(reason_of(error)))),
                  LOG_TEXT("detail", str_from_c(error->message)));
}
