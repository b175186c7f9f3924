/* What a client's headers ask of one representation of a resource: pure functions over header values (RFC 9110). Any
 * thread. A header that is absent is STR_NULL; one that is malformed counts as absent, as the RFC has it. */
#pragma once

#include "base/str.h"

#include <stdint.h>

/* A list with commas has this member, in any case. */
bool http_has_token(struct str list, struct str token);

/* Accept-Encoding allows gzip (section 12.5.3). Absent: no, since nobody asked for it. */
bool http_accepts_gzip(struct str accept_encoding);

/* If-None-Match (section 13.1.2) names `etag`, which includes its quotes, or is "*". Weak comparison. */
bool http_etag_is_among(struct str list, struct str etag);

enum http_range {
    HTTP_RANGE_NONE, /* the whole: 200 */
    HTTP_RANGE_PART, /* 206 */
    HTTP_RANGE_MISS, /* nothing of it exists: 416 */
};

/* Range (section 14.2) of something `length` bytes long: with PART bytes `*first` .. `*first + *count - 1`, never none.
 * Several ranges in one header are answered with the whole, which is allowed and cannot be made to multiply work. */
enum http_range http_range_of(struct str range, uint64_t length, uint64_t *first, uint64_t *count);
