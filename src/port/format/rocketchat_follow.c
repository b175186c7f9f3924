/* A room that is known here already, from an earlier dump: what was stored stays as it is, and what the later dump has
 * more comes behind it.
 *
 *     stored events        kept, though the later dump may tell them otherwise (an author renamed)
 *     a message changed    an `edit` or `delete` at the time it says, when its document is newer than the stored one
 *     events of new ids    appended, in their order
 *     the room's document  `recorded` anew, when it is newer and says something else, or when anything came
 *
 * Refused is another beginning: another visitor or start, stored messages that the dump does not have though it goes on
 * behind them, a message that is another without being newer. Pages that were visited may be gone: the original forgets
 * them after a month. */
#include "port/format/rocketchat.h"

#include "base/hash.h"

struct following {
    const struct format_known *known;
    struct line *line;
    struct arena *arena;
    struct session_view fresh;            /* of the line, for its participants */
    GHashTable *by_id;                    /* struct str * -> stored event */
    const struct event **told;            /* by index: what the newest dump so far said of a stored message */
    const struct event **revisions;       /* by place: the last revision of the line's message */
    GArray *events;                       /* those of the known session, then the new ones */
    uint32_t *indices;                    /* of the line's events, by their place: where they stand in `events` */
    uint32_t map[LIMIT_PARTICIPANTS + 1]; /* of participants; 0 = not looked for yet */
    uint32_t participants;
};

static bool differ(const struct following *f, const char *what, struct str id, GError **error)
{
    reason_set(error, REASON_SESSION_DIFFERS, "session %.*s exists and has another %s%s%.*s", STR_ARG(f->line->id),
               what, id.len ? " " : "", STR_ARG(id));
    return false;
}

static const struct event *stored_of(const struct following *f, struct str id)
{
    return id.len ? g_hash_table_lookup(f->by_id, &id) : NULL;
}

static const struct event *newest_recorded(const struct format_known *known)
{
    for (size_t i = known->count; i > 0; i--)
        if (known->events[i - 1].kind == EVENT_RECORDED)
            return &known->events[i - 1];
    return NULL;
}

/* ---- documents ---- */

static const struct json_node *document_of(const struct event *e, struct arena *a)
{
    return e->data.ptr ? json_get(json_read(e->data, JSON_STORED, a, NULL), "rocketchat") : NULL;
}

static int64_t updated_ms(const struct json_node *document)
{
    int64_t ms = rocketchat_time(document, "_updatedAt");
    return ms != NO_TIME ? ms : rocketchat_time(document, "editedAt");
}

static bool same_tree(const struct json_node *a, const struct json_node *b, struct arena *scratch)
{
    return str_equal(model_json_text(a, scratch), model_json_text(b, scratch));
}

/* ---- participants ---- */

static bool is_same_person(const struct participant *a, const struct participant *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == PARTICIPANT_CLIENT)
        return true;
    const struct operator_ref *o = &a->operator_ref, *p = &b->operator_ref;
    return str_equal(a->type == PARTICIPANT_AGENT ? o->username : a->name,
                     b->type == PARTICIPANT_AGENT ? p->username : b->name);
}

static uint32_t stored_person(struct following *f, uint32_t id)
{
    const struct session_view *view = &f->known->view;
    const struct participant *fresh = session_participant(&f->fresh, id);
    if (!fresh || f->map[id])
        return fresh ? f->map[id] : 0;
    for (size_t i = 0; i < view->participant_count && !f->map[id]; i++)
        if (is_same_person(&view->participants[i], fresh))
            f->map[id] = view->participants[i].id;
    if (!f->map[id])
        f->map[id] = MIN(++f->participants, LIMIT_PARTICIPANTS);
    return f->map[id];
}

/* ---- events ---- */

static struct event *append_event(struct following *f, const struct event *fresh)
{
    struct event e = *fresh;
    e.index = f->events->len + 1;
    e.participant = stored_person(f, fresh->participant);
    if (fresh->target)
        e.target = f->indices[fresh->target - 1];
    g_array_append_val(f->events, e);
    return &g_array_index(f->events, struct event, f->events->len - 1);
}

