/* Rocket.Chat: what mongoexport and mongodump write of its collections (doc/imports.md 1), in any order. Which
 * collection a document is of is told by the name of its file or of its part of an archive, else by what it holds. */
#include "port/format/rocketchat.h"

#include "port/format/conversion.h"
#include "port/format/formats.h"
#include "port/format/mongo.h"

enum collection {
    COLLECTION_UNKNOWN, /* a name of somebody's own: told by the documents */
    COLLECTION_OTHER,   /* nothing of live chat in it */
    COLLECTION_ROOMS,
    COLLECTION_MESSAGES,
    COLLECTION_VISITORS,
    COLLECTION_USERS,
    COLLECTION_DEPARTMENTS,
    COLLECTION_INQUIRIES,
    COLLECTION_UPLOADS,
    COLLECTION_UPLOADED, /* GridFS: one document a file, whose bytes stand in `.chunks` */
};

/* `rocketchat_rooms.json` and the like are names that scripts give. */
static enum collection collection_of_name(struct str name)
{
    static const struct {
        struct str name;
        enum collection collection;
    } names[] = {
        {STR("rocketchat_room"), COLLECTION_ROOMS},
        {STR("rocketchat_rooms"), COLLECTION_ROOMS},
        {STR("rocketchat_message"), COLLECTION_MESSAGES},
        {STR("rocketchat_messages"), COLLECTION_MESSAGES},
        {STR("rocketchat_livechat_visitor"), COLLECTION_VISITORS},
        {STR("rocketchat_livechat_visitors"), COLLECTION_VISITORS},
        {STR("users"), COLLECTION_USERS},
        {STR("rocketchat_users"), COLLECTION_USERS},
        {STR("rocketchat_livechat_department"), COLLECTION_DEPARTMENTS},
        {STR("rocketchat_livechat_departments"), COLLECTION_DEPARTMENTS},
        {STR("rocketchat_livechat_inquiry"), COLLECTION_INQUIRIES},
        {STR("rocketchat_livechat_inquiries"), COLLECTION_INQUIRIES},
        {STR("rocketchat_uploads"), COLLECTION_UPLOADS},
        {STR("rocketchat_uploads.files"), COLLECTION_UPLOADED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (str_equal(name, names[i].name))
            return names[i].collection;
    static const struct str others[] = {STR("rocketchat_"), STR("meteor_"), STR("system."), STR("instances"),
                                        STR("prelude"),     STR("oplog"),   STR("ufs"),     STR("_")};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (str_starts_with(name, others[i]))
            return COLLECTION_OTHER;
    bool describes = name.len > 9 && str_equal(str_skip(name, name.len - 9), STR(".metadata"));
    return describes ? COLLECTION_OTHER : COLLECTION_UNKNOWN;
}

static bool has(const struct json_node *document, const char *member)
{
    return json_get(document, member) != NULL;
}

static enum collection collection_of_document(const struct json_node *document)
{
    if (has(document, "rid"))
        return has(document, "msg") && has(document, "u")      ? COLLECTION_MESSAGES
               : has(document, "store")                        ? COLLECTION_UPLOADS
               : has(document, "status") && has(document, "v") ? COLLECTION_INQUIRIES
                                                               : COLLECTION_OTHER;
    if (has(document, "t") && has(document, "ts") && (has(document, "msgs") || has(document, "v")))
        return COLLECTION_ROOMS;
    if (has(document, "roles") || has(document, "services"))
        return COLLECTION_USERS;
    if (has(document, "token") && has(document, "username"))
        return COLLECTION_VISITORS;
    if (has(document, "showOnRegistration") && has(document, "name"))
        return COLLECTION_DEPARTMENTS;
    return has(document, "chunkSize") ? COLLECTION_UPLOADED : COLLECTION_OTHER;
}

/* ---- documents on their way to the scratch file ---- */

int64_t rocketchat_time(const struct json_node *document, const char *member)
{
    struct conversion_hints hints = {0};
    GError *bad = NULL;
    int64_t ms = build_time_of(&hints, json_get(document, member), &bad);
    g_clear_error(&bad);
    return ms;
}

static bool refer(struct conversion *c, enum rocketchat_kind kind, struct str id, struct str json, GError **error)
{
    return conversion_refer(c, (char)kind, id, json, error);
}

static bool record(struct conversion *c, enum rocketchat_kind kind, struct str key, int64_t order, struct str json,
                   const struct item_place *place, GError **error)
{
    const struct record record = {.key = key, .order = order, .kind = (char)kind, .body = json, .place = *place};
    return conversion_record(c, &record, error);
}

/* Rooms stand before whatever belongs to them. */
static bool take_room(struct conversion *c, const struct json_node *room, struct str id, struct str json,
                      const struct item_place *place, GError **error)
{
    bool is_chat = str_equal(json_str(json_get(room, "t")), STR("l"));
    return record(c, is_chat ? ROCKETCHAT_ROOM : ROCKETCHAT_OTHER_ROOM, id, INT64_MIN, is_chat ? json : STR("{}"),
                  place, error);
}

static bool take_of_room(struct conversion *c, enum rocketchat_kind kind, const struct json_node *document,
                         struct str json, const struct item_place *place, GError **error)
{
    struct str rid = json_str(json_get(document, "rid"));
    if (!rid.len)
        return true; /* an upload of somebody's own: an avatar, an emoji */
    return record(c, kind, rid, kind == ROCKETCHAT_MESSAGE ? rocketchat_time(document, "ts") : 0, json, place, error);
}

static bool take_known(struct conversion *c, enum collection collection, const struct json_node *document,
                       struct str json, const struct item_place *place, GError **error)
{
    struct str id = json_str(json_get(document, "_id"));
    switch (collection) {
    case COLLECTION_ROOMS:
        return take_room(c, document, id, json, place, error);
    case COLLECTION_MESSAGES:
        return take_of_room(c, ROCKETCHAT_MESSAGE, document, json, place, error);
    case COLLECTION_INQUIRIES:
        return take_of_room(c, ROCKETCHAT_INQUIRY, document, json, place, error);
    case COLLECTION_UPLOADS:
        return take_of_room(c, ROCKETCHAT_UPLOAD, document, json, place, error);
    case COLLECTION_VISITORS:
        return refer(c, ROCKETCHAT_VISITOR, id, json, error);
    case COLLECTION_USERS:
        return refer(c, ROCKETCHAT_USER, id, json, error);
    case COLLECTION_DEPARTMENTS:
        return refer(c, ROCKETCHAT_DEPARTMENT, id, json, error);
    case COLLECTION_UPLOADED:
        return refer(c, ROCKETCHAT_BYTES, id, STR("{}"), error);
    case COLLECTION_UNKNOWN:
    case COLLECTION_OTHER:
        break;
    }
    conversion_lost(c, STR("document of no known collection"));
    return true;
}

static bool wants_collection(void *data, struct str name)
{
    (void)data;
    return collection_of_name(name) != COLLECTION_OTHER;
}

static void refuse_document(void *data, const struct item_place *place, const GError *why)
{
    conversion_refuse(data, place, why);
}

static bool take_document(void *data, struct str name, struct str json, const struct item_place *place, GError **error)
{
    struct conversion *c = data;
    struct arena a;
    GError *bad = NULL;
    bool ok = true;
    arena_init(&a);
    const struct json_node *document = json_read(json, JSON_TOP_OBJECT, &a, &bad);
    enum collection collection = collection_of_name(name);
    if (document && collection == COLLECTION_UNKNOWN)
        collection = collection_of_document(document);
    if (document && collection != COLLECTION_OTHER && !json_str(json_get(document, "_id")).len)
        reason_set(&bad, REASON_FIELD_MISSING, "a document needs an _id");
    if (bad)
        conversion_refuse(c, place, bad);
    else
        ok = take_known(c, collection, document, json, place, error);
    g_clear_error(&bad);
    arena_clear(&a);
    return ok;
}

static bool rocketchat_read(struct conversion *c, struct input *input, GError **error)
{
    const struct mongo_reader reader = {wants_collection, take_document, refuse_document, c};
    return mongo_read(input, &reader, error);
}

static bool rocketchat_recognises(struct str head, const char *name)
{
    g_autofree char *stem = g_strndup(name, strcspn(name, "."));
    enum collection collection = collection_of_name(str_from_c(stem));
    bool has_room =
        g_strstr_len(head.ptr, (gssize)head.len, "\"servedBy\"") || g_strstr_len(head.ptr, (gssize)head.len, "\"rid\"");
    if (mongo_is_archive(head))
        return true;
    if (mongo_is_bson(head) || str_starts_with(str_from_c(stem), STR("rocketchat_")))
        return collection > COLLECTION_OTHER;
    return has_room && (g_strstr_len(head.ptr, (gssize)head.len, "\"$date\"") != NULL);
}

const struct format format_rocketchat = {
    .name = "rocketchat",
    .about = "Rocket.Chat: files of mongoexport or mongodump, or directories of them",
    .scattered = true,
    .ids_are_ours = true,
    .recognises = rocketchat_recognises,
    .read = rocketchat_read,
    .begin = rocketchat_begin,
    .convert = rocketchat_convert,
    .follow = rocketchat_follow,
};
