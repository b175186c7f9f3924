/* Inside of src/http: what a connection does next, decided from a small state.
 *
 * Whatever happened to a connection, it is settled afterwards (connection.c): its state is taken, the step done, and so
 * on until there is nothing but to wait. All rules about the order of things stand in http_next and in the table of
 * next_test.c; what a step does stands where its bytes are. Pure. */
#pragma once

#include <stdbool.h>

enum http_life {
    LIFE_OPEN,
    LIFE_DEAD,   /* the socket is finished, libuv still has its handle */
    LIFE_CLOSED, /* handlers may still have requests of it */
    LIFE_BURIED, /* nobody has it; freed when the stack is unwound */
};

/* Who stands at the front of the line of requests. */
enum http_front {
    FRONT_NONE,
    FRONT_HANDLER, /* the next move is a handler's */
    FRONT_SENDS,   /* a stream that has its next piece */
    FRONT_WAITS,   /* a stream after HTTP_WAIT */
    FRONT_EVENTS,  /* an event stream has the connection */
    FRONT_SOCKET,  /* a WebSocket has it */
};

/* The body that comes next. */
enum http_body {
    BODY_NONE,
    BODY_WANTED,
    BODY_WHOLE, /* all is there, its request does not know yet */
    BODY_HELD,  /* its handler takes no piece at the moment */
};

/* What came and is not used yet. */
enum http_input {
    INPUT_NONE,
    INPUT_OLD, /* part of a head, looked at */
    INPUT_NEW,
};

struct http_state {
    enum http_life life;
    enum http_front front;
    enum http_body body;
    enum http_input input;
    bool processing; /* its input is being worked on further up the stack */
    bool staged;     /* its replies are in the loop's staging buffer */
    bool unsent;     /* bytes that the socket did not take */
    bool asked;      /* a channel wants to know when the socket takes more */
    bool leaving;    /* a channel has said its last word */
    bool may_begin;  /* another request */
    bool closing;    /* takes no further request */
    bool cut;        /* ends as soon as nothing is unsent */
    bool unread;     /* the client may be sending what nobody will read */
    bool lingering;
    bool eof;
    bool draining; /* the server stops */
    bool seen_one; /* a head was complete once */
};

enum http_step {
    STEP_NOTHING, /* it is settled again by whom it waits for: further up the stack, or in libuv */
    STEP_FEED,    /* goes on with input that had to wait */
    STEP_LINGER,  /* closes its sending side and reads on: a reset would destroy the answer on its way */
    STEP_KILL,    /* closes the socket */
    STEP_BURY,
    STEP_WAIT, /* for `readable`, `writable` or the end of `phase` */
};

/* What the time limit of a wait is. */
enum http_phase {
    PHASE_NONE,
    PHASE_IDLE,
    PHASE_HEAD,
    PHASE_BODY,
    PHASE_SEND,
    PHASE_EVENTS, /* until it says something, be it nothing */
    PHASE_SOCKET, /* until it asks whether anybody is there */
    PHASE_LINGER,
};

struct http_next {
    enum http_step step;
    bool readable, writable; /* with STEP_WAIT */
    enum http_phase phase;   /* with STEP_WAIT */
};

struct http_next http_next(const struct http_state *state);