/* The message changed without having been edited: a reaction, a preview. An edit brings the document as it is now. */
static void append_change(struct following *f, const struct event *stored, const struct event *fresh, int64_t at_ms)
{
    struct event edit = *fresh;
    edit.kind = EVENT_EDIT;
    edit.time_ms = MAX(at_ms, fresh->time_ms);
    edit.participant = 0;
    edit.target = 0;
    edit.id = arena_printf(f->arena, "%.*s@%" G_GINT64_FORMAT, STR_ARG(fresh->id), edit.time_ms);
    if (!stored_of(f, edit.id))
        append_event(f, &edit)->target = stored->index;
}

static bool compare_message(struct following *f, const struct event *stored, const struct event *fresh,
                            const struct event *revision, GError **error)
{
    struct arena scratch;
    arena_init(&scratch);
    const struct event *told = f->told[stored->index] ? f->told[stored->index] : stored,
                       *now = revision ? revision : fresh;
    const struct json_node *before = document_of(told, &scratch), *after = document_of(now, &scratch);
    int64_t before_ms = updated_ms(before), after_ms = updated_ms(after);
    bool same = told->kind == EVENT_DELETE || (str_equal(told->text, now->text) && same_tree(before, after, &scratch));
    bool newer = after_ms != NO_TIME && (before_ms == NO_TIME || after_ms > before_ms), ok = true;
    bool older = before_ms != NO_TIME && after_ms != NO_TIME && after_ms < before_ms;
    bool will_be_revised = revision && !stored_of(f, revision->id);
    if (!same && !newer && !older && !will_be_revised)
        ok = differ(f, "message", fresh->id, error);
    else if (!same && newer && !will_be_revised)
        append_change(f, stored, now->kind == EVENT_EDIT ? fresh : now, after_ms);
    arena_clear(&scratch);
    return ok;
}

/* A revision of what was deleted here meanwhile, or of what is older than what is known, says nothing any more. */
static bool may_revise(const struct following *f, const struct event *fresh)
{
    uint32_t target = f->indices[fresh->target - 1];
    const struct event *stored = target <= f->known->count ? &f->known->events[target - 1] : NULL;
    if (!stored)
        return true;
    const struct event *told = f->told[target];
    return !event_is_deleted(stored) && (!told || fresh->time_ms > told->time_ms);
}

static bool take_event(struct following *f, size_t i, GError **error)
{
    const struct event *fresh = &f->line->events[i], *stored = stored_of(f, fresh->id);
    if (stored && stored->kind != fresh->kind)
        return differ(f, "event", fresh->id, error);
    if (stored) {
        f->indices[i] = stored->index;
        return fresh->kind != EVENT_MESSAGE || compare_message(f, stored, fresh, f->revisions[i], error);
    }
    if (fresh->kind != EVENT_RECORDED && (!event_is_revision(fresh) || may_revise(f, fresh)))
        f->indices[i] = append_event(f, fresh)->index;
    return true;
}

/* The data of a recorded event that stands elsewhere. */
static struct str recorded_up_to(struct str data, uint32_t up_to, struct arena *a)
{
    struct buf out;
    struct json w;
    buf_init(&out, LIMIT_EVENT_DATA + 16);
    json_init(&w, &out);
    json_object_begin(&w);
    json_member_int(&w, "upTo", up_to);
    for (const struct json_node *m = json_first(json_read(data, JSON_STORED, a, NULL)); m; m = m->next)
        if (!str_equal(m->name, STR("upTo")))
            json_add_member(&w, m);
    json_object_end(&w);
    data = arena_str(a, buf_str(&out));
    buf_clear(&out);
    return data;
}

/* The room's document, the line's last event. */
static void take_recorded(struct following *f, const struct event *before)
{
    const struct format_known *known = f->known;
    const struct event *after = f->line->event_count ? &f->line->events[f->line->event_count - 1] : NULL;
    bool grown = f->events->len > known->count, untouched = before->index == known->count;
    struct arena scratch;
    if (!after || after->kind != EVENT_RECORDED)
        return;
    arena_init(&scratch);
    const struct json_node *old = json_get(document_of(before, &scratch), "room");
    const struct json_node *new = json_get(document_of(after, &scratch), "room");
    int64_t old_ms = updated_ms(old), new_ms = updated_ms(new);
    bool is_older = old_ms != NO_TIME && new_ms != NO_TIME && new_ms < old_ms;
    if (!is_older && (grown || !same_tree(old, new, &scratch))) {
        const struct event *last = &g_array_index(f->events, struct event, f->events->len - 1);
        int64_t at_ms = MAX(last->time_ms, before->time_ms);
        uint32_t up_to = untouched ? last->index : before->index;
        struct event *e = append_event(f, after);
        e->time_ms = at_ms;
        e->data = recorded_up_to(after->data, up_to, f->arena);
    }
    arena_clear(&scratch);
}

