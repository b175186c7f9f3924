#include "model/line.h"

#include "base/id.h"

static struct str written(const struct line *line, struct arena *a)
{
    struct buf out;
    buf_init(&out, LIMIT_IMPORT_LINE);
    line_write(line, &out);
    g_assert_false(out.overflow);
    struct str text = arena_str(a, buf_str(&out));
    buf_clear(&out);
    return text;
}

static void expect_text(struct str got, const char *want)
{
    char *text = str_to_heap(got);
    g_assert_cmpstr(text, ==, want);
    g_free(text);
}

/* The line as it must come out for what went in. */
static void round_trip(const char *in, const char *out)
{
    struct arena a;
    arena_init(&a);
    struct line line;
    GError *error = NULL;
    line_parse(str_from_c(in), &line, &a, &error);
    g_assert_no_error(error);
    expect_text(written(&line, &a), out);
    /* The head through the database changes nothing. */
    struct line again = line;
    g_assert_true(head_read(head_write(&line.head, &a), &again.head, &a, NULL));
    expect_text(written(&again, &a), out);
    arena_clear(&a);
}

static void test_minimal(void)
{
    round_trip("{\"id\":\"s\",\"visitor\":{\"id\":\"v\"},\"participants\":[],\"events\":[]}",
               "{\"id\":\"s\",\"dialect\":\"parley\",\"visitor\":{\"id\":\"v\"},\"participants\":[],\"events\":[]}");
}

static const char full[] =
    "{\"id\":\"s\",\"dialect\":\"rocketchat\",\"timeZone\":\"Europe/Berlin\","
    "\"visitor\":{\"id\":\"v\",\"name\":\"Maria\",\"email\":\"m@example.org\",\"phone\":\"+1\",\"token\":\"t\","
    "\"username\":\"guest-1\",\"ip\":\"192.0.2.1\",\"userAgent\":\"UA\",\"country\":\"Chile\",\"city\":\"\","
    "\"operatingSystem\":\"Linux\",\"browser\":\"Firefox\"},"
    "\"operator\":\"anna\",\"department\":\"sales\",\"departmentAncestors\":[\"eu\"],"
    "\"button\":{\"id\":\"b\",\"name\":\"Chat\"},\"startPage\":\"https://example.org/\",\"subject\":\"Hi\","
    "\"userData\":{\"z\":1,\"a\":[0.233,1e+300]},\"source\":{\"type\":\"widget\"},"
    "\"participants\":[{\"id\":7,\"type\":\"Agent\",\"name\":\"Anna\",\"operator\":\"anna\"},"
    "{\"id\":1,\"type\":\"Client\",\"name\":\"Maria\"}],"
    "\"events\":[{\"type\":\"joined\",\"at\":5,\"by\":1},"
    "{\"type\":\"message\",\"at\":4,\"by\":1,\"id\":\"m\",\"text\":\" teh \\u0001\\n\"},"
    "{\"type\":\"message\",\"at\":4,\"by\":7,\"text\":\"\"},"
    "{\"type\":\"edit\",\"at\":9,\"by\":1,\"target\":2,\"text\":\"the\"},"
    "{\"type\":\"joined\",\"at\":9,\"by\":3,\"data\":{\"participant\":{\"type\":\"External\",\"name\":\"bot\"},\"x\":"
    "null}},"
    "{\"type\":\"message\",\"at\":9,\"by\":3,\"text\":\"late\"},"
    "{\"type\":\"delete\",\"at\":9,\"by\":3,\"target\":6},"
    "{\"type\":\"closed\",\"at\":10,\"by\":0,\"data\":{}}],"
    "\"rocketchat\":{\"room\":{\"_id\":\"s\",\"new\":[true]},\"lastMessage\":{\"msg\":\"hi\"}}}";

static void test_full(void)
{
    round_trip(full, full);
    struct arena a;
    arena_init(&a);
    struct line line;
    g_assert_true(line_parse(str_from_c(full), &line, &a, NULL));
    g_assert_cmpint(line.start_ms, ==, 5); /* the first event's, not the least */
    g_assert_cmpuint(line.event_count, ==, 8);
    g_assert_cmpuint(line.events[1].revised_by, ==, 4);
    g_assert_true(str_equal(event_current_text(&line.events[1]), STR("the")));
    g_assert_true(event_is_deleted(&line.events[5]));
    g_assert_cmpuint(line.head.recorded_up_to, ==, 8);
    g_assert_true(str_equal(line.head.served_by.username, STR("anna")));
    arena_clear(&a);
}

