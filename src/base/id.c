#include "base/id.h"

#include <sodium.h>

static const char alphabet[] = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz";

void id_library_init(void)
{
    if (sodium_init() < 0)
        g_error("libsodium has no source of randomness");
}

/* One call for randomness an id and hardly ever a second: bytes that would favour some characters are passed over. */
struct str id_random(struct arena *a)
{
    enum { LENGTH = 17, CHARACTERS = sizeof alphabet - 1, FAIR = 256 - 256 % CHARACTERS };
    char *id = arena_alloc(a, LENGTH + 1);
    uint8_t random[2 * LENGTH];
    for (size_t made = 0; made < LENGTH;) {
        randombytes_buf(random, sizeof random);
        for (size_t i = 0; i < sizeof random && made < LENGTH; i++)
            if (random[i] < FAIR)
                id[made++] = alphabet[random[i] % CHARACTERS];
    }
    return str_from(id, LENGTH);
}

struct str id_random_hex(struct arena *a, size_t bytes)
{
    uint8_t random[64];
    g_assert(bytes <= sizeof random);
    randombytes_buf(random, bytes);
    char *hex = arena_alloc(a, 2 * bytes + 1);
    sodium_bin2hex(hex, 2 * bytes + 1, random, bytes);
    return str_from(hex, 2 * bytes);
}

void id_hash(struct str secret, uint8_t hash[ID_HASH_SIZE])
{
    crypto_generichash(hash, ID_HASH_SIZE, (const uint8_t *)secret.ptr, secret.len, NULL, 0);
}

bool id_equal_secret(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.ptr, b.ptr, a.len) == 0);
}
