#include "text/cursor.h"

#include "base/id.h"
#include "base/reason.h"

static struct arena memory;
static uint8_t key[CURSOR_KEY_SIZE] = "a key of 32 bytes, kept secret";
static uint8_t digest[CURSOR_DIGEST_SIZE];

static void refused(const uint8_t *k, const uint8_t *d, struct str cursor)
{
    struct str payload = STR("untouched");
    g_autoptr(GError) error = NULL;
    g_assert_false(cursor_read(k, d, cursor, &memory, &payload, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_CURSOR_INVALID);
    g_assert_true(str_equal(reason_field(error), STR("cursor")));
    g_assert_true(str_equal(payload, STR("untouched")));
}

static void test_round_trip(void)
{
    char bytes[CURSOR_PAYLOAD_MAX];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)g_test_rand_int();
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct str payload, cursor = cursor_write(key, digest, str_from(bytes, len), &memory);
        for (size_t i = 0; i < cursor.len; i++)
            g_assert_true(g_ascii_isalnum(cursor.ptr[i]) || cursor.ptr[i] == '-' || cursor.ptr[i] == '_');
        GError *error = NULL;
        cursor_read(key, digest, cursor, &memory, &payload, &error);
        g_assert_no_error(error);
        g_assert_cmpmem(payload.ptr, payload.len, bytes, len);
    }
}

static void test_tampered(void)
{
    struct str cursor = cursor_write(key, digest, STR("1626974224937 some-id"), &memory);
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ .";
    for (size_t i = 0; i < cursor.len; i++)
        for (size_t k = 0; k < sizeof letters; k++) {
            if (letters[k] == cursor.ptr[i])
                continue;
            g_autofree char *changed = g_memdup2(cursor.ptr, cursor.len);
            changed[i] = letters[k];
            refused(key, digest, str_from(changed, cursor.len));
        }
    for (size_t len = 0; len < cursor.len; len++)
        refused(key, digest, str_from(cursor.ptr, len));
    refused(key, digest, arena_printf(&memory, "%.*sA", STR_ARG(cursor)));
    refused(key, digest, arena_printf(&memory, "%.*s=", STR_ARG(cursor)));
    refused(key, digest, STR_NULL);
    g_autofree char *huge = g_strnfill(100000, 'A');
    refused(key, digest, str_from_c(huge));
}

static void test_bound_to_query_and_key(void)
{
    struct str cursor = cursor_write(key, digest, STR("x"), &memory);
    uint8_t other[CURSOR_DIGEST_SIZE] = {1};
    refused(key, other, cursor);
    refused(other, digest, cursor);
}

static void test_digest(void)
{
    const struct str lists[][3] = {
        {STR("ab"), STR("c"), STR("")}, {STR("a"), STR("bc"), STR("")},  {STR("ab"), STR("c"), STR_NULL},
        {STR("abc"), STR(""), STR("")}, {STR("ab"), STR("c"), STR("d")},
    };
    uint8_t digests[G_N_ELEMENTS(lists)][CURSOR_DIGEST_SIZE], again[CURSOR_DIGEST_SIZE];
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        cursor_digest(lists[i], 3, digests[i]);
        cursor_digest(lists[i], 3, again);
        g_assert_cmpmem(digests[i], sizeof again, again, sizeof again);
        for (size_t k = 0; k < i; k++)
            g_assert_true(memcmp(digests[i], digests[k], sizeof again) != 0);
    }
    cursor_digest(lists[0], 2, again);
    g_assert_true(memcmp(digests[0], again, sizeof again) != 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    id_library_init();
    arena_init(&memory);
    cursor_digest(&STR("query"), 1, digest);
    g_test_add_func("/cursor/round_trip", test_round_trip);
    g_test_add_func("/cursor/tampered", test_tampered);
    g_test_add_func("/cursor/bound_to_query_and_key", test_bound_to_query_and_key);
    g_test_add_func("/cursor/digest", test_digest);
    int result = g_test_run();
    arena_clear(&memory);
    return result;
}