/* Order of members, blanks and absent defaults do not matter; what comes out is one spelling. */
static void test_canonical(void)
{
    round_trip(
        " { \"events\" : [ { \"by\":1, \"text\":\"\", \"at\":3, \"type\":\"joined\" }, "
        "{\"type\":\"message\",\"at\":3,\"by\":1} ],"
        "\"participants\":[{\"type\":\"Client\",\"id\":1}], \"start\":3, \"visitor\":{\"id\":\"v\"},\"id\":\"s\"} ",
        "{\"id\":\"s\",\"dialect\":\"parley\",\"visitor\":{\"id\":\"v\"},\"participants\":[{\"id\":1,\"type\":"
        "\"Client\"}],\"events\":[{\"type\":\"joined\",\"at\":3,\"by\":1},{\"type\":\"message\",\"at\":3,"
        "\"by\":1,\"text\":\"\"}]}");
}

/* "start" is written when it does not follow from the events, "recordedUpTo" when more came after the documents. */
static void test_start_and_recorded(void)
{
    static const char early[] = "{\"id\":\"s\",\"dialect\":\"parley\",\"visitor\":{\"id\":\"v\"},\"start\":1,"
                                "\"participants\":[],\"events\":[{\"type\":\"closed\",\"at\":3,\"by\":0}],"
                                "\"rocketchat\":{},\"recordedUpTo\":0}";
    round_trip(early, early);
    static const char empty[] = "{\"id\":\"s\",\"dialect\":\"genesys\",\"visitor\":{\"id\":\"v\"},\"start\":1,"
                                "\"participants\":[],\"events\":[]}";
    round_trip(empty, empty);
    round_trip("{\"id\":\"s\",\"visitor\":{\"id\":\"v\"},\"participants\":[],\"events\":[],"
               "\"rocketchat\":{\"room\":{\"ts\":\"1970-01-01T00:00:00.007Z\"}}}",
               "{\"id\":\"s\",\"dialect\":\"parley\",\"visitor\":{\"id\":\"v\"},\"start\":7,\"participants\":[],"
               "\"events\":[],\"rocketchat\":{\"room\":{\"ts\":\"1970-01-01T00:00:00.007Z\"}}}");
}

/* ---- refusals ---- */

static void refuse(const char *text, enum reason reason, const char *field)
{
    struct arena a;
    arena_init(&a);
    struct line line;
    GError *error = NULL;
    g_assert_false(line_parse(str_from_c(text), &line, &a, &error));
    g_assert_nonnull(error);
    if (reason_of(error) != reason)
        g_test_message("%s: %s", text, error->message);
    g_assert_cmpstr(reason_name(reason_of(error)), ==, reason_name(reason));
    expect_text(reason_field(error), field);
    g_error_free(error);
    arena_clear(&a);
}

/* A line with `members` before its participants and these `events`; participant 1 is there. */
static void refuse_part(const char *members, const char *events, enum reason reason, const char *field)
{
    char *text = g_strdup_printf("{\"id\":\"s\",%s\"visitor\":{\"id\":\"v\"},\"participants\":[{\"id\":1,\"type\":"
                                 "\"Client\"}],\"events\":[%s]}",
                                 members, events);
    refuse(text, reason, field);
    g_free(text);
}

