#include "text/cursor.h"

#include "base/reason.h"

#include <sodium.h>

/* A cursor's bytes: the seal, then the payload. The digest is only sealed in, not carried along. */
enum { SEAL_SIZE = 16, BYTES_MAX = SEAL_SIZE + CURSOR_PAYLOAD_MAX };

void cursor_digest(const struct str *parts, size_t count, uint8_t digest[CURSOR_DIGEST_SIZE])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, CURSOR_DIGEST_SIZE);
    for (size_t i = 0; i < count; i++) {
        uint64_t length = GUINT64_TO_LE(parts[i].ptr ? parts[i].len : UINT64_MAX);
        crypto_generichash_update(&state, (const uint8_t *)&length, sizeof length);
        crypto_generichash_update(&state, (const uint8_t *)parts[i].ptr, parts[i].len);
    }
    crypto_generichash_final(&state, digest, CURSOR_DIGEST_SIZE);
}

static void make_seal(const uint8_t *key, const uint8_t *digest, struct str payload, uint8_t seal[SEAL_SIZE])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, key, CURSOR_KEY_SIZE, SEAL_SIZE);
    crypto_generichash_update(&state, digest, CURSOR_DIGEST_SIZE);
    crypto_generichash_update(&state, (const uint8_t *)payload.ptr, payload.len);
    crypto_generichash_final(&state, seal, SEAL_SIZE);
}

struct str cursor_write(const uint8_t key[CURSOR_KEY_SIZE], const uint8_t digest[CURSOR_DIGEST_SIZE],
                        struct str payload, struct arena *a)
{
    g_assert(payload.len <= CURSOR_PAYLOAD_MAX);
    uint8_t bytes[BYTES_MAX];
    make_seal(key, digest, payload, bytes);
    if (payload.len)
        memcpy(bytes + SEAL_SIZE, payload.ptr, payload.len);
    size_t length = SEAL_SIZE + payload.len;
    size_t size = sodium_base64_encoded_len(length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = arena_alloc(a, size);
    sodium_bin2base64(text, size, bytes, length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return str_from_c(text);
}

bool cursor_read(const uint8_t key[CURSOR_KEY_SIZE], const uint8_t digest[CURSOR_DIGEST_SIZE], struct str cursor,
                 struct arena *a, struct str *payload, GError **error)
{
    uint8_t bytes[BYTES_MAX], seal[SEAL_SIZE];
    size_t length = 0;
    const char *end = NULL;
    bool decoded = cursor.len && sodium_base642bin(bytes, sizeof bytes, cursor.ptr, cursor.len, NULL, &length, &end,
                                                   sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
    if (decoded && end == cursor.ptr + cursor.len && length >= SEAL_SIZE) {
        struct str found = str_from((const char *)bytes + SEAL_SIZE, length - SEAL_SIZE);
        make_seal(key, digest, found, seal);
        if (sodium_memcmp(seal, bytes, SEAL_SIZE) == 0) {
            *payload = arena_str(a, found);
            return true;
        }
    }
    reason_set_field(error, REASON_CURSOR_INVALID, STR("cursor"),
                     "the cursor is not one that this query gave; repeat the request without it, or with the filters "
                     "that it was given for");
    return false;
}
