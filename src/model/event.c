#include "model/event.h"

#include "text/json_read.h"

#include <inttypes.h>
#include <sodium.h>

const struct event_facts event_facts[EVENT_KIND_COUNT] = {
#define X(number, name, word, live, by_participant, needs_text, text_max, after_close) \
    [number] = {{word, sizeof(word) - 1}, live, by_participant, needs_text, after_close, text_max},
    EVENT_KINDS(X)
#undef X
};

bool event_kind_from_name(struct str name, enum event_kind *kind)
{
    for (int i = 0; i < EVENT_KIND_COUNT; i++)
        if (str_equal(event_facts[i].word, name)) {
            *kind = (enum event_kind)i;
            return true;
        }
    return false;
}

struct str event_current_text(const struct event *e)
{
    if (!e->revised_by)
        return e->text;
    return e->revision == EVENT_DELETE ? STR("") : e->revised_text;
}

void event_revise(struct event *target, const struct event *revision)
{
    target->revised_by = revision->index;
    target->revision = revision->kind;
    target->revised_text = revision->text;
    target->revised_data = revision->data;
    target->revised_ms = revision->time_ms;
    target->revised_participant = revision->participant;
}

struct str event_shown_id(const struct event *e, struct str session_id, struct arena *a)
{
    if (!str_is_empty(e->id))
        return e->id;
    return arena_numbered(a, session_id, e->index);
}

bool event_index_from_id(struct str id, struct str session_id, uint32_t *index)
{
    if (!str_starts_with(id, session_id) || id.len < session_id.len + 2 || id.ptr[session_id.len] != '.')
        return false;
    struct str digits = str_skip(id, session_id.len + 1);
    int64_t value;
    /* Only the spelling that event_shown_id makes: no sign, no leading zero. */
    if (digits.ptr[0] < '1' || digits.ptr[0] > '9' || !str_to_int64(digits, &value) ||
        value >= LIMIT_EVENTS_PER_SESSION)
        return false;
    *index = (uint32_t)value;
    return true;
}

/* ---- the seal (doc/format.md) ---- */

static unsigned char *put_le(unsigned char *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *at++ = (unsigned char)(value >> (8 * i));
    return at;
}

static unsigned char *put_str(unsigned char *at, struct str s)
{
    at = put_le(at, s.len, 4);
    if (s.len == 0)
        return at;
    memcpy(at, s.ptr, s.len);
    return at + s.len;
}

static void hash(uint8_t out[EVENT_CHAIN_SIZE], const unsigned char *bytes, size_t len)
{
    crypto_generichash(out, EVENT_CHAIN_SIZE, bytes, len, NULL, 0);
}

static void seal_inner(struct event *e)
{
    unsigned char small[1024];
    size_t len = EVENT_SALT_SIZE + 4 * sizeof(uint32_t) + e->id.len + e->text.len + e->data.len;
    unsigned char *bytes = len <= sizeof small ? small : g_malloc(len);
    memcpy(bytes, e->salt, EVENT_SALT_SIZE);
    unsigned char *at = put_le(bytes + EVENT_SALT_SIZE, e->target, 4);
    at = put_str(at, e->id);
    at = put_str(at, e->text);
    at = put_str(at, e->data);
    hash(e->inner, bytes, len);
    if (bytes != small)
        g_free(bytes);
}

void event_seal(struct event *e, const uint8_t previous[EVENT_CHAIN_SIZE])
{
    if (!e->erased)
        seal_inner(e);
    unsigned char bytes[EVENT_CHAIN_SIZE + 4 + 4 + 8 + 4 + EVENT_CHAIN_SIZE];
    memcpy(bytes, previous, EVENT_CHAIN_SIZE);
    unsigned char *at = bytes + EVENT_CHAIN_SIZE;
    at = put_le(at, e->index, 4);
    at = put_le(at, e->kind, 4);
    at = put_le(at, (uint64_t)e->time_ms, 8);
    at = put_le(at, e->participant, 4);
    memcpy(at, e->inner, EVENT_CHAIN_SIZE);
    hash(e->chain, bytes, sizeof bytes);
}

void event_salt(struct event *events, size_t count)
{
    uint8_t salts[16][EVENT_SALT_SIZE];
    for (size_t i = 0; i < count; i++) {
        size_t at = i % G_N_ELEMENTS(salts);
        if (at == 0)
            randombytes_buf(salts, MIN(count - i, G_N_ELEMENTS(salts)) * EVENT_SALT_SIZE);
        memcpy(events[i].salt, salts[at], EVENT_SALT_SIZE);
    }
}

