/* WebSocket frames as messages (RFC 6455 sections 5 to 8), both ways: no sockets, fuzzed (fuzz/websocket.c).
 *
 * Reading stands on wslay, which checks reserved bits, opcodes, masks, lengths, the order of fragments, close codes,
 * and UTF-8 as it arrives. Its context takes 9 KB, so it exists only while a message, or a part of a frame, is under
 * way; between messages an open socket owns nothing but this struct. Fragments are collected here, as they arrive: a
 * length that a client announces takes no memory. */
#pragma once

#include "base/buf.h"

#include <stdint.h>

struct wslay_event_context;

enum {
    FRAMES_NO_CODE = 1005, /* the client closed and gave no reason */
    FRAMES_PROTOCOL = 1002,
    FRAMES_NOT_UTF8 = 1007,
    FRAMES_TOO_BIG = 1009,
};

struct http_frames {
    size_t message_max;
    /* A whole message; text is valid UTF-8. `bytes` are borrowed for the call, in which nothing of this header may be
     * called with these frames. */
    void (*message)(struct http_frames *frames, bool text, struct str bytes);
    struct buf answer; /* frames that the protocol owes the client: pongs, the end. The caller takes and empties it */
    unsigned code;     /* 0: open. Else why it is over: what the client said, or what it did wrong; `answer` says so */

    /* frames.c's */
    struct wslay_event_context *context;
    struct str in;        /* being fed */
    struct buf collected; /* of the message under way */
    uint64_t given;       /* to the context */
    uint64_t seen;        /* of it: bytes of whole frames */
    uint64_t length;      /* of the frame being read, head included */
    bool in_frame, in_message, is_control, is_text;
};

/* `answer` holds at most what one feed owes, which is no more than was fed. */
void http_frames_init(struct http_frames *frames, size_t message_max,
                      void (*message)(struct http_frames *frames, bool text, struct str bytes));

void http_frames_clear(struct http_frames *frames);

/* Takes bytes from the client; once it is over, nothing more. */
void http_frames_feed(struct http_frames *frames, struct str bytes);

/* Memory of a message under way; 0 between messages. */
size_t http_frames_memory(const struct http_frames *frames);

/* --- writing: a server's frames are not masked --- */

enum frame_kind { FRAME_TEXT = 1, FRAME_BINARY = 2, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };

enum {
    FRAME_HEAD = 10,          /* bytes, at most */
    FRAME_CLOSE_REASON = 123, /* bytes that a close frame holds beside its code */
};

/* Writes the head of an unfragmented frame with `length` bytes of payload; returns its own length. */
size_t http_frame_head(char head[FRAME_HEAD], enum frame_kind kind, size_t length);

/* A close frame: code and the start of a reason (UTF-8, cut between characters). */
void http_frame_add_close(struct buf *out, unsigned code, struct str reason);
