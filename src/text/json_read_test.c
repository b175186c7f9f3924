#include "text/json_read.h"

#include "base/limits.h"
#include "base/reason.h"

/* The text in a block of exactly its size, so that AddressSanitizer sees a step past its end. */
static struct str exactly(struct arena *a, struct str text)
{
    if (!text.ptr)
        return text;
    return str_from(memcpy(arena_alloc(a, text.len), text.ptr, text.len), text.len);
}

static const struct json_node *read_fine(struct arena *a, struct str text)
{
    GError *error = NULL;
    const struct json_node *tree = json_read(exactly(a, text), JSON_TOP_ANY, a, &error);
    g_assert_no_error(error);
    return tree;
}

static void refuse(struct str text, enum reason reason, const char *words)
{
    g_autoptr(GError) error = NULL;
    struct arena a;
    arena_init(&a);
    g_assert_null(json_read(exactly(&a, text), JSON_TOP_OBJECT, &a, &error));
    g_assert_cmpstr(reason_name(reason_of(error)), ==, reason_name(reason));
    if (!strstr(error->message, words))
        g_error("%.*s: \"%s\" does not say \"%s\"", STR_ARG(text), error->message, words);
    arena_clear(&a);
}

static char *written(const struct json_node *tree)
{
    struct buf out;
    struct json w;
    buf_init(&out, 16 * 1024 * 1024);
    json_init(&w, &out);
    json_add_tree(&w, tree);
    g_assert_false(out.overflow);
    char *text = str_to_heap(buf_str(&out));
    buf_clear(&out);
    return text;
}

