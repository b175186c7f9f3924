/* What a refusal tells the log and the metrics. */
#pragma once

#include "base/reason.h"
#include "http/http.h"

/* Counts the refusal by its reason, and logs an error that is not the client's but ours (class corrupt, io or internal)
 * under the request's id: a dialect's answer says no more than that something failed. Every dialect's refusal calls
 * this once, before it ends the request. */
void refusal_note(struct http_request *request, const GError *error);
