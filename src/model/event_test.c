#include "model/event.h"

#include "base/id.h"

#include <sodium.h>

static void test_kind_names(void)
{
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        enum event_kind kind;
        g_assert_true(event_kind_from_name(event_kind_name((enum event_kind)i), &kind));
        g_assert_cmpint(kind, ==, i);
    }
    enum event_kind kind = EVENT_LEFT;
    g_assert_false(event_kind_from_name(STR("Message"), &kind));
    g_assert_false(event_kind_from_name(STR(""), &kind));
    g_assert_cmpint(kind, ==, EVENT_LEFT);
    g_assert_true(event_facts[EVENT_MESSAGE].live);
    g_assert_false(event_facts[EVENT_OPENED].live);
    g_assert_false(event_facts[EVENT_ERASED].live);
}

static void test_shown_id(void)
{
    struct arena a;
    arena_init(&a);
    struct event e = {.index = 12};
    uint32_t index = 0;
    /* A session id may itself end in a dot and digits. */
    struct str session = STR("room.3");
    struct str id = event_shown_id(&e, session, &a);
    g_assert_true(str_equal(id, STR("room.3.12")));
    g_assert_true(event_index_from_id(id, session, &index));
    g_assert_cmpuint(index, ==, 12);
    e.id = STR("mine");
    g_assert_true(str_equal(event_shown_id(&e, session, &a), STR("mine")));

    static const char *const refused[] = {"room.3",
                                          "room.3.",
                                          "room.3.0",
                                          "room.3.012",
                                          "room.3.+1",
                                          "room.3.-1",
                                          "room.3.1x",
                                          "room.4.12",
                                          "room.3 12",
                                          "",
                                          "room.3.1.2",
                                          "room.3.1048576",
                                          "room.3.99999999999999999999"};
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
        g_assert_false(event_index_from_id(str_from_c(refused[i]), session, &index));
    g_assert_cmpuint(index, ==, 12);
    arena_clear(&a);
}

static void test_current_text(void)
{
    struct event message = {.index = 1, .kind = EVENT_MESSAGE, .text = STR("teh")};
    g_assert_true(str_equal(event_current_text(&message), STR("teh")));
    struct event edit = {
        .index = 2, .kind = EVENT_EDIT, .target = 1, .text = STR("the"), .time_ms = 7, .participant = 2};
    event_revise(&message, &edit);
    g_assert_true(str_equal(event_current_text(&message), STR("the")));
    g_assert_cmpuint(message.revised_by, ==, 2);
    g_assert_cmpint(message.revised_ms, ==, 7);
    g_assert_cmpint(message.revised_participant, ==, 2);
    g_assert_false(event_is_deleted(&message));
    struct event deletion = {.index = 3, .kind = EVENT_DELETE, .target = 1};
    event_revise(&message, &deletion);
    g_assert_true(event_is_deleted(&message));
    g_assert_cmpuint(event_current_text(&message).len, ==, 0);
}

/* ---- checks ---- */

static struct str filled(struct arena *a, size_t len, char c)
{
    char *bytes = arena_alloc(a, len);
    memset(bytes, c, len);
    return str_from(bytes, len);
}

static void expect(struct event e, bool imported, enum reason reason, const char *field)
{
    GError *error = NULL;
    g_assert_false(event_check(&e, imported, &error));
    g_assert_cmpstr(reason_name(reason_of(error)), ==, reason_name(reason));
    g_assert_true(str_equal(reason_field(error), str_from_c(field)));
    g_error_free(error);
}

static void accept(struct event e, bool imported)
{
    GError *error = NULL;
    event_check(&e, imported, &error);
    g_assert_no_error(error);
}