static void test_refused(void)
{
    static const struct {
        struct str text;
        enum reason reason;
        const char *words; /* in the message */
    } cases[] = {
#define CASE(text, reason, words) {{"" text, sizeof(text) - 1}, REASON_##reason, words}
        {{NULL, 0}, REASON_BODY_MALFORMED, "empty"},
        CASE("", BODY_MALFORMED, "empty"),
        CASE(" \n", BODY_MALFORMED, "empty"),
        CASE("{\"a\":\"\xff\"}", BODY_NOT_UTF8, "UTF-8"),
        CASE("{\"a\":\"\xed\xa0\x80\"}", BODY_NOT_UTF8, "UTF-8"),
        CASE("{\"a\":\"\xc0\x80\"}", BODY_NOT_UTF8, "UTF-8"),
        CASE("{\"a\":1}\xc3", BODY_NOT_UTF8, "UTF-8"),
        CASE("{\"a\":\"\\u0000\"}", TEXT_INVALID, "column 9: text must not hold U+0000"),
        CASE("{\"\\u0000\":1}", TEXT_INVALID, "U+0000"),
        CASE("{\"a\":1}\0", BODY_MALFORMED, "behind"),
        CASE("\0{}", BODY_MALFORMED, "column 1"),
        CASE("{\"a\":\"x\0y\"}", BODY_MALFORMED, "column 8: a control character"),
        CASE("{\"a\":\"x\ny\"}", BODY_MALFORMED, "column 8: a control character"),
        CASE("{\"a\":\"\\n\x1f\"}", BODY_MALFORMED, "column 9: a control character"),
        CASE("\xef\xbb\xbf{}", BODY_MALFORMED, "column 1"),
        /* What stands around. */
        CASE("[1]", BODY_MALFORMED, "object is expected"),
        CASE("\"text\"", BODY_MALFORMED, "object is expected"),
        CASE("null", BODY_MALFORMED, "object is expected"),
        CASE("{\"a\":1} x", BODY_MALFORMED, "column 9: something stands behind the JSON object"),
        CASE("{\"a\":1}{}", BODY_MALFORMED, "behind"),
        CASE("{}]", BODY_MALFORMED, "behind"),
        CASE("{}\f", BODY_MALFORMED, "behind"),
        CASE("\v{}", BODY_MALFORMED, "column 1: a value"),
        CASE("x", BODY_MALFORMED, "column 1: a value"),
        /* Objects and arrays. */
        CASE("{\"a\":1,}", BODY_MALFORMED, "column 8: a name"),
        CASE("{,\"a\":1}", BODY_MALFORMED, "column 2: a name"),
        CASE("{\n\"a\" 1}", BODY_MALFORMED, "line 2 column 5: a colon"),
        CASE("{\"\xc3\xbc\":\"\xf0\x9f\x98\x80\" \r\n\t1}", BODY_MALFORMED, "line 2 column 2: a comma"),
        CASE("{a:1}", BODY_MALFORMED, "column 2: a name"),
        CASE("{'a':1}", BODY_MALFORMED, "column 2: a name"),
        CASE("{1:1}", BODY_MALFORMED, "a name"),
        CASE("{\"a\"}", BODY_MALFORMED, "a colon"),
        CASE("{\"a\":}", BODY_MALFORMED, "column 6: a value"),
        CASE("{\"a\":1 \"b\":2}", BODY_MALFORMED, "column 8: a comma"),
        CASE("{\"a\":[1,]}", BODY_MALFORMED, "column 9: a value"),
        CASE("{\"a\":[,1]}", BODY_MALFORMED, "a value"),
        CASE("{\"a\":[1 2]}", BODY_MALFORMED, "a comma"),
        CASE("{\"a\":[1}", BODY_MALFORMED, "column 8: a comma"),
        CASE("{\"a\":1]", BODY_MALFORMED, "column 7: a comma"),
        CASE("{\"a\":1 /* no */}", BODY_MALFORMED, "a comma"),
        CASE("{\"a\":\v1}", BODY_MALFORMED, "a value"),
        CASE("{\"a\":1,\"a\":2}", BODY_MALFORMED, "column 8: a member comes twice"),
        CASE("{\"a\":1,\"\\u0061\":2}", BODY_MALFORMED, "twice"),
        CASE("{\"x\":[{\"\":1,\"b\":0,\"\":1}]}", BODY_MALFORMED, "column 19: a member comes twice"),
        /* Too early an end. */
        CASE("{\"a\":", BODY_MALFORMED, "column 6: the JSON ends too early"),
        CASE("{\"a\": \r\n", BODY_MALFORMED, "column 6: the JSON ends too early"),
        CASE("{\n\"a\":\n\n", BODY_MALFORMED, "line 2 column 5: the JSON ends too early"),
        CASE("{\"a\":\"x", BODY_MALFORMED, "ends too early"),
        CASE("{\"a\":\"x\\", BODY_MALFORMED, "ends too early"),
        CASE("{\"a\":\"x\\u12", BODY_MALFORMED, "ends too early"),
        CASE("{\"a\":1", BODY_MALFORMED, "ends too early"),
        CASE("{\"a\":-", BODY_MALFORMED, "ends too early"),
        CASE("{\"a\":1.", BODY_MALFORMED, "ends too early"),
        CASE("[", BODY_MALFORMED, "ends too early"),
        /* Escapes. */
        CASE("{\"a\":\"\\x41\"}", BODY_MALFORMED, "column 7: no such escape"),
        CASE("{\"a\":\"\\\0\"}", BODY_MALFORMED, "no such escape"),
        CASE("{\"a\":\"\\'\"}", BODY_MALFORMED, "no such escape"),
        CASE("{\"a\":\"\\U0041\"}", BODY_MALFORMED, "no such escape"),
        CASE("{\"a\":\"\\u004\"}", BODY_MALFORMED, "four hexadecimal digits"),
        CASE("{\"a\":\"\\u00g1\"}", BODY_MALFORMED, "four hexadecimal digits"),
        CASE("{\"a\":\"\\u+041\"}", BODY_MALFORMED, "four hexadecimal digits"),
        CASE("{\"a\":\"\\ud800\"}", BODY_MALFORMED, "Unicode"),
        CASE("{\"a\":\"\\udbffx\"}", BODY_MALFORMED, "Unicode"),
        CASE("{\"a\":\"\\ud800\\n\"}", BODY_MALFORMED, "Unicode"),
        CASE("{\"a\":\"\\ud800\\ud800\"}", BODY_MALFORMED, "Unicode"),
        CASE("{\"a\":\"\\ud800\\u0041\"}", BODY_MALFORMED, "Unicode"),
        CASE("{\"a\":\"\\ud800\\u12\"}", BODY_MALFORMED, "four hexadecimal digits"),
        CASE("{\"a\":\"\\udc00\\ud800\"}", BODY_MALFORMED, "Unicode"),
        CASE("{\"a\":\"\\udfff\"}", BODY_MALFORMED, "Unicode"),
        /* Numbers and words. */
        CASE("{\"a\":01}", BODY_MALFORMED, "column 7: a comma"),
        CASE("{\"a\":-01}", BODY_MALFORMED, "column 8: a comma"),
        CASE("{\"a\":00}", BODY_MALFORMED, "a comma"),
        CASE("{\"a\":+1}", BODY_MALFORMED, "a value"),
        CASE("{\"a\":.5}", BODY_MALFORMED, "a value"),
        CASE("{\"a\":1.}", BODY_MALFORMED, "column 8: a digit"),
        CASE("{\"a\":1.e5}", BODY_MALFORMED, "a digit"),
        CASE("{\"a\":1e}", BODY_MALFORMED, "a digit"),
        CASE("{\"a\":1e+}", BODY_MALFORMED, "a digit"),
        CASE("{\"a\":1e+-5}", BODY_MALFORMED, "a digit"),
        CASE("{\"a\":1e5.5}", BODY_MALFORMED, "a comma"),
        CASE("{\"a\":-}", BODY_MALFORMED, "a digit"),
        CASE("{\"a\":--1}", BODY_MALFORMED, "a digit"),
        CASE("{\"a\":-Infinity}", BODY_MALFORMED, "a digit"),
        CASE("{\"a\":0x10}", BODY_MALFORMED, "a comma"),
        CASE("{\"a\":1_000}", BODY_MALFORMED, "a comma"),
        CASE("{\"a\":NaN}", BODY_MALFORMED, "column 6: a value"),
        CASE("{\"a\":9223372036854775808}", BODY_MALFORMED, "column 6: a number is too large"),
        CASE("{\"a\":-9223372036854775809}", BODY_MALFORMED, "too large"),
        CASE("{\"a\":100000000000000000000000000000000000000000}", BODY_MALFORMED, "too large"),
        CASE("{\"a\":1e999}", BODY_MALFORMED, "column 6: a number is too large"),
        CASE("{\"a\":-1.0E+309}", BODY_MALFORMED, "too large"),
        CASE("{\"a\":True}", BODY_MALFORMED, "a value"),
        CASE("{\"a\":tru}", BODY_MALFORMED, "a value"),
        CASE("{\"a\":truefalse}", BODY_MALFORMED, "a comma"),
        CASE("{\"a\":nul", BODY_MALFORMED, "a value"),
#undef CASE
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        refuse(cases[i].text, cases[i].reason, cases[i].words);
}

/* Each text, and the tree it makes, written compactly. */
static void test_accepted(void)
{
    static const char *const cases[][2] = {
        {"{}", "{}"},
        {" \t\r\n{ \t\r\n} \t\r\n", "{}"},
        {"[ ]", "[]"},
        {"[ 1 , [ ] , { \"a\" : null } ]", "[1,[],{\"a\":null}]"},
        {"[true,false,null]", "[true,false,null]"},
        {"7", "7"},
        {"\"x\"", "\"x\""},
        {"{\"\":{\"\":\"\"}}", "{\"\":{\"\":\"\"}}"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
        {"\"\\u0041\\u00e9\\u20AC\\uffff\\u0001\\u007f\"", "\"A\xc3\xa9\xe2\x82\xac\xef\xbf\xbf\\u0001\x7f\""},
        {"\"\\uD83D\\ude00\\ud800\\udc00\\udbff\\udfff\"", "\"\xf0\x9f\x98\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""},
        {"\"\\\\u0000 \\\\\"", "\"\\\\u0000 \\\\\""},
        {"{\"a\\tb\":1,\"a\\\\tb\":2}", "{\"a\\tb\":1,\"a\\\\tb\":2}"},
        {"[0,-0,1,-1,10]", "[0,0,1,-1,10]"},
        {"[9223372036854775807,-9223372036854775808]", "[9223372036854775807,-9223372036854775808]"},
        {"[5.0,-0.0,1e0,1E5,1e+5,100e-2,0e0,0.5]", "[5.0,-0.0,1.0,100000.0,100000.0,1.0,0.0,0.5]"},
        {"[9223372036854775808.0,1e400e", NULL},
        {"1e-999", "0.0"},
        /* Where a careless conversion is off by one unit in the last place. */
        {"[9007199254740993.0,2.2250738585072011e-308,6.929001713869936e+236,1.7976931348623157e308]",
         "[9007199254740992.0,2.225073858507201e-308,6.929001713869936e+236,1.7976931348623157e+308]"},
        {"0.500000000000000166533453693773481063544750213623046875", "0.5000000000000002"},
        {"3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798",
         "3.141592653589793"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct arena a;
        arena_init(&a);
        if (cases[i][1]) {
            g_autofree char *got = written(read_fine(&a, str_from_c(cases[i][0])));
            g_assert_cmpstr(got, ==, cases[i][1]);
        } else {
            g_assert_null(json_read(str_from_c(cases[i][0]), JSON_TOP_ANY, &a, NULL));
        }
        arena_clear(&a);
    }
}

/* No beginning of a document is one. */
static void test_cut_off(void)
{
    struct str whole =
        STR("{\"a\":[1,-2.5e+3,true,false,null,\"\\ud83d\\ude00 \\n \xf0\x9f\x98\x80\"],\"b\":{\"c\":\"\"}}");
    struct arena a;
    arena_init(&a);
    read_fine(&a, whole);
    for (size_t length = 0; length < whole.len; length++)
        g_assert_null(json_read(exactly(&a, str_from(whole.ptr, length)), JSON_TOP_ANY, &a, NULL));
    arena_clear(&a);
}

/* Strings are scanned by sixteen bytes: what ends a run is met in each place, near the end of the text and far from it.
 */
static void test_runs(void)
{
    for (size_t before = 0; before < 40; before++)
        for (size_t after = 0; after < 40; after++) {
            struct arena a;
            arena_init(&a);
            g_autofree char *head = g_strnfill(before, 'x'), *tail = g_strnfill(after, 'y');
            struct str plain = arena_printf(&a, "\"%s\x7f\xc3\xbf%s\"", head, tail);
            struct str meant = arena_printf(&a, "%s\x7f\xc3\xbf%s", head, tail);
            g_assert_true(str_equal(json_str(read_fine(&a, plain)), meant));
            struct str escaped = arena_printf(&a, "\"%s\\n%s\\\"\"", head, tail);
            meant = arena_printf(&a, "%s\n%s\"", head, tail);
            g_assert_true(str_equal(json_str(read_fine(&a, escaped)), meant));
            struct str broken = arena_printf(&a, "\"%s\x1f%s\"", head, tail);
            g_autofree char *words = g_strdup_printf("column %zu: a control", before + 2);
            refuse(broken, REASON_BODY_MALFORMED, words);
            struct str ended = arena_printf(&a, "[\"%s\" %s]", head, after ? tail : "\"");
            words[strlen("column ")] = 0;
            refuse(ended, REASON_BODY_MALFORMED, words);
            arena_clear(&a);
        }
}

/* {"0":0,"1":1,...}, and at the end another `again`. */
static void many_members(GString *text, int count, int again)
{
    g_string_assign(text, "{");
    for (int i = 0; i < count; i++)
        g_string_append_printf(text, "\"%d\":%d,", i, i);
    g_string_append_printf(text, "\"%d\":0}", again);
}

/* A tree of short values takes many times its text, so their number is bounded; what is stored is not asked again. */
static void test_values_are_bounded(void)
{
    enum { FEW_VALUES = LIMIT_JSON_VALUES, MANY = 2 * LIMIT_JSON_VALUES };
    g_autoptr(GString) text = g_string_new("{\"a\":[0");
    for (int i = 2; i < FEW_VALUES; i++)
        g_string_append(text, ",0");
    g_string_append(text, "]}");
    struct arena a;
    arena_init(&a);
    read_fine(&a, str_from(text->str, text->len));
    g_string_truncate(text, text->len - 2);
    for (int i = FEW_VALUES; i < MANY; i++)
        g_string_append(text, ",0");
    g_string_append(text, "]}");
    refuse(str_from(text->str, text->len), REASON_BODY_MALFORMED, "too many values");
    g_assert_nonnull(json_read(str_from(text->str, text->len), JSON_STORED, &a, NULL));
    arena_clear(&a);
}

static void test_repeated_names(void)
{
    g_autoptr(GString) text = g_string_new("");
    for (int count = 1; count < 40; count++) {
        for (int again = 0; again < count; again++) {
            many_members(text, count, again);
            refuse(str_from(text->str, text->len), REASON_BODY_MALFORMED, "twice");
        }
        struct arena a;
        arena_init(&a);
        many_members(text, count, count);
        const struct json_node *tree = read_fine(&a, str_from(text->str, text->len));
        g_assert_cmpint(tree->count, ==, count + 1);
        g_assert_cmpint(json_int64(json_get(tree, "0")), ==, 0);
        arena_clear(&a);
    }
    many_members(text, 100000, 77777);
    refuse(str_from(text->str, text->len), REASON_BODY_MALFORMED, "twice");
    g_string_assign(text, "{\"a\":{\"x\":1},\"b\":{\"x\":1},\"x\":[{\"x\":{\"x\":1}},{\"x\":1}]}");
    struct arena a;
    arena_init(&a);
    read_fine(&a, str_from(text->str, text->len));
    arena_clear(&a);
}

static void test_looking(void)
{
    struct arena a;
    arena_init(&a);
    const struct json_node *tree = read_fine(&a, STR("{\"s\":\"x\",\"i\":3,\"a\":[1,\"y\"],\"o\":{\"n\":null}}"));
    g_assert_true(str_equal(json_str(json_get(tree, "s")), STR("x")));
    g_assert_null(json_str(json_get(tree, "i")).ptr);
    g_assert_null(json_str(NULL).ptr);
    g_assert_cmpint(json_int64(json_get(tree, "i")), ==, 3);
    g_assert_cmpint(json_int64(json_get(tree, "s")), ==, 0);
    g_assert_null(json_get(json_get(tree, "absent"), "x"));
    g_assert_null(json_get(json_get(tree, "a"), "x"));
    g_assert_true(json_is(json_get(json_get(tree, "o"), "n"), JSON_NULL));
    g_assert_false(json_is(json_get(tree, "n"), JSON_NULL));
    const struct json_node *element = json_first(json_get(tree, "a"));
    g_assert_cmpint(json_int64(element), ==, 1);
    g_assert_true(str_equal(json_str(element->next), STR("y")));
    g_assert_null(element->next->next);
    g_assert_null(json_first(json_get(tree, "s")));
    g_assert_null(json_first(NULL));
    arena_clear(&a);
}

static void test_message_repeats_nothing(void)
{
    g_autoptr(GError) error = NULL;
    struct arena a;
    arena_init(&a);
    g_assert_null(json_read(STR("{\"secureKey\":\"s3cret\" \"s3cret\"}"), JSON_TOP_OBJECT, &a, &error));
    g_assert_null(strstr(error->message, "s3cret"));
    arena_clear(&a);
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
        struct arena a;
        arena_init(&a);
        const struct json_node *tree = json_read(str_from(text->str, text->len), JSON_TOP_ANY, &a, &error);
        g_assert_true((tree != NULL) == (depth == LIMIT_JSON_DEPTH));
        if (!tree)
            g_assert_nonnull(strstr(error->message, "column 65: nested deeper"));
        arena_clear(&a);
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
    struct arena a;
    arena_init(&a);
    const struct json_node *tree = read_fine(&a, STR("{\"s\":\"gr\xc3\xbc\\u00df\",\"e\":\"\",\"n\":null,\"i\":5}"));
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
    arena_clear(&a);
}

static void test_others(void)
{
    struct arena a;
    arena_init(&a);
    const struct json_node *tree =
        read_fine(&a, STR("{\"i\":5,\"r\":5.0,\"t\":true,\"f\":false,\"o\":{},\"a\":[1],\"s\":\"5\"}"));
    GError *error = NULL;
    int64_t number = 0;
    bool flag = false;
    const struct json_node *part = NULL;
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
    g_assert_true(json_get_object(tree, "o", JSON_REQUIRED, &part, &error) && json_is(part, JSON_OBJECT));
    g_assert_true(json_get_array(tree, "a", JSON_REQUIRED, &part, &error) && part->count == 1);
    g_assert_false(json_get_array(tree, "o", JSON_REQUIRED, &part, &error));
    expect(&error, REASON_FIELD_TYPE, "o");
    g_assert_false(json_get_object(tree, "x", JSON_REQUIRED, &part, &error));
    expect(&error, REASON_FIELD_MISSING, "x");
    arena_clear(&a);
}

static void test_unknown(void)
{
    struct arena a;
    arena_init(&a);
    const struct json_node *tree = read_fine(&a, STR("{\"a\":1,\"b\":2}"));
    static const char *const both[] = {"b", "a"};
    GError *error = NULL;
    g_assert_true(json_refuse_unknown(tree, both, 2, &error));
    g_assert_false(json_refuse_unknown(tree, both, 1, &error));
    expect(&error, REASON_FIELD_UNKNOWN, "a");

    g_autoptr(GString) text = g_string_new("{\"a");
    for (int i = 0; i < 1000; i++)
        g_string_append(text, "\xc3\xbc");
    g_string_append(text, "\":1}");
    const struct json_node *long_key = read_fine(&a, str_from(text->str, text->len));
    g_assert_false(json_refuse_unknown(long_key, both, 2, &error));
    g_assert_true(strlen(error->message) < 200 && str_is_utf8(str_from_c(error->message)));
    g_clear_error(&error);
    arena_clear(&a);
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
        struct arena a;
        arena_init(&a);
        g_autofree char *got = written(read_fine(&a, str_from_c(documents[i])));
        g_assert_cmpstr(got, ==, documents[i]);
        arena_clear(&a);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json_read/refused", test_refused);
    g_test_add_func("/json_read/accepted", test_accepted);
    g_test_add_func("/json_read/cut_off", test_cut_off);
    g_test_add_func("/json_read/runs", test_runs);
    g_test_add_func("/json_read/values_are_bounded", test_values_are_bounded);
    g_test_add_func("/json_read/repeated_names", test_repeated_names);
    g_test_add_func("/json_read/looking", test_looking);
    g_test_add_func("/json_read/message_repeats_nothing", test_message_repeats_nothing);
    g_test_add_func("/json_read/depth", test_depth);
    g_test_add_func("/json_read/strings", test_strings);
    g_test_add_func("/json_read/others", test_others);
    g_test_add_func("/json_read/unknown", test_unknown);
    g_test_add_func("/json_read/round_trip", test_round_trip);
    return g_test_run();
}