/* ---- the beginning ---- */

static int64_t last_time(const struct line *line)
{
    int64_t last_ms = NO_TIME;
    for (size_t i = 0; i < line->event_count; i++)
        if (line->events[i].kind != EVENT_RECORDED)
            last_ms = MAX(last_ms, line->events[i].time_ms);
    return last_ms;
}

/* Whatever the first dump brought must be in this one, as far as this one goes. */
static bool compare_beginning(const struct following *f, const struct event *first_recorded, GError **error)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(hash_str, hash_str_equal);
    int64_t last_ms = last_time(f->line);
    for (size_t i = 0; i < f->line->event_count; i++)
        if (f->line->events[i].id.ptr)
            g_hash_table_add(ids, &f->line->events[i].id);
    for (size_t i = 0; i + 1 < first_recorded->index; i++) {
        const struct event *e = &f->known->events[i];
        bool is_written = e->kind == EVENT_MESSAGE || e->kind == EVENT_FILE; /* other messages expire in the original */
        if (e->id.ptr && is_written && e->time_ms < last_ms && !g_hash_table_contains(ids, &e->id))
            return differ(f, "beginning: the archive lacks", e->id, error);
    }
    if (f->known->view.session.start_ms != f->line->start_ms)
        return differ(f, "start", STR_NULL, error);
    return str_equal(f->known->head.visitor.id, f->line->head.visitor.id) || differ(f, "visitor", STR_NULL, error);
}

static const struct event *first_recorded(const struct format_known *known)
{
    for (size_t i = 0; i < known->count; i++)
        if (known->events[i].kind == EVENT_RECORDED)
            return &known->events[i];
    return NULL;
}

/* Revisions that came of a dump bear the message's id with a time behind it; what was edited here does not count. */
static void note_revisions(struct following *f)
{
    const struct format_known *known = f->known;
    for (size_t i = 0; i < known->count; i++) {
        const struct event *e = &known->events[i];
        struct str id = event_is_revision(e) ? known->events[e->target - 1].id : STR_NULL;
        if (id.len && e->id.len > id.len && str_starts_with(e->id, id))
            f->told[e->target] = e;
    }
    for (size_t i = 0; i < f->line->event_count; i++)
        if (event_is_revision(&f->line->events[i]))
            f->revisions[f->line->events[i].target - 1] = &f->line->events[i];
}

static void fold_line(struct following *f)
{
    struct event head = {.kind = EVENT_OPENED, .time_ms = f->line->start_ms};
    session_open(&f->fresh, &head, &f->line->head, f->arena);
    for (size_t i = 0; i < f->line->event_count; i++)
        session_apply(&f->fresh, &f->line->events[i], f->arena);
}

static bool follow(struct following *f, GError **error)
{
    const struct format_known *known = f->known;
    bool ok = compare_beginning(f, first_recorded(known), error);
    for (size_t i = 0; i < known->count; i++)
        if (known->events[i].id.ptr)
            g_hash_table_insert(f->by_id, &known->events[i].id, &known->events[i]);
    g_array_append_vals(f->events, known->events, (guint)known->count);
    note_revisions(f);
    fold_line(f);
    for (size_t i = 0; ok && i < f->line->event_count; i++)
        ok = take_event(f, i, error);
    if (!ok)
        return false;
    take_recorded(f, newest_recorded(known));
    f->line->head = known->head;
    build_line_events(f->line, f->events, f->arena);
    return true;
}

bool rocketchat_follow(const struct format_known *known, struct line *line, struct arena *a, GError **error)
{
    if (!first_recorded(known)) /* it came by another way: the import compares */
        return true;
    struct following f = {
        .known = known,
        .line = line,
        .arena = a,
        .by_id = g_hash_table_new(hash_str, hash_str_equal),
        .events = g_array_new(FALSE, FALSE, sizeof(struct event)),
        .told = arena_array(a, known->count + 1, sizeof(struct event *)),
        .revisions = arena_array(a, MAX(line->event_count, 1), sizeof(struct event *)),
        .indices = arena_array(a, MAX(line->event_count, 1), sizeof(uint32_t)),
        .participants = known->view.session.participant_count,
    };
    bool ok = follow(&f, error);
    g_hash_table_unref(f.by_id);
    g_array_unref(f.events);
    return ok;
}
