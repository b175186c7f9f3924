#include "port/format/guess.h"

#include "base/reason.h"
#include "model/session.h"
#include "port/format/fields.h"
#include "port/format/map.h"
#include "text/parameter.h"
#include "text/time.h"

enum { BEST_RANK = 100 };

struct guess {
    struct fields in;
    const struct field_array *events; /* of each item; NULL = an item is a message */
    const GPtrArray *of_events;       /* where a message's members are looked for */
};

/* Words by which people call things, without `_`, `-`, blanks and dots; the better ones first. */
static const struct {
    enum map_key key;
    const char *words;
} synonyms[] = {
    {MAP_SESSION_ID,
     "conversationid sessionid chatid threadid ticketid roomid dialogid conversation session chat ticketnumber "
     "ticket thread room id number"},
    {MAP_EVENT_TIME, "timestamp createdat messagecreatedat sentat timesent senttime sentdatetime createddatetime "
                     "messagetime datetime date time created sent when zeit datum uhrzeit"},
    {MAP_EVENT_TEXT, "text message body content msg messagebody messagetext messagecontent bodytext plaintextbody "
                     "comment nachricht"},
    {MAP_PARTICIPANT_TYPE,
     "sendertype authortype messageauthortype usertype participanttype role by from direction sender "
     "author fromagent absender type"},
    {MAP_PARTICIPANT_NAME, "sendername authorname messageauthorname agentname author sender name nick nickname user "
                           "username from absender"},
    {MAP_EVENT_ID, "messageid msgid eventid fingerprint id"},
    {MAP_VISITOR_ID, "visitorid customerid contactid clientid userid visitor"},
    {MAP_VISITOR_NAME, "visitorname customername contactname clientname visitornickname nickname name kunde"},
    {MAP_VISITOR_EMAIL, "visitoremail customeremail contactemail clientemail email mail emailaddress"},
    {MAP_VISITOR_PHONE, "visitorphone customerphone contactphone phone phonenumber telefon"},
    {MAP_VISITOR_IP, "visitorip ip ipaddress"},
    {MAP_VISITOR_COUNTRY, "country land"},
    {MAP_VISITOR_CITY, "city ort"},
    {MAP_VISITOR_BROWSER, "browser"},
    {MAP_VISITOR_OPERATING_SYSTEM, "os osname operatingsystem platform"},
    {MAP_SESSION_SUBJECT, "subject title betreff"},
    {MAP_SESSION_TAGS, "tags conversationtags labels"},
};

/* ---- choosing ---- */

/* Place of the field's name among the words; BEST_RANK or more when it is none of them. */
static int rank(const char *path, const char *words)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    for (const char *c = path; *c; c++)
        if (!strchr("_- .", *c))
            g_string_append_c(plain, g_ascii_tolower(*c));
    const char *last = strrchr(path, '.');
    int place = parameter_word(words, str_from(plain->str, plain->len));
    if (place >= 0)
        return place;
    return last ? 1 + rank(last + 1, words) : BEST_RANK;
}

static const char *words_of(enum map_key key)
{
    for (size_t i = 0; i < G_N_ELEMENTS(synonyms); i++)
        if (synonyms[i].key == key)
            return synonyms[i].words;
    return "";
}

static bool is_fit(const struct field *field, enum map_key key, bool scattered)
{
    if (key == MAP_SESSION_ID && strchr(field->path, '.')) /* of something else in the conversation */
        return false;
    if (key == MAP_SESSION_ID && scattered)
        return field->repeats || field->seen < 3;
    if (key == MAP_PARTICIPANT_TYPE)
        return field->values->len && field->values->len <= FIELD_VALUES_MAX;
    return field->seen > 0 && (key != MAP_EVENT_ID || !field->repeats);
}

static const struct field *best(const GPtrArray *fields, enum map_key key, bool scattered)
{
    const struct field *found = NULL;
    int least = BEST_RANK;
    for (guint i = 0; i < fields->len; i++) {
        const struct field *field = fields->pdata[i];
        int at = rank(field->path, words_of(key));
        if (at < least && is_fit(field, key, scattered)) {
            least = at;
            found = field;
        }
    }
    return found;
}

/* ---- writing ---- */

static bool is_serial(const char *value)
{
    char *end;
    double number = g_ascii_strtod(value, &end);
    return (*end == 0 || *end == ',') && strpbrk(value, ".,") && number > 20000 && number < 80000;
}

/* All of them: 03/05 may be in March or in May, 13/05 is not. */
static bool fit_format(const GPtrArray *values, const char *format)
{
    char text[128];
    g_snprintf(text, sizeof text, "[file]\ntype=csv\nrow=session\ntime_format=%s\n[map]\nsession.id=a\nevent.text=b\n",
               format);
    struct map *map = map_parse("", str_from_c(text), NULL, NULL);
    bool fit = map != NULL;
    for (guint i = 0; fit && i < values->len; i++)
        fit = map_time(map, str_from_c(values->pdata[i]), zone_utc(), NULL) != NO_TIME;
    map_free(map);
    return fit;
}

