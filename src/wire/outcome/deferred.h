/* A deferred answer: a request that is answered once its operation is done.
 *
 * The operation runs elsewhere (core.h) and is done on any thread; the answer is given on the request's loop. */
#pragma once

#include "core/core.h"
#include "http/http.h"

/* Submits `op` and calls `answer` with it on the request's loop when it is done. An op whose `error` is set already,
 * such as by reading the request, is not run but answered at once. `answer` ends the request, with a refusal if
 * op->error says so.
 *
 * `op` is the first member of a struct made by g_new; both are cleared and freed behind `answer`. What the request's
 * arena holds may be the op's input. Takes op->done and op->user. */
void deferred_answer(struct http_request *request, struct op *op,
                     void (*answer)(struct http_request *request, struct op *op));
