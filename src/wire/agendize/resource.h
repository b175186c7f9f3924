/* Parts of the History resource (seed 002, doc/dialects/agendize.md "The resource"). What is not known is left out. */
#pragma once

#include "model/visitor.h"
#include "text/json_write.h"
#include "text/zone.h"

/* The zone a session's times are shown in: its own, else the company's. */
const struct zone *resource_zone(const struct session *s, const struct zone *company);

/* {"dateTime":"2014-07-24T18:11:17","timeZone":"America/New_York"} */
void resource_time(struct json *w, int64_t ms, const struct zone *zone);

/* The members id, button, visitor and start. What the head recorded of the visitor wins over their row. */
void resource_session(struct json *w, const struct session *s, const struct visitor *v, const struct head *head,
                      const struct zone *zone);
