#include "text/json_escape.h"
#include "text/json_write.h"

static struct buf out;
static struct json w;

static void start(void)
{
    buf_clear(&out);
    buf_init(&out, 1 << 20);
    json_init(&w, &out);
}

static void expect(const char *text)
{
    g_autofree char *got = str_to_heap(buf_str(&out));
    g_assert_cmpstr(got, ==, text);
    g_assert_cmpuint(out.len, ==, strlen(text));
}

static void test_document(void)
{
    start();
    json_object_begin(&w);
    json_member_string(&w, "id", STR("a\"b"));
    json_member_string_if(&w, "absent", STR_NULL);
    json_member_string_if(&w, "empty", STR(""));
    json_member_string_or_null(&w, "none", STR_NULL);
    json_member_string(&w, "missing", STR_NULL);
    json_member_int(&w, "least", INT64_MIN);
    json_member_int(&w, "most", INT64_MAX);
    json_member_bool(&w, "yes", true);
    json_member_bool(&w, "no", false);
    json_member_null(&w, "null");
    json_member_raw(&w, "raw", STR("[1,2]"));
    json_member_time(&w, "ts", INT64_C(1626974224937));
    json_key(&w, STR("k\n"));
    json_array_begin(&w);
    json_array_end(&w);
    json_member_array_begin(&w, "list");
    json_add_int(&w, 0);
    json_object_begin(&w);
    json_object_end(&w);
    json_array_begin(&w);
    json_add_string(&w, STR("x"));
    json_add_null(&w);
    json_array_end(&w);
    json_array_end(&w);
    json_member_object_begin(&w, "o");
    json_member_int(&w, "n", -7);
    json_object_end(&w);
    json_object_end(&w);
    expect("{\"id\":\"a\\\"b\",\"empty\":\"\",\"none\":null,\"missing\":\"\",\"least\":-9223372036854775808,"
           "\"most\":9223372036854775807,\"yes\":true,\"no\":false,\"null\":null,\"raw\":[1,2],"
           "\"ts\":\"2021-07-22T17:17:04.937Z\",\"k\\n\":[],\"list\":[0,{},[\"x\",null]],\"o\":{\"n\":-7}}");
}

