#include "model/visitor.h"

static void fold_latest(struct str *member, struct str value)
{
    if (value.ptr)
        *member = value;
}

static void fold_first(struct str *member, struct str value)
{
    if (str_is_empty(*member))
        *member = value;
}

void visitor_open(struct visitor *v, int64_t start_ms, const struct head *h)
{
    if (v->sessions++ == 0)
        v->created_ms = start_ms;
    if (v->state != VISITOR_KNOWN)
        return;
    fold_first(&v->id, h->visitor.id);
    fold_first(&v->token, h->visitor.token);
    fold_first(&v->username, h->visitor.username);
    fold_latest(&v->name, h->visitor.name);
    fold_latest(&v->email, h->visitor.email);
    fold_latest(&v->phone, h->visitor.phone);
}

static void fold_head(struct visitor *v, const struct event *e, struct arena *a)
{
    struct head h;
    /* An erased head has no data left: it counts, and says nothing. */
    if (v->state != VISITOR_KNOWN || !e->data.ptr || !head_read(e->data, &h, a, NULL))
        h = (struct head){0};
    visitor_open(v, e->time_ms, &h);
}

static void fold_user_data(struct visitor *v, const struct event *e, struct arena *a)
{
    if (v->state != VISITOR_KNOWN || !e->data.ptr)
        return;
    struct arena scratch;
    arena_init(&scratch);
    const struct json_node *data = json_read(e->data, JSON_STORED, &scratch, NULL);
    const struct json_node *visitor = json_get(data, "visitor");
    fold_latest(&v->name, arena_str(a, json_str(json_get(visitor, "name"))));
    fold_latest(&v->email, arena_str(a, json_str(json_get(visitor, "email"))));
    fold_latest(&v->phone, arena_str(a, json_str(json_get(visitor, "phone"))));
    arena_clear(&scratch);
}

void visitor_apply(struct visitor *v, const struct event *e, struct arena *a)
{
    if (e->kind == EVENT_OPENED)
        fold_head(v, e, a);
    else if (e->kind == EVENT_USER_DATA)
        fold_user_data(v, e, a);
}

bool visitor_equal(const struct visitor *a, const struct visitor *b, const char **difference)
{
    const char *differs = NULL;
#define NUMBER(member) \
    if (!differs && a->member != b->member) \
        differs = #member;
#define TEXT(member) \
    if (!differs && !str_equal(a->member, b->member)) \
        differs = #member;
    NUMBER(company)
    NUMBER(number)
    TEXT(id)
    TEXT(token)
    TEXT(username)
    TEXT(name)
    TEXT(email)
    TEXT(phone)
    NUMBER(sessions)
    NUMBER(created_ms)
    NUMBER(state)
#undef NUMBER
#undef TEXT
    if (difference)
        *difference = differs;
    return !differs;
}
