#include "http/frames.h"

#include <wslay/wslay.h>

enum { CONTEXT_MEMORY = 9 * 1024 };

/* --- writing --- */

size_t http_frame_head(char head[FRAME_HEAD], enum frame_kind kind, size_t length)
{
    int bytes = length < 126 ? 0 : length <= UINT16_MAX ? 2 : 8;
    head[0] = (char)(0x80 | kind);
    head[1] = (char)(bytes == 0 ? length : bytes == 2 ? 126 : 127);
    for (int i = 0; i < bytes; i++)
        head[2 + i] = (char)(length >> 8 * (bytes - 1 - i));
    return (size_t)(2 + bytes);
}

static void add_frame(struct buf *out, enum frame_kind kind, struct str payload)
{
    char head[FRAME_HEAD];
    buf_add(out, str_from(head, http_frame_head(head, kind, payload.len)));
    buf_add(out, payload);
}

void http_frame_add_close(struct buf *out, unsigned code, struct str reason)
{
    char payload[2 + FRAME_CLOSE_REASON] = {(char)(code >> 8), (char)code};
    size_t length = MIN(reason.len, (size_t)FRAME_CLOSE_REASON);
    while (length && length < reason.len && ((unsigned char)reason.ptr[length] & 0xc0) == 0x80)
        length--;
    if (length)
        memcpy(payload + 2, reason.ptr, length);
    add_frame(out, FRAME_CLOSE, str_from(payload, code == FRAMES_NO_CODE ? 0 : 2 + length));
}

/* --- reading --- */

static void end_with(struct http_frames *frames, unsigned code)
{
    if (frames->code)
        return;
    frames->code = code;
    http_frame_add_close(&frames->answer, code, STR(""));
}

static ssize_t on_read(wslay_event_context_ptr context, uint8_t *place, size_t length, int flags, void *user)
{
    struct http_frames *frames = user;
    (void)flags;
    if (frames->in.len == 0) {
        wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    length = MIN(length, frames->in.len);
    memcpy(place, frames->in.ptr, length);
    frames->in = str_skip(frames->in, length);
    frames->given += length;
    return (ssize_t)length;
}

/* What wslay would say itself is left unsaid: the answers are ours. */
static ssize_t on_write(wslay_event_context_ptr context, const uint8_t *bytes, size_t length, int flags, void *user)
{
    (void)context, (void)bytes, (void)flags, (void)user;
    return (ssize_t)length;
}

static void on_frame(wslay_event_context_ptr context, const struct wslay_event_on_frame_recv_start_arg *frame,
                     void *user)
{
    struct http_frames *frames = user;
    uint64_t length = frame->payload_length;
    (void)context;
    frames->length = length + 6 + (length < 126 ? 0 : length <= UINT16_MAX ? 2 : 8);
    frames->in_frame = true;
    frames->is_control = wslay_is_ctrl_frame(frame->opcode);
    if (frames->is_control)
        return;
    frames->in_message = true;
    if (frame->opcode != WSLAY_CONTINUATION_FRAME)
        frames->is_text = frame->opcode == WSLAY_TEXT_FRAME;
}

static void on_piece(wslay_event_context_ptr context, const struct wslay_event_on_frame_recv_chunk_arg *piece,
                     void *user)
{
    struct http_frames *frames = user;
    if (frames->is_control || frames->code)
        return;
    buf_add(&frames->collected, str_from((const char *)piece->data, piece->data_length));
    if (frames->collected.overflow) {
        end_with(frames, FRAMES_TOO_BIG);
        wslay_event_shutdown_read(context);
    }
}

static void on_frame_end(wslay_event_context_ptr context, void *user)
{
    struct http_frames *frames = user;
    (void)context;
    frames->seen += frames->length;
    frames->in_frame = false;
}

static void deliver(struct http_frames *frames)
{
    struct buf whole = frames->collected;
    buf_init(&frames->collected, frames->message_max);
    frames->in_message = false;
    frames->message(frames, frames->is_text, whole.ptr ? buf_str(&whole) : STR(""));
    buf_clear(&whole);
}

/* wslay takes half a code for none, and looks at a reason only when it comes in one piece with the code. */
static unsigned code_of(const struct wslay_event_on_msg_recv_arg *end)
{
    struct str payload = str_from((const char *)end->msg, end->msg_length);
    if (payload.len == 1)
        return FRAMES_PROTOCOL;
    if (payload.len > 2 && !str_is_utf8(str_skip(payload, 2)))
        return FRAMES_NOT_UTF8;
    return end->status_code ? end->status_code : FRAMES_NO_CODE;
}

static void on_message(wslay_event_context_ptr context, const struct wslay_event_on_msg_recv_arg *message, void *user)
{
    struct http_frames *frames = user;
    (void)context;
    if (frames->code)
        return;
    if (message->opcode == WSLAY_PING)
        add_frame(&frames->answer, FRAME_PONG, str_from((const char *)message->msg, message->msg_length));
    else if (message->opcode == WSLAY_CONNECTION_CLOSE)
        end_with(frames, code_of(message));
    else if (message->opcode != WSLAY_PONG)
        deliver(frames);
}

void http_frames_init(struct http_frames *frames, size_t message_max,
                      void (*message)(struct http_frames *frames, bool text, struct str bytes))
{
    *frames = (struct http_frames){.message_max = message_max, .message = message};
    buf_init(&frames->answer, SIZE_MAX / 2);
    buf_init(&frames->collected, message_max);
}

static void free_context(struct http_frames *frames)
{
    wslay_event_context_free(frames->context);
    frames->context = NULL;
    frames->given = frames->seen = 0;
}

void http_frames_clear(struct http_frames *frames)
{
    if (frames->context)
        free_context(frames);
    buf_clear(&frames->answer);
    buf_clear(&frames->collected);
}

static void make_context(struct http_frames *frames)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_read,
        .send_callback = on_write,
        .on_frame_recv_start_callback = on_frame,
        .on_frame_recv_chunk_callback = on_piece,
        .on_frame_recv_end_callback = on_frame_end,
        .on_msg_recv_callback = on_message,
    };
    if (wslay_event_context_server_init(&frames->context, &callbacks, frames) != 0)
        g_error("out of memory");
    wslay_event_config_set_no_buffering(frames->context, 1);
    wslay_event_config_set_max_recv_msg_length(frames->context, MAX(frames->message_max, 125u));
}

/* What wslay found wrong. */
static unsigned fault_of(wslay_event_context_ptr context)
{
    unsigned code = wslay_event_get_status_code_sent(context);
    return code == FRAMES_NOT_UTF8 || code == FRAMES_TOO_BIG ? code : FRAMES_PROTOCOL;
}

static bool is_between_messages(const struct http_frames *frames)
{
    return !frames->in_frame && !frames->in_message && frames->given == frames->seen;
}

void http_frames_feed(struct http_frames *frames, struct str bytes)
{
    if (frames->code || bytes.len == 0)
        return;
    if (!frames->context)
        make_context(frames);
    frames->in = bytes;
    int failed = wslay_event_recv(frames->context);
    wslay_event_send(frames->context); /* or what it has to say piles up */
    if (failed || !wslay_event_get_read_enabled(frames->context))
        end_with(frames, fault_of(frames->context));
    frames->in = STR_NULL;
    if (frames->code)
        buf_clear(&frames->collected);
    if (frames->code || is_between_messages(frames))
        free_context(frames);
}

size_t http_frames_memory(const struct http_frames *frames)
{
    return frames->context ? CONTEXT_MEMORY + frames->collected.capacity : 0;
}
