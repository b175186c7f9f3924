/* Which web pages may read a dialect's answers: the CORS protocol of the Fetch standard.
 *
 * `origins` is a setting: "*" for every page, or a list with commas; "" for none, and then nothing of this protocol is
 * said. Answers carry no Access-Control-Allow-Credentials, so no page reads anything by a browser's cookies. */
#pragma once

#include "http/http.h"

/* Adds to the answer to come what lets the page that asks read it: nothing when its origin is not allowed, which is
 * FALSE. Called once a request, before anything is answered. */
bool cors_allow(struct http_request *request, struct str origins);

/* Is this origin one of them? For a dialect that says the rest in its own way. */
bool cors_lists(struct str origins, struct str origin);

/* Ends an OPTIONS request: 204 with Allow, and for a page that is allowed with whatever it asked to send. */
void cors_preflight(struct http_request *request, struct str origins);