static void test_refusals(void)
{
    refuse("", REASON_BODY_MALFORMED, "");
    refuse("[]", REASON_BODY_MALFORMED, "");
    refuse("{\"id\":\"s\"}", REASON_FIELD_MISSING, "visitor");
    refuse("{\"visitor\":{\"id\":\"v\"}}", REASON_FIELD_MISSING, "id");
    refuse("{\"id\":\"s\",\"visitor\":{\"id\":\"v\"},\"events\":[]}", REASON_FIELD_MISSING, "participants");
    refuse("{\"id\":\"s\",\"visitor\":{\"id\":\"v\"},\"participants\":[]}", REASON_FIELD_MISSING, "events");
    refuse("{\"id\":\"\",\"visitor\":{\"id\":\"v\"}}", REASON_ID_INVALID, "id");
    refuse("{\"id\":\"s\",\"visitor\":{\"id\":\"v\"},\"start\":8,\"participants\":[],\"events\":[],"
           "\"rocketchat\":{\"room\":{\"ts\":\"1970-01-01T00:00:00.007Z\"}}}",
           REASON_FIELD_VALUE, "rocketchat.room.ts");
    refuse("{\"id\":\"s\",\"visitor\":{\"id\":\"v\",\"user_agent\":\"x\"}}", REASON_FIELD_UNKNOWN,
           "visitor.user_agent");
    refuse("{\"id\":\"s\",\"visitor\":{\"name\":\"x\"}}", REASON_FIELD_MISSING, "visitor.id");
    refuse("{\"id\":\"s\",\"visitor\":{\"id\":\"v\"},\"participants\":[{\"id\":1,\"type\":\"Client\"},{\"id\":1,"
           "\"type\":\"Agent\"}],\"events\":[]}",
           REASON_FIELD_VALUE, "participants[1].id");
    refuse("{\"id\":\"s\",\"visitor\":{\"id\":\"v\"},\"participants\":[{\"id\":0,\"type\":\"Client\"}]}",
           REASON_FIELD_VALUE, "participants[0].id");
    refuse("{\"id\":\"s\",\"visitor\":{\"id\":\"v\"},\"participants\":[{\"id\":1,\"type\":\"client\"}]}",
           REASON_FIELD_VALUE, "participants[0].type");

    refuse_part("\"colour\":1,", "", REASON_FIELD_UNKNOWN, "colour");
    refuse_part("\"dialect\":\"irc\",", "", REASON_FIELD_VALUE, "dialect");
    refuse_part("\"timeZone\":\"Mars/Olympus\",", "", REASON_ZONE_UNKNOWN, "timeZone");
    refuse_part("\"operator\":\"\",", "", REASON_ID_INVALID, "operator");
    refuse_part("\"departmentAncestors\":[],", "", REASON_FIELD_MISSING, "department");
    refuse_part("\"department\":\"d\",\"departmentAncestors\":[7],", "", REASON_ID_INVALID, "departmentAncestors");
    refuse_part("\"button\":{\"name\":\"x\"},", "", REASON_FIELD_MISSING, "button.id");
    refuse_part("\"userData\":[],", "", REASON_FIELD_TYPE, "userData");
    refuse_part("\"rocketchat\":{\"rooms\":{}},", "", REASON_FIELD_UNKNOWN, "rocketchat.rooms");
    refuse_part("\"start\":-1,", "", REASON_FIELD_VALUE, "start");
    refuse_part("\"subject\":\"a\\u0000b\",", "", REASON_TEXT_INVALID, "");

    refuse_part("", "7", REASON_FIELD_TYPE, "events[0]");
    refuse_part("", "{\"type\":\"shouted\",\"at\":1,\"by\":1}", REASON_EVENT_KIND_UNKNOWN, "events[0].type");
    refuse_part("", "{\"type\":\"opened\",\"at\":1,\"by\":1}", REASON_EVENT_KIND_UNKNOWN, "events[0].type");
    refuse_part("", "{\"type\":\"erased\",\"at\":1,\"by\":0}", REASON_EVENT_KIND_UNKNOWN, "events[0].type");
    refuse_part("", "{\"type\":\"closed\"}", REASON_FIELD_MISSING, "events[0].at");
    refuse_part("", "{\"type\":\"closed\",\"at\":1.5}", REASON_FIELD_TYPE, "events[0].at");
    refuse_part("", "{\"type\":\"closed\",\"at\":-1}", REASON_TIME_INVALID, "events[0].at");
    refuse_part("", "{\"type\":\"message\",\"at\":1,\"text\":\"x\"}", REASON_FIELD_MISSING, "events[0].by");
    refuse_part("", "{\"type\":\"closed\",\"at\":1},{\"type\":\"message\",\"at\":1,\"by\":2,\"text\":\"x\"}",
                REASON_PARTICIPANT_UNKNOWN, "events[1].by");
    refuse_part("", "{\"type\":\"message\",\"at\":1,\"by\":1,\"text\":\"x\",\"colour\":1}", REASON_FIELD_UNKNOWN,
                "events[0].colour");
    refuse_part("", "{\"type\":\"edit\",\"at\":1,\"by\":1,\"target\":1,\"text\":\"x\"}", REASON_EVENT_UNKNOWN,
                "events[0].target");
    refuse_part("", "{\"type\":\"joined\",\"at\":1,\"by\":1},{\"type\":\"delete\",\"at\":1,\"by\":1,\"target\":1}",
                REASON_FIELD_VALUE, "events[1].target");
    refuse_part("",
                "{\"type\":\"message\",\"at\":1,\"by\":1,\"id\":\"m\"},{\"type\":\"message\",\"at\":1,\"by\":1,"
                "\"id\":\"m\"}",
                REASON_ID_TAKEN, "events[1].id");
    refuse_part("",
                "{\"type\":\"message\",\"at\":1,\"by\":1},{\"type\":\"delete\",\"at\":1,\"by\":1,\"target\":1},"
                "{\"type\":\"edit\",\"at\":1,\"by\":1,\"target\":1,\"text\":\"x\"}",
                REASON_EVENT_DELETED, "events[2].target");
}