static void test_decimals(void)
{
    static const struct {
        int64_t thousandths;
        const char *shortest, *with_fraction;
    } cases[] = {
        {0, "0", "0.0"},
        {1, "0.001", "0.001"},
        {10, "0.01", "0.01"},
        {100, "0.1", "0.1"},
        {233, "0.233", "0.233"},
        {1000, "1", "1.0"},
        {1500, "1.5", "1.5"},
        {10050, "10.05", "10.05"},
        {-1, "-0.001", "-0.001"},
        {-2000, "-2", "-2.0"},
        {INT64_MAX, "9223372036854775.807", "9223372036854775.807"},
        {INT64_MIN, "-9223372036854775.808", "-9223372036854775.808"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        start();
        json_add_decimal3(&w, cases[i].thousandths);
        expect(cases[i].shortest);
        start();
        json_add_float3(&w, cases[i].thousandths);
        expect(cases[i].with_fraction);
    }
}

#define U "\xef\xbf\xbd"

static void test_strings(void)
{
    static const struct {
        struct str in;
        const char *inside;
    } cases[] = {
        {{"", 0}, ""},
        {{"\0\1\x1f\x7f", 4}, "\\u0000\\u0001\\u001f\x7f"},
        {{"\b\t\n\v\f\r", 6}, "\\b\\t\\n\\u000b\\f\\r"},
        {{"\\/\"", 3}, "\\\\/\\\""},
        {{"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", 11}, "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80"},
        {{"\xff", 1}, U},
        {{"a\x80z", 3}, "a" U "z"},
        {{"\xc3", 1}, U},
        {{"\xc0\x80", 2}, U U},       /* overlong */
        {{"\xed\xa0\x80", 3}, U U U}, /* a surrogate */
        {{"\xf0\x9f\x98", 3}, U},     /* cut off: one maximal part */
        {{"\xf0\x9f\x98x", 4}, U "x"},
        {{"\xe2\x82\xe2\x82\xac", 5}, U "\xe2\x82\xac"},
        {{"\xf4\x90\x80\x80", 4}, U U U U}, /* past U+10FFFF */
        {{"\xf5\xbf", 2}, U U},
        {{"\xe0\x9f\xbf\xf0\x8f\xbf\xbf", 7}, U U U U U U U},
        {{"0123456789abcdef\"0123456789abcdef", 33}, "0123456789abcdef\\\"0123456789abcdef"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *quoted = g_strconcat("\"", cases[i].inside, "\"", NULL);
        start();
        json_add_string(&w, cases[i].in);
        expect(quoted);
    }
}

/* Random bytes from alphabets that reach every branch: plain text, things to escape, all bytes, pieces of UTF-8. */
static size_t random_text(GRand *r, char *text, size_t max)
{
    static const char *const pieces[] = {"a",
                                         "word ",
                                         "\"",
                                         "\\",
                                         "\n",
                                         "\x01",
                                         "\xc3\xbc",
                                         "\xe2\x82\xac",
                                         "\xf0",
                                         "\x9f",
                                         "\xed",
                                         "\xff",
                                         "0123456789abcdefgh",
                                         "\xf0\x9f\x98\x80"};
    size_t len = 0, wanted = (size_t)g_rand_int_range(r, 0, (gint32)max - 32);
    int style = g_rand_int_range(r, 0, 3);
    while (len < wanted) {
        if (style == 0) {
            text[len++] = (char)g_rand_int_range(r, 0, 256);
        } else {
            size_t pick = (size_t)g_rand_int_range(r, 0, style == 1 ? 2 : G_N_ELEMENTS(pieces));
            size_t piece = strlen(pieces[pick]);
            memcpy(text + len, pieces[pick], piece);
            len += piece;
        }
    }
    return len;
}

static void test_twins(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(g_test_rand_int() & 0x7fffffff);
    for (int round = 0; round < 20000; round++) {
        char text[256];
        size_t len = random_text(r, text, sizeof text);
        /* On the heap with the exact sizes, so that the sanitizer sees each byte too far. */
        g_autofree char *in = g_memdup2(text, len);
        struct str s = str_from(in, len);
        size_t length = json_escape_length(s);
        g_autofree char *slow = g_malloc(length + 1), *fast = g_malloc(length + 1);
        g_assert_cmpuint(json_escape_scalar(slow, s), ==, length);
        g_assert_cmpuint(json_escape(fast, s), ==, length);
        g_assert_cmpmem(slow, length, fast, length);
        g_assert_true(str_is_utf8(str_from(fast, length)));
        g_assert_cmpuint(length, >=, len);
        g_assert_cmpuint(length, <=, len * JSON_ESCAPE_WORST);
        if (str_is_utf8(s))
            g_assert_null(g_strstr_len(fast, (gssize)length, U));
    }
}

static void test_caps(void)
{
    /* A string that fits exactly is not refused for what it might have needed. */
    for (size_t cap = 0; cap < 40; cap++) {
        buf_clear(&out);
        buf_init(&out, cap);
        json_init(&w, &out);
        json_add_string(&w, STR("0123456789abcdef\n123456789"));
        g_assert_true(out.overflow == (cap < 29 + 1));
        json_add_int(&w, 1);
        json_object_begin(&w);
        json_member_string(&w, "a", STR("b"));
        json_object_end(&w);
        g_assert_cmpuint(out.len, <=, cap);
    }
}

static void test_depth(void)
{
    start();
    for (int i = 0; i < JSON_WRITE_DEPTH; i++)
        json_array_begin(&w);
    g_assert_false(out.overflow);
    json_array_begin(&w);
    g_assert_true(out.overflow);
    g_assert_cmpuint(out.len, ==, JSON_WRITE_DEPTH);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json_write/document", test_document);
    g_test_add_func("/json_write/decimals", test_decimals);
    g_test_add_func("/json_write/strings", test_strings);
    g_test_add_func("/json_write/twins", test_twins);
    g_test_add_func("/json_write/caps", test_caps);
    g_test_add_func("/json_write/depth", test_depth);
    int result = g_test_run();
    buf_clear(&out);
    return result;
}
