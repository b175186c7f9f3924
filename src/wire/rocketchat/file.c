/* What a message that is a file holds beside its message (spec 5.1): `file`, `files` and `attachments`. */
#include "text/json_read.h"
#include "wire/rocketchat/internal.h"

struct message_file {
    struct str id, name, type, url; /* url STR_NULL = nowhere to be had */
    int64_t size;
};

/* What may stand in a link: nothing that a browser would run. */
static bool is_link(struct str url)
{
    return str_starts_with(url, STR("https://")) || str_starts_with(url, STR("http://")) ||
           (str_starts_with(url, STR("/")) && !str_starts_with(url, STR("//")));
}

static struct message_file file_of(const struct message *m, struct arena *scratch)
{
    const struct event *e = m->event;
    const struct json_node *data = e->data.len ? json_read(e->data, JSON_TOP_OBJECT, scratch, NULL) : NULL;
    struct str id = json_str(json_get(data, "id")), name = json_str(json_get(data, "name")),
               type = json_str(json_get(data, "type")), url = json_str(json_get(data, "url"));
    const struct json_node *size = json_get(data, "size");
    return (struct message_file){
        .id = id.ptr ? id : event_shown_id(e, m->room->id, scratch),
        .name = name.ptr      ? name
                : e->text.ptr ? e->text
                              : STR(""),
        .type = type.ptr ? type : STR("file"),
        .url = is_link(url) ? url : STR_NULL,
        .size = json_is(size, JSON_INTEGER) ? json_int64(size) : 0,
    };
}

static void add_file_members(struct json *w, const struct message_file *file)
{
    json_object_begin(w);
    json_member_string(w, "_id", file->id);
    json_member_string(w, "name", file->name);
    json_member_string(w, "type", file->type);
    json_member_int(w, "size", file->size);
    json_member_string(w, "format", STR(""));
    json_object_end(w);
}

/* "image/png" by whose URL a client shows it; other types are a link. */
static void add_preview(struct json *w, const struct message_file *file)
{
    if (str_starts_with(file->type, STR("image/"))) {
        json_member_string(w, "image_url", file->url);
        json_member_string(w, "image_type", file->type);
        json_member_int(w, "image_size", file->size);
    } else if (str_starts_with(file->type, STR("audio/"))) {
        json_member_string(w, "audio_url", file->url);
        json_member_string(w, "audio_type", file->type);
        json_member_int(w, "audio_size", file->size);
    } else if (str_starts_with(file->type, STR("video/"))) {
        json_member_string(w, "video_url", file->url);
        json_member_string(w, "video_type", file->type);
        json_member_int(w, "video_size", file->size);
    } else {
        json_member_int(w, "size", file->size);
    }
}

void file_add(struct json *w, const struct message *m, struct arena *scratch)
{
    struct message_file made = file_of(m, scratch), *file = &made;
    json_key_literal(w, "file");
    add_file_members(w, file);
    json_member_array_begin(w, "files");
    add_file_members(w, file);
    json_array_end(w);
    json_member_array_begin(w, "attachments");
    json_object_begin(w);
    json_member_string(w, "title", file->name);
    json_member_string(w, "type", STR("file"));
    if (file->url.ptr) {
        json_member_string(w, "title_link", file->url);
        json_member_bool(w, "title_link_download", true);
        add_preview(w, file);
    }
    json_object_end(w);
    json_array_end(w);
}

struct sort_value file_value(const struct message *m, struct str path, struct arena *scratch)
{
    if (m->event->kind != EVENT_FILE)
        return sort_nothing();
    struct message_file file = file_of(m, scratch);
    const struct sort_member members[] = {
        {STR("_id"), sort_string(file.id)},    {STR("name"), sort_string(file.name)},
        {STR("type"), sort_string(file.type)}, {STR("size"), sort_number(file.size)},
        {STR("format"), sort_string(STR(""))},
    };
    return sort_member_at(members, G_N_ELEMENTS(members), path);
}