static void write_time_format(GString *out, const struct field *time)
{
    static const char *const formats[] = {
        "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%y %H:%M",    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M",
        "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M"};
    struct time_point point;
    int64_t number;
    if (!time || !time->first)
        return;
    struct str value = str_from_c(time->first);
    if (is_serial(time->first)) {
        g_string_append(out, "time_format=spreadsheet\n# These times have no zone: give it here or as --time-zone.\n"
                             "#time_zone=Europe/Berlin\n");
        return;
    }
    if (str_to_int64(value, &number) || time_parse(value, STR_NULL, &point, NULL))
        return;
    g_string_append(out, "# These times have no zone: give it here or as --time-zone.\n#time_zone=Europe/Berlin\n");
    if (time_parse_bound(value, STR_NULL, zone_utc(), &point, NULL))
        return;
    bool found = false;
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
        if (fit_format(time->values, formats[i])) {
            g_string_append_printf(out, "%stime_format=%s\n", found ? "# This fits as well; which is it?\n#" : "",
                                   formats[i]);
            found = true;
        }
    if (found)
        return;
    g_string_append_printf(out, "# Say how the times are written, such as \"%s\":\n#time_format=%%d.%%m.%%Y %%H:%%M\n",
                           time->first);
}

static const char *type_of_value(const char *value)
{
    static const struct {
        const char *word, *type;
    } words[] = {{"client", "Client"},        {"customer", "Client"}, {"visitor", "Client"},  {"user", "Client"},
                 {"contact", "Client"},       {"lead", "Client"},     {"incoming", "Client"}, {"kunde", "Client"},
                 {"agent", "Agent"},          {"operator", "Agent"},  {"admin", "Agent"},     {"staff", "Agent"},
                 {"outgoing", "Agent"},       {"support", "Agent"},   {"bot", "External"},    {"system", "External"},
                 {"supervisor", "Supervisor"}};
    g_autofree char *lower = g_ascii_strdown(value, -1);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strstr(lower, words[i].word))
            return words[i].type;
    return NULL;
}

static void write_types(GString *out, const struct field *type)
{
    g_string_append(out,
                    "\n# Who wrote: Client, Agent, Supervisor or External (a bot, the system).\n[participant.type]\n");
    for (guint i = 0; type && i < type->values->len; i++) {
        const char *value = type->values->pdata[i], *known = type_of_value(value);
        if (!strpbrk(value, "=[]\n\r"))
            g_string_append_printf(out, "%s%s=%s\n", known ? "" : "# is this right?\n", value, known ? known : "Agent");
    }
}

static void write_key(GString *out, const GPtrArray *fields, enum map_key key, const char *word, bool scattered,
                      GHashTable *taken)
{
    const struct field *field = best(fields, key, scattered);
    bool shares = key == MAP_PARTICIPANT_NAME || key == MAP_PARTICIPANT_TYPE;
    if (field && key == MAP_EVENT_TEXT && field->first[0] == '<')
        word = "event.html";
    if (field && (shares || !g_hash_table_contains(taken, field->path))) {
        g_string_append_printf(out, "%s=%s\n", word, field->path);
        g_hash_table_add(taken, field->path);
    }
}

static void write_keys(GString *out, const struct guess *g)
{
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) taken_of_events = g_hash_table_new(g_str_hash, g_str_equal);
    if (g->events)
        g_string_append_printf(out, "events=%s\n", g->events->path);
    for (size_t i = 0; i < G_N_ELEMENTS(synonyms); i++) {
        const char *word = map_key_name(synonyms[i].key);
        bool of_event = g_str_has_prefix(word, "event.") || g_str_has_prefix(word, "participant.");
        write_key(out, of_event ? g->of_events : g->in.top, synonyms[i].key, word, !g->events,
                  of_event && g->events ? taken_of_events : taken);
    }
}

/* The array whose elements look most like messages. */
static void find_events(struct guess *g)
{
    g->of_events = g->in.top;
    for (guint i = 0; i < g->in.arrays->len && !g->events; i++) {
        const struct field_array *array = g->in.arrays->pdata[i];
        if (best(array->fields, MAP_EVENT_TEXT, false) && best(array->fields, MAP_EVENT_TIME, false))
            g->events = array;
    }
    if (g->events)
        g->of_events = g->events->fields;
}

static char *write_map(const struct guess *g, GError **error)
{
    bool scattered = !g->events;
    const struct field *id = best(g->in.top, MAP_SESSION_ID, scattered);
    const struct field *text = best(g->of_events, MAP_EVENT_TEXT, scattered);
    if (!g->in.top->len || !id || !text) {
        reason_set(error, REASON_USAGE, "%s: write a map by hand (doc/import.md)",
                   !g->in.top->len ? "neither rows nor objects were found in the file"
                   : !id           ? "nothing looks like a conversation's id"
                                   : "nothing looks like a message's text");
        return NULL;
    }
    GString *out = g_string_new("# A guess by names alone: look it over, then import with --map.\n[file]\n");
    g_string_append_printf(out, "type=%s\nrow=%s\n", g->in.is_json ? "json" : "csv", scattered ? "message" : "session");
    if (g->in.encoding && !g->in.is_json)
        g_string_append_printf(out, "# The file is not UTF-8. Is this right?\nencoding=%s\n", g->in.encoding);
    if (g->in.items)
        g_string_append_printf(out, "items=%s\n", g->in.items);
    write_time_format(out, best(g->of_events, MAP_EVENT_TIME, scattered));
    g_string_append(out, "\n[map]\n");
    write_keys(out, g);
    write_types(out, best(g->of_events, MAP_PARTICIPANT_TYPE, scattered));
    return g_string_free(out, FALSE);
}

char *guess_map(struct str head, GError **error)
{
    struct guess g = {0};
    fields_read(&g.in, head);
    find_events(&g);
    char *map = write_map(&g, error);
    fields_clear(&g.in);
    return map;
}
