#include "wire/agendize/resource.h"

#include "text/time.h"

const struct zone *resource_zone(const struct session *s, const struct zone *company)
{
    const struct zone *own = s->time_zone.len ? zone_get(s->time_zone, NULL) : NULL;
    return own ? own : company;
}

void resource_time(struct json *w, int64_t ms, const struct zone *zone)
{
    char local[TIME_LOCAL_SIZE];
    time_format_local(ms, zone, local);
    json_object_begin(w);
    json_member_string(w, "dateTime", str_from(local, sizeof local));
    json_member_string(w, "timeZone", zone_id(zone));
    json_object_end(w);
}

static void add_visitor(struct json *w, const struct visitor *v, const struct head *head)
{
    struct str name = head->visitor.name.ptr ? head->visitor.name : v->name;
    struct str email = head->visitor.email.ptr ? head->visitor.email : v->email;
    json_member_object_begin(w, "visitor");
    json_member_string_if(w, "name", name);
    /* The page's table and its sample spell it differently: both. */
    json_member_string_if(w, "emaillAddress", email);
    json_member_string_if(w, "emailAddress", email);
    json_member_string_if(w, "networkAddress", head->visitor.ip);
    json_member_string_if(w, "startPage", head->start_page);
    json_member_string_if(w, "country", head->visitor.country);
    json_member_string_if(w, "city", head->visitor.city);
    json_member_string_if(w, "operatingSystem", head->visitor.operating_system);
    json_member_string_if(w, "browser", head->visitor.browser);
    json_member_string_if(w, "userAgent", head->visitor.user_agent);
    json_object_end(w);
}

void resource_session(struct json *w, const struct session *s, const struct visitor *v, const struct head *head,
                      const struct zone *zone)
{
    json_member_string(w, "id", s->id);
    if (s->button_id.ptr) {
        json_member_object_begin(w, "button");
        json_member_string(w, "id", s->button_id);
        json_member_string_if(w, "name", s->button_name);
        json_object_end(w);
    }
    add_visitor(w, v, head);
    if (s->first_message_ms != NO_TIME) {
        json_key_literal(w, "start");
        resource_time(w, s->first_message_ms, zone);
    }
}
