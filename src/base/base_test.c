#include "base/arena.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/reason.h"

#include <stdint.h>

static void test_str_split(void)
{
    struct str head, rest = str_split(STR("a=b=c"), '=', &head);
    g_assert_true(str_equal(head, STR("a")) && str_equal(rest, STR("b=c")));
    rest = str_split(STR("abc"), '=', &head);
    g_assert_true(str_equal(head, STR("abc")) && rest.ptr == NULL);
}

static void test_str_to_int64(void)
{
    int64_t value = 7;
    g_assert_true(str_to_int64(STR("-9223372036854775808"), &value) && value == INT64_MIN);
    g_assert_true(str_to_int64(STR("9223372036854775807"), &value) && value == INT64_MAX);
    value = 7;
    static const char *const refused[] = {
        "",   "-", "+1", "1 ", " 1", "0x1", "9223372036854775808", "-9223372036854775809", "99999999999999999999999",
        "1.5"};
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
        g_assert_false(str_to_int64(str_from_c(refused[i]), &value));
    g_assert_cmpint(value, ==, 7);
}

static void test_str_is_utf8(void)
{
    g_assert_true(str_is_utf8(STR("gr\xc3\xbc\xc3\x9f")));
    g_assert_true(str_is_utf8(STR("a\0b")));
    g_assert_true(str_is_utf8(STR("\xf4\x8f\xbf\xbf")));
    g_assert_false(str_is_utf8(STR("\xed\xa0\x80")));     /* a surrogate */
    g_assert_false(str_is_utf8(STR("\xc0\x80")));         /* overlong */
    g_assert_false(str_is_utf8(STR("\xf4\x90\x80\x80"))); /* past U+10FFFF */
    g_assert_false(str_is_utf8(STR("a\0\xff")));
}

static void test_str_compare(void)
{
    g_assert_cmpint(str_compare(STR("a"), STR("ab")), <, 0);
    g_assert_cmpint(str_compare(STR("b"), STR("ab")), >, 0);
    g_assert_cmpint(str_compare(STR(""), STR_NULL), ==, 0);
}

static void test_arena(void)
{
    struct arena a;
    arena_init(&a);
    for (size_t size = 0; size < 10000; size += 37) {
        char *memory = arena_alloc(&a, size);
        g_assert_cmpuint((uintptr_t)memory % 16, ==, 0);
        for (size_t i = 0; i < size; i++) {
            g_assert_cmpint(memory[i], ==, 0);
            memory[i] = 1;
        }
    }
    struct str s = arena_printf(&a, "%d-%s", 5, "x");
    g_assert_true(str_equal(s, STR("5-x")));
    for (int length = 0; length < 300; length++)
        g_assert_cmpuint(strlen(arena_printf(&a, "%*s", length, "").ptr), ==, (size_t)length);
    g_assert_true(str_equal(arena_numbered(&a, STR("chat"), 0), STR("chat.0")));
    g_assert_true(str_equal(arena_numbered(&a, STR(""), UINT32_MAX), STR(".4294967295")));
    g_assert_null(arena_str(&a, STR_NULL).ptr);
    for (int i = 0; i < 3; i++) {
        arena_reset(&a);
        g_assert_cmpuint(a.total, ==, 0);
        g_assert_cmpint(((char *)arena_alloc(&a, 5000))[4999], ==, 0);
        char *small = arena_alloc(&a, 100);
        g_assert_cmpint(small[99], ==, 0);
        memset(small, 1, 100);
    }
    arena_clear(&a);
    g_assert_null(a.newest);
}

static void test_buf_cap(void)
{
    struct buf b;
    buf_init(&b, 10);
    buf_add_literal(&b, "12345678");
    buf_add_literal(&b, "90a");
    g_assert_true(b.overflow);
    g_assert_true(str_equal(buf_str(&b), STR("12345678")));
    buf_add_byte(&b, 'x'); /* refused: a gap would be worse than an end */
    g_assert_cmpuint(b.len, ==, 8);
    buf_reset(&b);
    buf_add_int(&b, INT64_MIN / 1000000000000);
    g_assert_true(str_equal(buf_str(&b), STR("-9223372")));
    buf_consume(&b, 3);
    g_assert_true(str_equal(buf_str(&b), STR("23372")));
    buf_clear(&b);
}

static void test_reason(void)
{
    g_autoptr(GError) error = NULL;
    reason_set_field(&error, REASON_FIELD_MISSING, STR("nickname"), "nickname is required");
    g_assert_cmpint(reason_of(error), ==, REASON_FIELD_MISSING);
    g_assert_true(str_equal(reason_field(error), STR("nickname")));
    g_assert_cmpstr(reason_name(REASON_FIELD_MISSING), ==, "field_missing");
    g_assert_cmpint(reason_class(REASON_FIELD_MISSING), ==, CLASS_INVALID);
    g_autoptr(GError) copy = g_error_copy(error);
    g_assert_true(str_equal(reason_field(copy), STR("nickname")));
    g_autoptr(GError) foreign = g_error_new(G_FILE_ERROR, 1, "x");
    g_assert_cmpint(reason_of(foreign), ==, REASON_INTERNAL);
    g_assert_null(reason_field(foreign).ptr);
}

static void test_id(void)
{
    struct arena a;
    arena_init(&a);
    struct str one = id_random(&a), two = id_random(&a);
    g_assert_cmpuint(one.len, ==, 17);
    g_assert_false(str_equal(one, two));
    g_assert_cmpuint(id_random_hex(&a, 8).len, ==, 16);
    g_assert_true(id_equal_secret(STR("abc"), STR("abc")));
    g_assert_false(id_equal_secret(STR("abc"), STR("abd")));
    g_assert_false(id_equal_secret(STR("abc"), STR("ab")));
    arena_clear(&a);
}

int main(int argc, char **argv)
{
    id_library_init();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/str/split", test_str_split);
    g_test_add_func("/base/str/to_int64", test_str_to_int64);
    g_test_add_func("/base/str/is_utf8", test_str_is_utf8);
    g_test_add_func("/base/str/compare", test_str_compare);
    g_test_add_func("/base/arena", test_arena);
    g_test_add_func("/base/buf/cap", test_buf_cap);
    g_test_add_func("/base/reason", test_reason);
    g_test_add_func("/base/id", test_id);
    return g_test_run();
}