static void test_check(void)
{
    struct arena a;
    arena_init(&a);
    const struct event message = {.kind = EVENT_MESSAGE, .participant = 1, .text = STR(" hi\n")};
    accept(message, false);
    struct event e = message;
    e.text = STR("");
    expect(e, false, REASON_TEXT_EMPTY, "text");
    accept(e, true);
    e.text = filled(&a, LIMIT_TEXT, 'x');
    accept(e, false);
    e.text = filled(&a, LIMIT_TEXT + 1, 'x');
    expect(e, true, REASON_TEXT_TOO_LONG, "text");
    e.text = STR("a\0b");
    expect(e, true, REASON_TEXT_INVALID, "text");
    e.text = STR("\xed\xa0\x80");
    expect(e, true, REASON_TEXT_INVALID, "text");

    e = message;
    e.time_ms = -1;
    expect(e, true, REASON_TIME_INVALID, "at");
    e.time_ms = LIMIT_TIME_MS;
    accept(e, true);
    e.time_ms = LIMIT_TIME_MS + 1;
    expect(e, true, REASON_TIME_INVALID, "at");

    e = message;
    e.participant = 0;
    expect(e, true, REASON_FIELD_MISSING, "by");
    e.participant = LIMIT_PARTICIPANTS + 1;
    expect(e, true, REASON_FIELD_VALUE, "by");
    accept((struct event){.kind = EVENT_CLOSED}, false);

    e = message;
    e.id = STR("");
    expect(e, true, REASON_ID_INVALID, "id");
    e.id = STR("a\nb");
    expect(e, true, REASON_ID_INVALID, "id");
    e.id = filled(&a, LIMIT_ID + 1, 'i');
    expect(e, true, REASON_ID_INVALID, "id");
    e.id = filled(&a, LIMIT_ID, 'i');
    accept(e, false);

    e = message;
    e.target = 1;
    expect(e, true, REASON_FIELD_VALUE, "target");
    e.kind = EVENT_EDIT;
    accept(e, false);
    e.target = 0;
    expect(e, true, REASON_FIELD_MISSING, "target");
    expect((struct event){.kind = EVENT_DELETE, .participant = 1}, true, REASON_FIELD_MISSING, "target");

    e = message;
    e.kind = EVENT_NICKNAME;
    e.text = filled(&a, LIMIT_NAME + 1, 'n');
    expect(e, true, REASON_TEXT_TOO_LONG, "text");
    e.kind = EVENT_URL;
    e.text = filled(&a, LIMIT_URL + 1, 'u');
    expect(e, true, REASON_TEXT_TOO_LONG, "text");

    e = message;
    e.data = filled(&a, LIMIT_EVENT_DATA + 1, ' ');
    expect(e, true, REASON_FIELD_TOO_LONG, "data");
    arena_clear(&a);
}

/* ---- the seal ---- */

static void add_le(GByteArray *bytes, uint64_t value, unsigned count)
{
    for (unsigned i = 0; i < count; i++, value /= 256)
        g_byte_array_append(bytes, (const guint8[]){(guint8)(value % 256)}, 1);
}

static void add_str(GByteArray *bytes, struct str s)
{
    add_le(bytes, s.len, 4);
    g_byte_array_append(bytes, (const guint8 *)s.ptr, (guint)s.len);
}

/* The layout of doc/format.md, written down a second time. */
static void naive_seal(const struct event *e, const uint8_t previous[32], uint8_t inner[32], uint8_t chain[32])
{
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, e->salt, 16);
    add_le(bytes, e->target, 4);
    add_str(bytes, e->id);
    add_str(bytes, e->text);
    add_str(bytes, e->data);
    crypto_generichash(inner, 32, bytes->data, bytes->len, NULL, 0);
    g_byte_array_set_size(bytes, 0);
    g_byte_array_append(bytes, previous, 32);
    add_le(bytes, e->index, 4);
    add_le(bytes, e->kind, 4);
    add_le(bytes, (uint64_t)e->time_ms, 8);
    add_le(bytes, e->participant, 4);
    g_byte_array_append(bytes, inner, 32);
    crypto_generichash(chain, 32, bytes->data, bytes->len, NULL, 0);
    g_byte_array_free(bytes, TRUE);
}

static void test_seal(void)
{
    struct arena a;
    arena_init(&a);
    uint8_t previous[EVENT_CHAIN_SIZE] = {1, 2, 3}, inner[32], chain[32];
    for (size_t len = 0; len < 2100; len += 7) { /* across the size where the buffer moves to the heap */
        struct event e = {.index = 5,
                          .kind = EVENT_MESSAGE,
                          .time_ms = 1406239877000,
                          .participant = 3,
                          .text = filled(&a, len, 't'),
                          .id = STR("i"),
                          .data = STR("{}")};
        event_salt(&e, 1);
        event_seal(&e, previous);
        naive_seal(&e, previous, inner, chain);
        g_assert_cmpmem(e.inner, 32, inner, 32);
        g_assert_cmpmem(e.chain, 32, chain, 32);
    }
    arena_clear(&a);
}

