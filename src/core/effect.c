#include "core/internal.h"

const struct participant *chat_client(const struct session_view *view)
{
    for (size_t i = 0; i < view->participant_count; i++)
        if (view->participants[i].type == PARTICIPANT_CLIENT)
            return &view->participants[i];
    return NULL;
}

bool chat_client_left(const struct session_view *view)
{
    const struct participant *client = chat_client(view);
    return client && client->joined && !client->present;
}

struct effect *effect_of(struct op *op, const struct session_view *after)
{
    const struct session *s = &after->session;
    struct effect *effect = arena_new(&op->arena, struct effect);
    *effect = (struct effect){
        .company = s->company,
        .session = s->number,
        .session_id = s->id,
        .last_index = s->last_index,
        .ended = s->state == SESSION_CLOSED,
        .erased = s->erased,
        .client_left = chat_client_left(after),
    };
    struct effect **end = &op->effects;
    while (*end)
        end = &(*end)->next;
    *end = effect;
    return effect;
}

void effects_tell(struct core *core, const struct effect *effects)
{
    for (const struct effect *effect = effects; effect; effect = effect->next)
        for (const effect_listener *listener = core->listeners; *listener; listener++)
            (*listener)(core, effect);
}
