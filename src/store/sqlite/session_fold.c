/* The packed part of a session's row: the chain's 32 bytes, then the members of SESSION_FOLDED.
 *
 *   int     varint (LEB128)
 *   length  0 = NO_TIME, else varint of zigzag(value) + 1
 *   time    as length, of the time less the session's start: most take two to four bytes
 *   str     0 = STR_NULL, else varint of length + 1, the bytes, a zero
 *
 * A member that an older program did not know is missing at the end and reads as zero, NO_TIME or STR_NULL. */
#include "store/sqlite/sqlite.h"

enum { VARINT_SIZE = 10 };

/* No length, nor a sum of one for each event, is longer. */
#define LENGTH_MAX (LIMIT_TIME_MS * LIMIT_EVENTS_PER_SESSION)

static void pack_int(struct buf *out, uint64_t value)
{
    char *at = buf_reserve(out, VARINT_SIZE);
    if (!at)
        return;
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        at[n++] = (char)(value | 0x80);
    at[n++] = (char)value;
    out->len += n;
}

static void pack_length(struct buf *out, int64_t value)
{
    uint64_t zigzag = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    pack_int(out, value == NO_TIME ? 0 : zigzag + 1);
}

static void pack_time(struct buf *out, int64_t start_ms, int64_t time_ms)
{
    pack_length(out, time_ms == NO_TIME ? NO_TIME : time_ms - start_ms);
}

static void pack_str(struct buf *out, struct str s)
{
    pack_int(out, s.ptr ? s.len + 1 : 0);
    if (!s.ptr)
        return;
    buf_add(out, s);
    buf_add_byte(out, 0);
}

void session_fold_pack(const struct session *session, struct buf *out)
{
    buf_add(out, str_from((const char *)session->chain, sizeof session->chain));
#define PACK_int(member) pack_int(out, (uint64_t)session->member);
#define PACK_time(member) pack_time(out, session->start_ms, session->member);
#define PACK_length(member) pack_length(out, session->member);
#define PACK_str(member) pack_str(out, session->member);
#define X(type, member) PACK_##type(member)
    SESSION_FOLDED(X)
#undef X
}

struct unpacker {
    const unsigned char *at, *end;
    bool broken;
};

static uint64_t unpack_int(struct unpacker *u)
{
    if (u->at < u->end && *u->at < 0x80) /* nearly always */
        return *u->at++;
    uint64_t value = 0;
    int shift = 0;
    while (u->at < u->end && shift < 64) {
        unsigned char byte = *u->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
        shift += 7;
    }
    u->broken |= shift > 0;
    return 0;
}

static int64_t unpack_length(struct unpacker *u)
{
    uint64_t value = unpack_int(u);
    if (value == 0)
        return NO_TIME;
    value--;
    int64_t length = (int64_t)(value >> 1 ^ -(value & 1));
    /* Of a damaged row, too, it can be added to. */
    return CLAMP(length, -LENGTH_MAX, LENGTH_MAX);
}

static int64_t unpack_time(struct unpacker *u, int64_t start_ms)
{
    int64_t length = unpack_length(u);
    return length == NO_TIME ? NO_TIME : CLAMP(start_ms + length, 0, LIMIT_TIME_MS);
}

static struct str unpack_str(struct unpacker *u)
{
    uint64_t size = unpack_int(u); /* the zero counted */
    if (size == 0)
        return STR_NULL;
    if (size > (uint64_t)(u->end - u->at)) {
        u->broken = true;
        return STR_NULL;
    }
    struct str s = str_from((const char *)u->at, (size_t)size - 1);
    u->at += size;
    return s;
}

bool session_fold_unpack(struct session *session, struct str packed)
{
    if (packed.len < sizeof session->chain)
        return false;
    memcpy(session->chain, packed.ptr, sizeof session->chain);
    struct unpacker u = {.at = (const unsigned char *)packed.ptr + sizeof session->chain,
                         .end = (const unsigned char *)packed.ptr + packed.len};
#define UNPACK_int(member) session->member = unpack_int(&u);
#define UNPACK_time(member) session->member = unpack_time(&u, session->start_ms);
#define UNPACK_length(member) session->member = unpack_length(&u);
#define UNPACK_str(member) session->member = unpack_str(&u);
#define X(type, member) UNPACK_##type(member)
    SESSION_FOLDED(X)
#undef X
    return !u.broken;
}

/* ---- the newest shown event ---- */

void session_newest_pack(const struct event *e, const struct participant *author, struct buf *out)
{
    pack_int(out, e->index);
    pack_int(out, e->kind);
    pack_int(out, (uint64_t)e->time_ms);
    pack_int(out, e->participant);
    pack_str(out, e->id);
    pack_str(out, e->text);
    pack_str(out, e->data);
    pack_int(out, author ? author->id : 0);
    if (!author)
        return;
    pack_int(out, author->type);
    pack_int(out, author->joined);
    pack_int(out, author->present);
    pack_str(out, author->name);
    pack_str(out, author->operator_ref.id);
    pack_str(out, author->operator_ref.username);
    pack_str(out, author->operator_ref.name);
}

/* Of a damaged row, too, others may index tables with it. */
static uint64_t unpack_bounded(struct unpacker *u, uint64_t most)
{
    uint64_t value = unpack_int(u);
    return MIN(value, most);
}

bool session_newest_unpack(const struct session *session, struct event *e, struct participant *author)
{
    if (!session->newest.len)
        return false;
    struct unpacker u = {.at = (const unsigned char *)session->newest.ptr,
                         .end = (const unsigned char *)session->newest.ptr + session->newest.len};
    *e = (struct event){.index = (uint32_t)unpack_int(&u)};
    e->kind = (enum event_kind)unpack_bounded(&u, EVENT_KIND_COUNT - 1);
    e->time_ms = (int64_t)unpack_bounded(&u, LIMIT_TIME_MS);
    e->participant = (uint32_t)unpack_int(&u);
    e->id = unpack_str(&u);
    e->text = unpack_str(&u);
    e->data = unpack_str(&u);
    *author = (struct participant){.id = (uint32_t)unpack_int(&u)};
    if (!author->id)
        return !u.broken;
    author->type = (enum participant_type)unpack_bounded(&u, PARTICIPANT_EXTERNAL);
    author->joined = unpack_int(&u);
    author->present = unpack_int(&u);
    author->name = unpack_str(&u);
    author->operator_ref.id = unpack_str(&u);
    author->operator_ref.username = unpack_str(&u);
    author->operator_ref.name = unpack_str(&u);
    return !u.broken;
}