/* What a line may hold must fit into the head and into another line around it. */
static void test_depth(void)
{
    GString *deep = g_string_new("{\"a\":");
    for (int i = 1; i < LIMIT_JSON_DEPTH - 4; i++)
        g_string_append_c(deep, '[');
    for (int i = 1; i < LIMIT_JSON_DEPTH - 4; i++)
        g_string_append_c(deep, ']');
    g_string_append_c(deep, '}');
    char *text = g_strdup_printf("{\"id\":\"s\",\"dialect\":\"parley\",\"visitor\":{\"id\":\"v\"},\"userData\":%s,"
                                 "\"participants\":[],\"events\":[{\"type\":\"closed\",\"at\":1,\"by\":0,\"data\":%s}],"
                                 "\"rocketchat\":{}}",
                                 deep->str, deep->str);
    round_trip(text, text);
    g_free(text);
    text = g_strdup_printf("\"source\":{\"b\":%s},", deep->str);
    refuse_part(text, "", REASON_FIELD_VALUE, "source");
    g_free(text);
    g_string_free(deep, TRUE);
}

static void test_live_body(void)
{
    struct arena a;
    arena_init(&a);
    const struct json_node *object =
        json_read(STR("{\"visitor\":{\"id\":\"v\"},\"participants\":[{\"id\":1,\"type\":\"Client\"}],"
                      "\"events\":[{\"type\":\"message\",\"by\":1,\"text\":\"hi\"}]}"),
                  JSON_TOP_OBJECT, &a, NULL);
    struct line line;
    GError *error = NULL;
    line_read(object, true, &line, &a, &error);
    g_assert_no_error(error);
    g_assert_null(line.id.ptr);
    g_assert_cmpint(line.events[0].time_ms, ==, 0);
    arena_clear(&a);
}

/* ---- the head ---- */

static void test_damaged_heads(void)
{
    static const char *const damaged[] = {
        "",
        "{}",
        "[]",
        "{\"dialect\":\"parley\",\"visitor\":{},\"participants\":[]}",
        "{\"dialect\":\"irc\",\"visitor\":{\"id\":\"v\"},\"participants\":[]}",
        "{\"dialect\":\"parley\",\"visitor\":{\"id\":\"v\"},\"participants\":[{\"id\":1,\"type\":\"X\"}]}",
        "{\"dialect\":\"parley\",\"visitor\":{\"id\":\"v\"},\"participants\":[{\"id\":5000,\"type\":\"Agent\"}]}",
        "{\"dialect\":\"parley\",\"visitor\":{\"id\":\"v\"},\"participants\":[7]}",
        ("{\"dialect\":\"parley\",\"visitor\":{\"id\":\"v\"},\"participants\":[{\"id\":1,\"type\":\"Agent\"},"
         "{\"id\":1,\"type\":\"Agent\"}]}"),
    };
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < G_N_ELEMENTS(damaged); i++) {
        struct head h;
        GError *error = NULL;
        g_assert_false(head_read(str_from_c(damaged[i]), &h, &a, &error));
        g_assert_cmpint(reason_of(error), ==, REASON_DATABASE_CORRUPT);
        g_error_free(error);
    }
    arena_clear(&a);
}

/* The head keeps more than a line does: whole operators, the department's name. */
static void test_head(void)
{
    struct arena a;
    arena_init(&a);
    static const char text[] =
        "{\"dialect\":\"genesys\",\"visitor\":{\"id\":\"v\"},\"operator\":{\"id\":\"a\",\"username\":\"anna\",\"name\":"
        "\"Anna\"},\"department\":{\"id\":\"d\",\"name\":\"Sales\",\"ancestors\":[]},\"participants\":[{\"id\":2,"
        "\"type\":\"Supervisor\",\"operator\":{\"id\":\"b\"}}],\"recorded\":{\"rocketchat\":{}},\"recordedUpTo\":3}";
    struct head h;
    g_assert_true(head_read(str_from_c(text), &h, &a, NULL));
    g_assert_true(str_equal(h.department.name, STR("Sales")) && str_equal(h.served_by.name, STR("Anna")));
    g_assert_true(str_equal(h.participants[0].operator_ref.id, STR("b")));
    expect_text(head_write(&h, &a), text);
    arena_clear(&a);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    id_library_init();
    g_test_add_func("/line/minimal", test_minimal);
    g_test_add_func("/line/full", test_full);
    g_test_add_func("/line/canonical", test_canonical);
    g_test_add_func("/line/start-and-recorded", test_start_and_recorded);
    g_test_add_func("/line/refusals", test_refusals);
    g_test_add_func("/line/depth", test_depth);
    g_test_add_func("/line/live-body", test_live_body);
    g_test_add_func("/head/damaged", test_damaged_heads);
    g_test_add_func("/head/round-trip", test_head);
    return g_test_run();
}
