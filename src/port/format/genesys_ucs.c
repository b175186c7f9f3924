/* Genesys UCS: chat transcripts as XML, alone, many in a file, or as a column of the interaction table's rows
 * (doc/imports.md 2). */
#include "port/format/conversion.h"
#include "port/format/follow.h"
#include "port/format/formats.h"
#include "port/format/ucs.h"
#include "port/format/ucs_cut.h"

/* Databases spell their columns in upper, lower or mixed case. */
static struct str column_of(const struct ucs_attribute *first, const char *name)
{
    while (first && !str_equal_nocase(first->name, str_from_c(name)))
        first = first->next;
    return first ? first->value : STR_NULL;
}

/* A transcript and what was said around it. */
struct chat {
    struct str text;
    struct ucs_attribute *columns; /* of the row, or attributes of the interaction */
    struct ucs_attribute *root;
};

static bool take_column(void *data, struct str text, const struct item_place *place, const GError *why, GError **error)
{
    struct arena *a = ((void **)data)[0];
    struct chat *chat = ((void **)data)[1];
    (void)place;
    if (why)
        g_propagate_error(error, g_error_copy(why));
    else
        chat->text = arena_str(a, text);
    return false;
}

/* The transcript in the column; FALSE without an error where the row is no chat's. */
static bool find_column(struct conversion *c, struct chat *chat, struct arena *a, GError **error)
{
    struct str medium = column_of(chat->columns, "MEDIATYPEID");
    struct str text = column_of(chat->columns, "STRUCTUREDTEXT");
    if (medium.len && !str_equal_nocase(medium, STR("chat"))) {
        conversion_lost(c, STR("interaction of another medium"));
        return false;
    }
    void *taker[] = {a, chat};
    struct ucs_cut *cut = ucs_cut_new(take_column, taker);
    GError *why = NULL;
    if (ucs_cut_feed(cut, text, &why))
        ucs_cut_end(cut, &why);
    ucs_cut_free(cut);
    if (!why && !chat->text.ptr)
        reason_set(&why, REASON_FIELD_MISSING, "there is no chatTranscript in STRUCTUREDTEXT");
    if (why)
        g_propagate_error(error, why);
    return !why;
}

/* Without the characters that XML has not, so that it can be written back: U+FFFD instead. */
static struct str clean_cell(struct str cell, struct arena *a)
{
    g_autoptr(GString) clean = g_string_new(NULL);
    const char *end = cell.ptr + cell.len;
    for (const char *at = cell.ptr; at < end; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(clean, ucs_is_character(c) ? c : 0xfffd);
    }
    return str_trim(arena_str(a, str_from(clean->str, clean->len)));
}

static bool read_row(struct conversion *c, const struct record *record, struct chat *chat, struct arena *a,
                     GError **error)
{
    const struct json_node *row = json_read(record->body, JSON_TOP_OBJECT, a, error);
    struct ucs_attribute **next = &chat->columns;
    for (const struct json_node *cell = json_first(row); cell; cell = cell->next) {
        *next = arena_new(a, struct ucs_attribute);
        struct str value = build_word(cell, a);
        bool is_xml = str_equal_nocase(cell->name, STR("STRUCTUREDTEXT"));
        **next = (struct ucs_attribute){cell->name, is_xml || !value.ptr ? value : clean_cell(value, a), NULL};
        next = &(*next)->next;
    }
    return row && find_column(c, chat, a, error);
}

/* Columns that stand elsewhere in the log, or say nothing that the transcript does not. */
static bool is_elsewhere(struct str name)
{
    static const struct str names[] = {STR("ID"),          STR("CONTACTID"),          STR("SUBJECT"),
                                       STR("QUEUENAME"),   STR("STRUCTUREDTEXT"),     STR("TEXT"),
                                       STR("closed"),      STR("THECOMMENT"),         STR("startAt"),
                                       STR("MEDIATYPEID"), STR("STRUCTTEXTMIMETYPE"), STR("sessionId")};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (str_equal_nocase(name, names[i]))
            return true;
    return false;
}

