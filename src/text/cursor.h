/* Opaque cursors: where a list goes on.
 *
 * A cursor is a payload that only the server reads, sealed with a keyed BLAKE2b over the payload and the digest of the
 * query it belongs to, as base64url without padding. Whoever changes it, makes one up, or sends it with other filters
 * gets CURSOR_INVALID with advice. The payload is not secret: it can be decoded. Pure; any thread. */
#pragma once

#include "base/arena.h"

#include <stdint.h>

enum {
    CURSOR_KEY_SIZE = 32, /* random, kept with the data so that cursors outlive a restart */
    CURSOR_DIGEST_SIZE = 32,
    CURSOR_PAYLOAD_MAX = 512, /* room for a time and two ids */
};

/* The digest of a query: of each part (company, route, filter names and values, ...) in order, with its length, so
 * that ("ab","c") and ("a","bc") differ. A missing part (STR_NULL) differs from an empty one. Leave out what may
 * change from page to page, such as the limit. */
void cursor_digest(const struct str *parts, size_t count, uint8_t digest[CURSOR_DIGEST_SIZE]);

/* The cursor as text, zero-terminated, in the arena. payload.len must be <= CURSOR_PAYLOAD_MAX. */
struct str cursor_write(const uint8_t key[CURSOR_KEY_SIZE], const uint8_t digest[CURSOR_DIGEST_SIZE],
                        struct str payload, struct arena *a);

/* The payload of a cursor made by cursor_write with the same key and digest, in the arena; else CURSOR_INVALID, naming
 * the parameter `cursor`. The seal is compared in constant time. */
bool cursor_read(const uint8_t key[CURSOR_KEY_SIZE], const uint8_t digest[CURSOR_DIGEST_SIZE], struct str cursor,
                 struct arena *a, struct str *payload, GError **error);
