#include "port/import_internal.h"

struct str import_place_name(int64_t company, struct str head, struct arena *a)
{
    uint8_t hash[16];
    char hex[2 * sizeof hash + 1];
    crypto_generichash(hash, sizeof hash, (const uint8_t *)head.ptr, head.len, NULL, 0);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    return arena_printf(a, "import.%lld.%s", (long long)company, hex);
}

bool import_place_get(struct store_txn *txn, struct str name, struct import_place *place, bool *found, GError **error)
{
    struct arena scratch;
    struct str value, word, rest;
    *place = (struct import_place){0};
    arena_init(&scratch);
    bool ok = store_value_get(txn, name, &scratch, &value, found, error);
    if (ok && *found) {
        size_t length = 0;
        rest = str_split(value, ' ', &word);
        *found = str_to_int64(word, &place->bytes);
        rest = str_split(rest, ' ', &word);
        *found = *found && str_to_int64(word, &place->lines) &&
                 sodium_hex2bin(place->digest, sizeof place->digest, rest.ptr, rest.len, NULL, &length, NULL) == 0 &&
                 length == sizeof place->digest;
    }
    arena_clear(&scratch);
    return ok;
}

static void digest_so_far(const struct import *import, uint8_t digest[IMPORT_PLACE_SIZE])
{
    crypto_generichash_state copy = import->digest;
    crypto_generichash_final(&copy, digest, IMPORT_PLACE_SIZE);
}

struct str import_place_value(const struct import *import, struct arena *a)
{
    uint8_t digest[IMPORT_PLACE_SIZE];
    char hex[2 * IMPORT_PLACE_SIZE + 1];
    digest_so_far(import, digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    return arena_printf(a, "%lld %lld %s", (long long)import->bytes, (long long)import->line, hex);
}

void import_differ(struct import *import)
{
    GError *error = NULL;
    import->result.place_differs = true;
    reason_set(&error, REASON_LINE_INVALID, "the file has changed since its import was interrupted");
    import_fail(import, 1, import->line, error);
}

void import_skip_line(struct import *import)
{
    uint8_t digest[IMPORT_PLACE_SIZE];
    atomic_fetch_add(&import->lines_done, 1);
    if (import->bytes < import->place.bytes)
        return;
    import->skipping = false;
    digest_so_far(import, digest);
    if (import->bytes != import->place.bytes || import->line != import->place.lines ||
        memcmp(digest, import->place.digest, sizeof digest))
        import_differ(import);
}
