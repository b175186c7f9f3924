#include "port/format/ucs.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>

enum { ITEMS = 16 * 1024 };

const char *const ucs_child_names[] = {"userInfo", "msgText", "noticeText", "reason"};

/* What an open element is. */
enum part { IN_INTERACTION, IN_TRANSCRIPT, IN_EVENT, IN_CHILD, IN_DATA, IN_ITEM, IN_OTHER };

struct parsing {
    xmlParserCtxt *xml;
    struct ucs_events *events;
    struct ucs_attribute **interaction, **root;
    bool has_transcript;
    struct {
        enum part part;
        struct ucs_item *list; /* of IN_DATA and IN_ITEM */
    } open[UCS_DEPTH];
    int depth;
    struct arena arena; /* of the element under way */
    struct ucs_element element;
    GString *text, *rest; /* of the child or item under way; of the element between its children */
    unsigned items;
    GError *error; /* the first */
};

/* ---- errors ---- */

/* Takes `why`, which need not be one. */
static void fail(struct parsing *p, GError *why)
{
    if (why && !p->error)
        reason_set_field(&p->error, reason_of(why), reason_field(why), "line %d of the transcript: %s",
                         xmlSAX2GetLineNumber(p->xml), why->message);
    g_clear_error(&why);
    if (p->error)
        xmlStopParser(p->xml);
}

static void fail_with(struct parsing *p, const char *why)
{
    GError *error = NULL;
    reason_set(&error, REASON_LINE_INVALID, "%s", why);
    fail(p, error);
}

static void take_xml_error(void *data, xmlErrorPtr error)
{
    struct parsing *p = data;
    if (error->level != XML_ERR_FATAL || p->error)
        return;
    g_autofree char *valid = g_utf8_make_valid(error->message ? error->message : "no XML", -1);
    reason_set(&p->error, REASON_LINE_INVALID, "line %d of the transcript: %s", error->line, g_strchomp(valid));
}

/* ---- elements ---- */

static struct str name_of(const xmlChar *name)
{
    return str_from_c((const char *)name);
}

/* As libxml2 gives them: local name, prefix, URI, begin and end of the value. */
static struct ucs_attribute *read_attributes(struct parsing *p, int count, const xmlChar **given, struct arena *a)
{
    struct ucs_attribute *first = NULL, **next = &first;
    for (int i = 0; i < count; i++, given += 5) {
        struct str value = str_from((const char *)given[3], (size_t)(given[4] - given[3]));
        if (value.len > LIMIT_TEXT) {
            fail_with(p, "an attribute is longer than one may be");
            break;
        }
        *next = arena_new(a, struct ucs_attribute);
        (*next)->name = arena_str(a, name_of(given[0]));
        (*next)->value = arena_str(a, str_trim(value));
        next = &(*next)->next;
    }
    return first;
}

struct str ucs_attribute(const struct ucs_attribute *first, const char *name)
{
    while (first && !str_equal(first->name, str_from_c(name)))
        first = first->next;
    return first ? first->value : STR_NULL;
}

static void begin_transcript(struct parsing *p)
{
    struct ucs_events *events = p->events;
    struct str start = ucs_attribute(*p->root, "startAt");
    GError *error = NULL;
    if (p->has_transcript)
        reason_set(&error, REASON_LINE_INVALID, "an interaction has one transcript");
    else if (!start.len)
        reason_set_field(&error, REASON_FIELD_MISSING, STR("startAt"), "nothing says when the chat began");
    else
        events->start_ms = build_time(conversion_hints(events->build->conversion), start, &error);
    events->last_ms = events->start_ms;
    p->has_transcript = true;
    fail(p, error);
}

static enum part begin_child(struct parsing *p, struct str name, int count, const xmlChar **attributes)
{
    struct ucs_element *element = &p->element;
    for (int child = 0; child < UCS_CHILD_COUNT; child++)
        if (!element->has_child[child] && str_equal(name, str_from_c(ucs_child_names[child]))) {
            element->children[child] = read_attributes(p, count, attributes, &p->arena);
            element->has_child[child] = true;
            return IN_CHILD;
        }
    bool is_user_data = str_equal(name, STR("userData"));
    if (!is_user_data && !str_equal(name, STR("eventAttributes"))) {
        conversion_lost(p->events->build->conversion, STR("an element of a transcript that nothing is known of"));
        return IN_OTHER;
    }
    *(is_user_data ? &element->has_user_data : &element->has_event_attributes) = true;
    p->open[p->depth].list = is_user_data ? &element->user_data : &element->event_attributes;
    p->open[p->depth].list->is_list = true;
    return IN_DATA;
}

static void begin_item(struct parsing *p, int count, const xmlChar **attributes)
{
    struct ucs_attribute *given = read_attributes(p, count, attributes, &p->arena);
    struct ucs_item *list = p->open[p->depth - 1].list, *item = arena_new(&p->arena, struct ucs_item);
    if (++p->items > ITEMS)
        fail_with(p, "there is more user data than an event may have");
    item->key = ucs_attribute(given, "key");
    item->is_list = str_equal(ucs_attribute(given, "type"), STR("kvlist"));
    list->is_list = true;
    *(list->last ? &list->last->next : &list->first) = item;
    list->last = item;
    p->open[p->depth].list = item;
}

