#include "wire/rocketchat/order.h"

#include "base/limits.h"
#include "model/session.h"
#include "text/json_read.h"
#include "text/time.h"

bool sort_read(struct str sort, struct sort_key keys[SORT_KEYS_MAX], size_t *count, struct arena *a, GError **error)
{
    *count = 0;
    if (!sort.len)
        return true;
    const struct json_node *tree = json_read(sort, JSON_TOP_OBJECT, a, NULL);
    bool valid = tree && tree->count <= SORT_KEYS_MAX;
    for (const struct json_node *m = valid ? tree->first : NULL; m; m = m->next) {
        double direction = json_is(m, JSON_REAL) ? m->real : (double)json_int64(m);
        valid &= direction == 1 || direction == -1;
        keys[(*count)++] = (struct sort_key){arena_str(a, m->name), direction < 0};
    }
    if (!valid)
        reason_set(error, REASON_SORT_INVALID, "sort must be a JSON object whose values are 1 or -1");
    return valid;
}

/* ---- values ---- */

struct sort_value sort_nothing(void)
{
    return (struct sort_value){.type = SORT_ABSENT};
}

struct sort_value sort_number(int64_t value)
{
    return value == NO_TIME ? sort_nothing() : (struct sort_value){.type = SORT_NUMBER, .number = (double)value};
}

struct sort_value sort_seconds(int64_t ms)
{
    return ms == NO_TIME ? sort_nothing() : (struct sort_value){.type = SORT_NUMBER, .number = (double)ms / 1000};
}

struct sort_value sort_time(int64_t ms)
{
    return ms == NO_TIME ? sort_nothing() : (struct sort_value){.type = SORT_TIME, .number = (double)ms};
}

struct sort_value sort_string(struct str value)
{
    return value.ptr ? (struct sort_value){.type = SORT_STRING, .string = value} : sort_nothing();
}

static struct sort_value value_of(const struct json_node *node)
{
    switch (node ? node->kind : JSON_NULL) {
    case JSON_BOOL:
        return sort_number(node->truth);
    case JSON_INTEGER:
        return (struct sort_value){.type = SORT_NUMBER, .number = (double)node->integer};
    case JSON_REAL:
        return (struct sort_value){.type = SORT_NUMBER, .number = node->real};
    case JSON_STRING:
        return sort_string(node->string);
    default:
        return sort_nothing();
    }
}

struct sort_value sort_in_tree(const struct json_node *tree, struct str path)
{
    struct str step;
    while (path.ptr && tree) {
        const struct json_node *member = json_is(tree, JSON_OBJECT) ? json_first(tree) : NULL;
        path = str_split(path, '.', &step);
        while (member && !str_equal(member->name, step))
            member = member->next;
        tree = member;
    }
    return value_of(tree);
}

struct sort_value sort_member_at(const struct sort_member *members, size_t count, struct str path)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(path, members[i].path))
            return members[i].value;
    return sort_nothing();
}

/* A computed time beside a recorded one. */
static struct str text_of(const struct sort_value *value, char buffer[TIME_UTC_SIZE])
{
    if (value->type == SORT_STRING)
        return value->string;
    time_format_utc((int64_t)value->number, buffer);
    return str_from(buffer, TIME_UTC_SIZE);
}

static int compare_values(const struct sort_value *a, const struct sort_value *b)
{
    char left[TIME_UTC_SIZE], right[TIME_UTC_SIZE];
    if (a->type >= SORT_TIME && b->type >= SORT_TIME && (a->type == SORT_STRING || b->type == SORT_STRING))
        return str_compare(text_of(a, left), text_of(b, right));
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1; /* missing before present */
    return (a->number > b->number) - (a->number < b->number);
}

/* ---- rows ---- */

struct row {
    int64_t number, ts_ms;
    struct str id;
    struct sort_value *values;
};

static int compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct order *order = data;
    const struct row *left = a, *right = b;
    for (size_t i = 0; i < order->key_count; i++) {
        int result = compare_values(&left->values[i], &right->values[i]);
        if (result)
            return order->keys[i].descending ? -result : result;
    }
    if (left->ts_ms != right->ts_ms)
        return left->ts_ms > right->ts_ms ? -1 : 1;
    int result = str_compare(left->id, right->id);
    return result ? result : (left->number < right->number) - (left->number > right->number);
}

void order_init(struct order *order, const struct sort_key *keys, size_t key_count)
{
    *order = (struct order){.keys = keys, .key_count = key_count};
    order->rows = g_array_new(FALSE, FALSE, sizeof(struct row));
    arena_init(&order->arena);
}

void order_clear(struct order *order)
{
    g_array_free(order->rows, TRUE);
    arena_clear(&order->arena);
}

static struct str keep(struct order *order, struct str text)
{
    order->size += text.len;
    return arena_str(&order->arena, text);
}

bool order_add(struct order *order, int64_t number, int64_t ts_ms, struct str id, const struct sort_value *values,
               GError **error)
{
    struct row row = {number, ts_ms, keep(order, id), NULL};
    row.values = arena_array(&order->arena, order->key_count, sizeof *row.values);
    order->size += sizeof row + order->key_count * sizeof *row.values;
    for (size_t i = 0; i < order->key_count; i++) {
        row.values[i] = values[i];
        if (values[i].type == SORT_STRING)
            row.values[i].string = keep(order, values[i].string);
    }
    g_array_append_val(order->rows, row);
    if (order->size <= LIMIT_SORT)
        return true;
    reason_set(error, REASON_SORT_INVALID, "Sort exceeded memory limit of %d bytes", LIMIT_SORT);
    return false;
}

int64_t *order_numbers(struct order *order, size_t *count, struct arena *a)
{
    g_array_sort_with_data(order->rows, compare_rows, order);
    *count = order->rows->len;
    int64_t *numbers = arena_array(a, *count, sizeof *numbers);
    for (size_t i = 0; i < *count; i++)
        numbers[i] = g_array_index(order->rows, struct row, i).number;
    return numbers;
}
