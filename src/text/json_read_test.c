#include "text/json_read.h"

#include "base/limits.h"
#include "base/reason.h"

static json_t *read_fine(struct str text)
{
    GError *error = NULL;
    json_t *tree = json_read(text, JSON_TOP_ANY, &error);
    g_assert_no_error(error);
    return tree;
}

static void test_refused(void)
{
    static const struct {
        struct str text;
        enum reason reason;
        const char *words; /* in the message */
    } cases[] = {
        {{"", 0}, REASON_BODY_MALFORMED, "empty"},
        {{" \n", 2}, REASON_BODY_MALFORMED, "empty"},
        {{NULL, 0}, REASON_BODY_MALFORMED, "empty"},
        {{"{\"a\":\"\xff\"}", 9}, REASON_BODY_NOT_UTF8, "UTF-8"},
        {{"{\"a\":\"\xed\xa0\x80\"}", 11}, REASON_BODY_NOT_UTF8, "UTF-8"},
        {{"{\"a\":\"\\u0000\"}", 14}, REASON_TEXT_INVALID, "U+0000"},
        {{"{\"\\u0000\":1}", 12}, REASON_TEXT_INVALID, "U+0000"},
        {{"{\"a\":1}\0", 8}, REASON_BODY_MALFORMED, "behind"},
        {{"\0{}", 3}, REASON_BODY_MALFORMED, "line 1"},
        {{"{\"a\":\"x\0y\"}", 11}, REASON_BODY_MALFORMED, "line 1"},
        {{"{\"a\":1,\"a\":2}", 13}, REASON_BODY_MALFORMED, "twice"},
        {{"{\"a\":1} x", 9}, REASON_BODY_MALFORMED, "behind the JSON object"},
        {{"{\"a\":1}{}", 9}, REASON_BODY_MALFORMED, "behind"},
        {{"{\"a\":1,}", 8}, REASON_BODY_MALFORMED, "line 1 column 8"},
        {{"{\n\"a\" 1}", 8}, REASON_BODY_MALFORMED, "line 2"},
        {{"{\"a\":", 5}, REASON_BODY_MALFORMED, "line 1"},
        {{"{\"a\":\"\\ud800\"}", 14}, REASON_BODY_MALFORMED, "Unicode"},
        {{"{\"a\":01}", 8}, REASON_BODY_MALFORMED, "line 1"},
        {{"{\"a\":NaN}", 9}, REASON_BODY_MALFORMED, "line 1"},
        {{"{\"a\":9223372036854775808}", 25}, REASON_BODY_MALFORMED, "too large"},
        {{"{\"a\":1e999}", 11}, REASON_BODY_MALFORMED, "too large"},
        {{"\xef\xbb\xbf{}", 5}, REASON_BODY_MALFORMED, "line 1"},
        {{"[1]", 3}, REASON_BODY_MALFORMED, "object is expected"},
        {{"\"text\"", 6}, REASON_BODY_MALFORMED, "object is expected"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(json_read(cases[i].text, JSON_TOP_OBJECT, &error));
        g_assert_cmpstr(reason_name(reason_of(error)), ==, reason_name(cases[i].reason));
        if (!strstr(error->message, cases[i].words))
            g_error("case %zu: \"%s\" does not say \"%s\"", i, error->message, cases[i].words);
    }
}

static void test_message_repeats_nothing(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(json_read(STR("{\"secureKey\":\"s3cret\" \"s3cret\"}"), JSON_TOP_OBJECT, &error));
    g_assert_null(strstr(error->message, "s3cret"));
}

static void test_depth(void)
{
    for (int depth = LIMIT_JSON_DEPTH; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
        g_autoptr(GString) text = g_string_new("");
        for (int i = 0; i < depth; i++)
            g_string_append_c(text, '[');
        g_string_append(text, "\"]]]]\\\"{{{{\"");
        for (int i = 0; i < depth; i++)
            g_string_append_c(text, ']');
        g_autoptr(GError) error = NULL;
        json_auto_t *tree = json_read(str_from(text->str, text->len), JSON_TOP_ANY, &error);
        g_assert_true((tree != NULL) == (depth == LIMIT_JSON_DEPTH));
        if (!tree)
            g_assert_nonnull(strstr(error->message, "deeper"));
    }
}

static void expect(GError **error, enum reason reason, const char *field)
{
    g_assert_nonnull(*error);
    g_assert_cmpstr(reason_name(reason_of(*error)), ==, reason_name(reason));
    g_assert_true(str_equal(reason_field(*error), str_from_c(field)));
    g_clear_error(error);
}

static void test_strings(void)
{
    json_auto_t *tree = read_fine(STR("{\"s\":\"gr\xc3\xbc\\u00df\",\"e\":\"\",\"n\":null,\"i\":5}"));
    GError *error = NULL;
    struct str value = STR_NULL;
    g_assert_true(json_get_string(tree, "s", JSON_REQUIRED, 6, &value, &error));
    g_assert_true(str_equal(value, STR("gr\xc3\xbc\xc3\x9f")));
    g_assert_true(json_get_string(tree, "e", JSON_REQUIRED, 0, &value, &error) && value.ptr && value.len == 0);
    g_assert_false(json_get_string(tree, "s", JSON_REQUIRED, 5, &value, &error));
    expect(&error, REASON_FIELD_TOO_LONG, "s");
    g_assert_false(json_get_string(tree, "i", JSON_OPTIONAL, 9, &value, &error));
    expect(&error, REASON_FIELD_TYPE, "i");
    g_assert_false(json_get_string(tree, "n", JSON_OPTIONAL, 9, &value, &error));
    expect(&error, REASON_FIELD_TYPE, "n");
    g_assert_false(json_get_string(tree, "x", JSON_REQUIRED, 9, &value, &error));
    expect(&error, REASON_FIELD_MISSING, "x");
    value = STR("kept");
    g_assert_true(json_get_string(tree, "n", JSON_NULLABLE, 9, &value, &error));
    g_assert_true(json_get_string(tree, "x", JSON_OPTIONAL, 9, &value, &error));
    g_assert_true(str_equal(value, STR("kept")));
}

static void test_others(void)
{
    json_auto_t *tree = read_fine(STR("{\"i\":5,\"r\":5.0,\"t\":true,\"f\":false,\"o\":{},\"a\":[1],\"s\":\"5\"}"));
    GError *error = NULL;
    int64_t number = 0;
    bool flag = false;
    json_t *part = NULL;
    g_assert_true(json_get_int64(tree, "i", JSON_REQUIRED, 5, 5, &number, &error) && number == 5);
    g_assert_false(json_get_int64(tree, "i", JSON_REQUIRED, 6, 9, &number, &error));
    expect(&error, REASON_FIELD_VALUE, "i");
    g_assert_false(json_get_int64(tree, "i", JSON_REQUIRED, 0, 4, &number, &error));
    expect(&error, REASON_FIELD_VALUE, "i");
    g_assert_false(json_get_int64(tree, "r", JSON_REQUIRED, 0, 9, &number, &error));
    expect(&error, REASON_FIELD_TYPE, "r");
    g_assert_false(json_get_int64(tree, "s", JSON_REQUIRED, 0, 9, &number, &error));
    expect(&error, REASON_FIELD_TYPE, "s");
    g_assert_true(json_get_bool(tree, "t", JSON_REQUIRED, &flag, &error) && flag);
    g_assert_true(json_get_bool(tree, "f", JSON_REQUIRED, &flag, &error) && !flag);
    g_assert_false(json_get_bool(tree, "i", JSON_REQUIRED, &flag, &error));
    expect(&error, REASON_FIELD_TYPE, "i");
    g_assert_true(json_get_object(tree, "o", JSON_REQUIRED, &part, &error) && json_is_object(part));
    g_assert_true(json_get_array(tree, "a", JSON_REQUIRED, &part, &error) && json_array_size(part) == 1);
    g_assert_false(json_get_array(tree, "o", JSON_REQUIRED, &part, &error));
    expect(&error, REASON_FIELD_TYPE, "o");
    g_assert_false(json_get_object(tree, "x", JSON_REQUIRED, &part, &error));
    expect(&error, REASON_FIELD_MISSING, "x");
}

static void test_unknown(void)
{
    json_auto_t *tree = read_fine(STR("{\"a\":1,\"b\":2}"));
    static const char *const both[] = {"b", "a"};
    GError *error = NULL;
    g_assert_true(json_refuse_unknown(tree, both, 2, &error));
    g_assert_false(json_refuse_unknown(tree, both, 1, &error));
    expect(&error, REASON_FIELD_UNKNOWN, "a");

    g_autoptr(GString) text = g_string_new("{\"a");
    for (int i = 0; i < 1000; i++)
        g_string_append(text, "\xc3\xbc");
    g_string_append(text, "\":1}");
    json_auto_t *long_key = read_fine(str_from(text->str, text->len));
    g_assert_false(json_refuse_unknown(long_key, both, 2, &error));
    g_assert_true(strlen(error->message) < 200 && str_is_utf8(str_from_c(error->message)));
    g_clear_error(&error);
}

static void test_round_trip(void)
{
    static const char *const documents[] = {
        "{\"z\":1,\"a\":[true,false,null,\"x\",{}],\"m\":{\"9\":[],\"10\":0}}",
        "[9223372036854775807,-9223372036854775808,0,-1]",
        "[0.233,1.0,-0.0,0.1,1e+300,4.94065645841247e-324,1.7976931348623157e+308,123456789.12345679,100000.0]",
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\xf0\x9f\x98\x80\"",
        "[]",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(documents); i++) {
        json_auto_t *tree = read_fine(str_from_c(documents[i]));
        struct buf out;
        struct json w;
        buf_init(&out, 4096);
        json_init(&w, &out);
        json_add_tree(&w, tree);
        g_autofree char *got = str_to_heap(buf_str(&out));
        g_assert_cmpstr(got, ==, documents[i]);
        buf_clear(&out);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json_read/refused", test_refused);
    g_test_add_func("/json_read/message_repeats_nothing", test_message_repeats_nothing);
    g_test_add_func("/json_read/depth", test_depth);
    g_test_add_func("/json_read/strings", test_strings);
    g_test_add_func("/json_read/others", test_others);
    g_test_add_func("/json_read/unknown", test_unknown);
    g_test_add_func("/json_read/round_trip", test_round_trip);
    return g_test_run();
}