static void begin_event(struct parsing *p, struct str name, int count, const xmlChar **attributes)
{
    arena_reset(&p->arena);
    p->element = (struct ucs_element){.name = arena_str(&p->arena, name)};
    p->element.attributes = read_attributes(p, count, attributes, &p->arena);
    p->items = 0;
    g_string_truncate(p->rest, 0);
    g_string_truncate(p->text, 0);
}

static enum part begin_inside(struct parsing *p, struct str name, int count, const xmlChar **attributes)
{
    struct arena *a = p->events->build->arena;
    enum part around = p->depth ? p->open[p->depth - 1].part : IN_INTERACTION;
    switch (around) {
    case IN_INTERACTION:
        if (p->depth == 0 && str_equal(name, STR("interaction"))) {
            *p->interaction = read_attributes(p, count, attributes, a);
            return IN_INTERACTION;
        }
        if (!str_equal(name, STR("chatTranscript")))
            return IN_OTHER;
        *p->root = read_attributes(p, count, attributes, a);
        begin_transcript(p);
        return IN_TRANSCRIPT;
    case IN_TRANSCRIPT:
        begin_event(p, name, count, attributes);
        return IN_EVENT;
    case IN_EVENT:
        g_string_truncate(p->text, 0);
        return begin_child(p, name, count, attributes);
    case IN_DATA:
    case IN_ITEM:
        g_string_truncate(p->text, 0);
        if (!str_equal(name, STR("item")))
            return IN_OTHER;
        begin_item(p, count, attributes);
        return IN_ITEM;
    case IN_CHILD:
    case IN_OTHER:
        break;
    }
    return IN_OTHER;
}

static void begin_element(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int spaces,
                          const xmlChar **space, int count, int defaulted, const xmlChar **attributes)
{
    struct parsing *p = data;
    (void)prefix, (void)uri, (void)spaces, (void)space, (void)defaulted;
    if (p->error)
        return;
    if (p->depth == UCS_DEPTH) {
        fail_with(p, "elements are nested deeper than they may be");
        return;
    }
    p->open[p->depth].part = begin_inside(p, name_of(name), count, attributes);
    p->depth++;
}

static void add_text(void *data, const xmlChar *text, int length)
{
    struct parsing *p = data;
    enum part part = p->depth ? p->open[p->depth - 1].part : IN_OTHER;
    if (p->error || part == IN_OTHER)
        return;
    g_string_append_len(part == IN_EVENT ? p->rest : p->text, (const char *)text, length);
}

static struct str taken(const GString *text, struct arena *a)
{
    return arena_str(a, str_from(text->str, text->len));
}

static void end_element(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct parsing *p = data;
    (void)prefix, (void)uri;
    if (p->error || p->depth == 0)
        return;
    enum part part = p->open[--p->depth].part;
    struct ucs_item *item = p->open[p->depth].list;
    GError *error = NULL;
    if (part == IN_ITEM && !item->is_list)
        item->text = taken(p->text, &p->arena);
    if (part == IN_CHILD && !str_equal(name_of(name), str_from_c(ucs_child_names[UCS_USER_INFO])))
        p->element.text = taken(p->text, &p->arena);
    if (part == IN_EVENT) {
        p->element.rest = str_trim(taken(p->rest, &p->arena));
        ucs_event_add(p->events, &p->element, &error);
        fail(p, error);
    }
}

/* ---- the parser ---- */

static void parse(struct parsing *p, struct str text)
{
    static const xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = begin_element,
        .endElementNs = end_element,
        .characters = add_text,
        .ignorableWhitespace = add_text,
        .serror = take_xml_error,
    };
    p->xml = xmlNewParserCtxt();
    *p->xml->sax = handler;
    p->xml->userData = p;
    /* NOENT: else an `&` in an attribute comes as a reference. There are no entities but XML's own, for want of a
     * document type. */
    xmlCtxtReadMemory(p->xml, text.ptr, (int)text.len, NULL, "UTF-8", XML_PARSE_NONET | XML_PARSE_NOENT);
    if (!p->error && !p->xml->wellFormed)
        fail_with(p, "this is no XML");
    xmlFreeParserCtxt(p->xml);
}

bool ucs_parse(struct str text, struct ucs_events *events, struct ucs_attribute **interaction,
               struct ucs_attribute **root, GError **error)
{
    struct parsing p = {.events = events,
                        .interaction = interaction,
                        .root = root,
                        .text = g_string_new(NULL),
                        .rest = g_string_new(NULL)};
    struct buf mended;
    arena_init(&p.arena);
    buf_init(&mended, 2 * LIMIT_TRANSCRIPT);
    if (memmem(text.ptr, text.len, "&#", 2)) {
        ucs_mend(text, &mended);
        text = buf_str(&mended);
    }
    parse(&p, text);
    if (!p.error && !p.has_transcript)
        reason_set(&p.error, REASON_FIELD_MISSING, "the interaction has no chatTranscript");
    buf_clear(&mended);
    arena_clear(&p.arena);
    g_string_free(p.text, TRUE);
    g_string_free(p.rest, TRUE);
    if (p.error)
        g_propagate_error(error, p.error);
    return !p.error;
}
