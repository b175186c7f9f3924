/* What a client of a WebSocket may send: read whole and byte by byte, both must come to the same messages, answers and
 * end. Text is UTF-8, and no memory is kept once it is over. */
#include "http/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 1 << 16 };

/* A conversation as the client sees it. */
struct run {
    struct http_frames frames; /* first */
    struct buf log;
};

static void take_answer(struct run *run)
{
    buf_add(&run->log, buf_str(&run->frames.answer));
    buf_reset(&run->frames.answer);
}

static void on_message(struct http_frames *frames, bool text, struct str bytes)
{
    struct run *run = (struct run *)frames;
    if (bytes.len > MESSAGE_MAX || (text && !str_is_utf8(bytes)))
        __builtin_trap();
    take_answer(run);
    buf_printf(&run->log, "%s %zu:", text ? "text" : "binary", bytes.len);
    buf_add(&run->log, bytes);
}

static void read_all(struct run *run, struct str bytes, size_t step)
{
    http_frames_init(&run->frames, MESSAGE_MAX, on_message);
    buf_init(&run->log, SIZE_MAX / 2);
    for (size_t at = 0; at < bytes.len; at += step) {
        http_frames_feed(&run->frames, str_from(bytes.ptr + at, MIN(step, bytes.len - at)));
        take_answer(run);
    }
    if (run->frames.code && http_frames_memory(&run->frames))
        __builtin_trap();
}

/* What a close says is looked at as it comes: one that is wrong twice, in its code and in its reason, is found wrong
 * for one or the other, and one in pieces may be found wrong later. So 1002 and 1007 are one end, and as good as the
 * middle of a control frame. */
static bool may_be_wrong(const struct run *run)
{
    return run->frames.code == FRAMES_PROTOCOL || run->frames.code == FRAMES_NOT_UTF8 ||
           (run->frames.code == 0 && run->frames.in_frame && run->frames.is_control);
}

static struct str log_before_end(const struct run *run)
{
    enum { END = 4 /* bytes of a close frame with a code */ };
    return str_from(run->log.ptr, run->log.len - (run->frames.code ? END : 0));
}

static bool is_same(const struct run *one, const struct run *other)
{
    if (may_be_wrong(one) && may_be_wrong(other))
        return str_equal(log_before_end(one), log_before_end(other));
    return one->frames.code == other->frames.code && str_equal(buf_str(&one->log), buf_str(&other->log)) &&
           http_frames_memory(&one->frames) == http_frames_memory(&other->frames);
}

static void forget(struct run *run)
{
    http_frames_clear(&run->frames);
    buf_clear(&run->log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = str_from((const char *)data, size);
    struct run whole, slow;
    read_all(&whole, bytes, MAX(size, 1));
    read_all(&slow, bytes, 1);
    if (!is_same(&whole, &slow))
        __builtin_trap();
    forget(&whole);
    forget(&slow);
    return 0;
}