/* Of several columns of one name, in whatever case, the first counts. */
static void write_columns(struct json *w, struct conversion *c, const struct ucs_attribute *first)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (const struct ucs_attribute *column = first; column; column = column->next) {
        bool is_first = g_hash_table_add(seen, g_ascii_strdown(column->name.ptr, (gssize)column->name.len));
        if (!column->value.len || is_elsewhere(column->name) || !is_first)
            continue;
        bool is_blob = str_equal_nocase(column->name, STR("ALLATTRIBUTES"));
        if (is_blob || column->value.len > LIMIT_URL || !ucs_is_name(column->name)) {
            conversion_lost(c, is_blob ? STR("ALLATTRIBUTES") : STR("column"));
            continue;
        }
        json_key(w, column->name);
        json_add_string(w, column->value);
    }
}

/* The head's user data: the client's own, and the interaction's columns as `interaction`. */
static struct str head_data(struct build *b, const struct chat *chat)
{
    struct ucs_attribute *columns = chat->columns, **end = &columns;
    struct str own = b->line->head.user_data, session_id = ucs_attribute(chat->root, "sessionId");
    struct buf out;
    struct json w;
    while (*end)
        end = &(*end)->next;
    *end = chat->root;
    buf_init(&out, LIMIT_EVENT_DATA / 2);
    json_init(&w, &out);
    json_object_begin(&w);
    write_columns(&w, b->conversion, columns);
    if (session_id.len && !str_equal(session_id, b->line->id))
        json_member_string(&w, "sessionId", session_id);
    json_object_end(&w);
    if (out.overflow)
        conversion_lost(b->conversion, STR("columns"));
    bool any = !out.overflow && out.len > strlen("{}");
    if (any && own.len > strlen("{}"))
        own = arena_printf(b->arena, "%.*s,\"interaction\":%.*s}", (int)own.len - 1, own.ptr, STR_ARG(buf_str(&out)));
    else if (any)
        own = arena_printf(b->arena, "{\"interaction\":%.*s}", STR_ARG(buf_str(&out)));
    buf_clear(&out);
    return own;
}

/* A column that tells of an end says whether there was one. */
static struct str closed_of(const struct ucs_attribute *columns)
{
    struct str closed = column_of(columns, "closed");
    for (; !closed.len && columns; columns = columns->next)
        if (str_equal_nocase(columns->name, STR("ENDDATE")))
            closed = columns->value.len ? STR("true") : STR("false");
    return closed;
}

static bool build_chat(struct build *b, struct chat *chat, GError **error)
{
    struct ucs_events events;
    struct line *line = b->line;
    struct ucs_attribute *around = NULL;
    ucs_events_init(&events, b);
    bool made = ucs_parse(chat->text, &events, &around, &chat->root, error);
    if (!chat->columns)
        chat->columns = around;
    made = made && ucs_events_end(&events, closed_of(chat->columns), column_of(chat->columns, "THECOMMENT"), error);
    ucs_events_clear(&events);
    if (!made)
        return false;
    struct str id = column_of(chat->columns, "ID"), contact = column_of(chat->columns, "CONTACTID");
    struct str queue = column_of(chat->columns, "QUEUENAME"), subject = column_of(chat->columns, "SUBJECT");
    line->id = id.len ? id : ucs_attribute(chat->root, "sessionId");
    line->start_ms = events.start_ms;
    line->head.dialect = DIALECT_GENESYS;
    if (contact.len || !line->head.visitor.id.len)
        line->head.visitor.id = contact.len ? contact : line->id;
    line->head.department.id = queue.len ? queue : STR_NULL;
    line->head.subject = subject.len ? build_text(b, subject, LIMIT_URL) : STR_NULL;
    line->head.user_data = head_data(b, chat);
    if (line->id.len)
        return build_end(b, error);
    reason_set(error, REASON_FIELD_MISSING, "the transcript has no sessionId, and the row no ID");
    return false;
}

static bool ucs_convert(struct conversion *c, const struct record *records, size_t count, struct line *line,
                        struct arena *a, GError **error)
{
    struct chat chat = {0};
    struct build b;
    (void)count;
    if (records[0].kind == UCS_ROW && !read_row(c, &records[0], &chat, a, error))
        return false;
    if (records[0].kind == UCS_XML)
        chat.text = records[0].body;
    build_init(&b, c, line, STR_NULL, a);
    bool made = build_chat(&b, &chat, error);
    build_clear(&b);
    return made;
}

const struct format format_genesys_ucs = {
    .name = "genesys-ucs",
    .about = "Genesys UCS: chat transcripts as XML, or rows of the table INTERACTION as CSV or lines of JSON",
    .ids_are_ours = true,
    .recognises = ucs_recognises,
    .read = ucs_read,
    .convert = ucs_convert,
    .follow = follow_export,
};
