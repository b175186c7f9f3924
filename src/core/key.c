#include "core/conversation.h"
#include "core/internal.h"

static bool run_key(struct op *base, struct store_txn *txn, GError **error)
{
    struct key_op *op = (struct key_op *)base;
    struct session_view view;
    bool found;
    if (!store_session_get(txn, op->company, op->session_id, &base->arena, &view, &found, error))
        return false;
    const struct participant *client = found ? chat_client(&view) : NULL;
    if (!found)
        reason_set(error, REASON_SESSION_UNKNOWN, "there is no such session");
    else if (view.session.erased)
        reason_set(error, REASON_SESSION_ERASED, "the session is erased");
    else if (!client)
        reason_set(error, REASON_PARTICIPANT_UNKNOWN, "no client takes part in the session");
    if (!client || view.session.erased)
        return false;
    struct chat_key *key = arena_new(&base->arena, struct chat_key);
    *key = (struct chat_key){
        .company = op->company, .session = view.session.number, .user_id = op->user_id, .participant = client->id};
    id_hash(op->secure_key, key->hash);
    effect_of(base, &view)->key = key;
    return store_chat_key_put(txn, key, error);
}

void key_op_init(struct key_op *op, struct core *core)
{
    *op = (struct key_op){0};
    op_init(&op->op, core, OP_WRITE, run_key);
}