/* ---- checks ---- */

bool model_check_id(struct str id, const char *field, GError **error)
{
    bool valid = id.len >= 1 && id.len <= LIMIT_ID && str_is_utf8(id);
    for (size_t i = 0; valid && i < id.len; i++)
        valid = (unsigned char)id.ptr[i] >= 0x20 && id.ptr[i] != 0x7f;
    if (!valid)
        reason_set_field(error, REASON_ID_INVALID, str_from_c(field),
                         "%s must be 1 to %d bytes of UTF-8 without control characters", field, LIMIT_ID);
    return valid;
}

bool model_check_text(struct str text, size_t max, const char *field, GError **error)
{
    if (text.len > max) {
        reason_set_field(error, REASON_TEXT_TOO_LONG, str_from_c(field), "%s is longer than %zu bytes", field, max);
        return false;
    }
    if (text.len && (memchr(text.ptr, 0, text.len) || !str_is_utf8(text))) {
        reason_set_field(error, REASON_TEXT_INVALID, str_from_c(field), "%s must be UTF-8 without U+0000", field);
        return false;
    }
    return true;
}

static bool check_target(const struct event *e, GError **error)
{
    bool wanted = event_is_revision(e);
    if (wanted && e->target == 0)
        reason_set_field(error, REASON_FIELD_MISSING, STR("target"), "target must name the message's index");
    else if (!wanted && e->target != 0)
        reason_set_field(error, REASON_FIELD_VALUE, STR("target"), "only edit and delete have a target");
    else
        return true;
    return false;
}

bool event_check(const struct event *e, bool imported, GError **error)
{
    if (e->time_ms < 0 || e->time_ms > LIMIT_TIME_MS) {
        reason_set_field(error, REASON_TIME_INVALID, STR("at"), "at must be milliseconds from 0 to %" PRId64,
                         LIMIT_TIME_MS);
        return false;
    }
    if (e->participant > LIMIT_PARTICIPANTS) {
        reason_set_field(error, REASON_FIELD_VALUE, STR("by"), "by must be at most %d", LIMIT_PARTICIPANTS);
        return false;
    }
    if (e->participant == 0 && event_facts[e->kind].by_participant) {
        reason_set_field(error, REASON_FIELD_MISSING, STR("by"), "by must name a participant");
        return false;
    }
    if (e->id.ptr && !model_check_id(e->id, "id", error))
        return false;
    if (!check_target(e, error) || !model_check_text(e->text, event_facts[e->kind].text_max, "text", error))
        return false;
    if (str_is_empty(e->text) && event_facts[e->kind].needs_text && !imported) {
        reason_set_field(error, REASON_TEXT_EMPTY, STR("text"), "text must not be empty");
        return false;
    }
    /* The head holds what a whole line may bring along; line_read bounds its parts. */
    size_t data_limit = e->kind == EVENT_OPENED ? LIMIT_IMPORT_LINE : LIMIT_EVENT_DATA;
    if (e->data.len > data_limit) {
        reason_set_field(error, REASON_FIELD_TOO_LONG, STR("data"), "data is longer than %zu bytes", data_limit);
        return false;
    }
    return true;
}

bool event_equal(const struct event *a, const struct event *b)
{
    return a->kind == b->kind && a->time_ms == b->time_ms && a->participant == b->participant &&
           a->target == b->target && str_equal(a->id, b->id) && str_equal(a->text, b->text) &&
           str_equal(a->data, b->data);
}

/* A string member of the data, copied into the arena; `mark` is how it begins in the text, to look for first. */
static struct str data_member(const struct event *e, struct str mark, const char *name, struct arena *a)
{
    if (!e->data.ptr || !memmem(e->data.ptr, e->data.len, mark.ptr, mark.len))
        return STR_NULL;
    return json_str(
        json_get(json_read(e->data, JSON_STORED, a, NULL), name)); /* it may stand deeper: then it is none */
}

bool event_is_internal(const struct event *e)
{
    struct arena scratch;
    arena_init(&scratch);
    struct str visibility = data_member(e, STR("\"visibility\":\"internal\""), "visibility", &scratch);
    bool internal = str_equal(visibility, STR("internal"));
    arena_clear(&scratch);
    return internal;
}

bool event_is_attached(const struct event *e)
{
    struct arena scratch;
    arena_init(&scratch);
    bool attached = e->kind == EVENT_FILE && data_member(e, STR("\"attachedTo\":\""), "attachedTo", &scratch).len > 0;
    arena_clear(&scratch);
    return attached;
}