/* More than are drawn at once, and none used twice. */
static void test_salts_differ(void)
{
    static const uint8_t zero[EVENT_SALT_SIZE];
    struct event events[40] = {0};
    event_salt(events, G_N_ELEMENTS(events));
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
        g_assert_cmpint(memcmp(events[i].salt, zero, EVENT_SALT_SIZE), !=, 0);
        for (size_t j = 0; j < i; j++)
            g_assert_cmpint(memcmp(events[i].salt, events[j].salt, EVENT_SALT_SIZE), !=, 0);
    }
}

static void test_seal_covers_everything(void)
{
    static const uint8_t zero[EVENT_CHAIN_SIZE], one[EVENT_CHAIN_SIZE] = {1};
    const struct event original = {.index = 2,
                                   .kind = EVENT_EDIT,
                                   .time_ms = 7,
                                   .participant = 1,
                                   .target = 1,
                                   .id = STR("ab"),
                                   .text = STR("c"),
                                   .data = STR("{}")};
    struct event sealed = original;
    event_seal(&sealed, zero);
    struct event variants[] = {original, original, original, original, original,
                               original, original, original, original};
    variants[0].index++;
    variants[1].kind = EVENT_DELETE;
    variants[2].time_ms++;
    variants[3].participant++;
    variants[4].target++;
    variants[5].id = STR("a"), variants[5].text = STR("bc"); /* the same bytes, cut elsewhere */
    variants[6].data = STR("{ }");
    variants[7].salt[15] = 1;
    for (size_t i = 0; i < G_N_ELEMENTS(variants); i++) {
        event_seal(&variants[i], i == 8 ? one : zero);
        g_assert_cmpint(memcmp(variants[i].chain, sealed.chain, EVENT_CHAIN_SIZE), !=, 0);
    }
}

static void test_erased_seal_verifies(void)
{
    static const uint8_t zero[EVENT_CHAIN_SIZE];
    struct event e = {.index = 1, .kind = EVENT_MESSAGE, .participant = 1, .text = STR("secret")};
    event_salt(&e, 1);
    event_seal(&e, zero);
    struct event erased = {.index = 1, .kind = EVENT_MESSAGE, .participant = 1, .erased = true};
    memcpy(erased.inner, e.inner, sizeof erased.inner);
    event_seal(&erased, zero);
    g_assert_cmpmem(erased.chain, EVENT_CHAIN_SIZE, e.chain, EVENT_CHAIN_SIZE);
}

static void test_equal(void)
{
    const struct event e = {.kind = EVENT_MESSAGE, .time_ms = 1, .participant = 2, .text = STR("x")};
    struct event other = e;
    other.revised_by = 9; /* not part of the event itself */
    g_assert_true(event_equal(&e, &other));
    other.data = STR("{}");
    g_assert_false(event_equal(&e, &other));
    other = e, other.time_ms = 2;
    g_assert_false(event_equal(&e, &other));
}

static void test_internal(void)
{
    static const struct {
        struct str data;
        bool is_internal;
    } cases[] = {
        {STR_NULL, false},
        {STR("{}"), false},
        {STR("{\"visibility\":\"internal\"}"), true},
        {STR("{\"a\":[1],\"visibility\":\"internal\"}"), true},
        {STR("{\"visibility\":\"public\",\"a\":\"internal\"}"), false},
        {STR("{\"a\":{\"visibility\":\"internal\"}}"), false},
        {STR("{\"visibility\":[\"internal\"]}"), false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct event e = {.kind = EVENT_MESSAGE, .data = cases[i].data};
        g_assert_true(event_is_internal(&e) == cases[i].is_internal);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    id_library_init();
    g_test_add_func("/event/kind-names", test_kind_names);
    g_test_add_func("/event/shown-id", test_shown_id);
    g_test_add_func("/event/current-text", test_current_text);
    g_test_add_func("/event/internal", test_internal);
    g_test_add_func("/event/check", test_check);
    g_test_add_func("/event/seal", test_seal);
    g_test_add_func("/event/salts-differ", test_salts_differ);
    g_test_add_func("/event/seal-covers-everything", test_seal_covers_everything);
    g_test_add_func("/event/erased-seal-verifies", test_erased_seal_verifies);
    g_test_add_func("/event/equal", test_equal);
    return g_test_run();
}
