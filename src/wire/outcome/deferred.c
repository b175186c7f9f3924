#include "wire/outcome/deferred.h"

/* In the op's arena. */
struct deferred {
    struct http_post post; /* first */
    struct http_request *request;
    struct op *op;
    void (*answer)(struct http_request *request, struct op *op);
};

static void finish(struct http_post *post)
{
    struct deferred *deferred = (struct deferred *)post;
    struct op *op = deferred->op;
    deferred->answer(deferred->request, op);
    op_clear(op);
    g_free(op);
}

static void done(struct op *op)
{
    struct deferred *deferred = op->user;
    http_post(deferred->request->loop, &deferred->post);
}

void deferred_answer(struct http_request *request, struct op *op,
                     void (*answer)(struct http_request *request, struct op *op))
{
    struct deferred *deferred = arena_new(&op->arena, struct deferred);
    *deferred = (struct deferred){.post.run = finish, .request = request, .op = op, .answer = answer};
    op->done = done;
    op->user = deferred;
    if (op->error)
        finish(&deferred->post);
    else
        core_submit(op);
}
