#include "wire/agendize/resource.h"

#include "text/time.h"

/* What is empty is not known. */
#define MEMBER_IF_KNOWN(w, name, value) ((value).len ? json_member_string((w), name, (value)) : (void)0)

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
    struct str name = head->visitor.name.len ? head->visitor.name : v->name;
    struct str email = head->visitor.email.len ? head->visitor.email : v->email;
    json_member_object_begin(w, "visitor");
    MEMBER_IF_KNOWN(w, "name", name);
    /* The page's table and its sample spell it differently: both. */
    MEMBER_IF_KNOWN(w, "emaillAddress", email);
    MEMBER_IF_KNOWN(w, "emailAddress", email);
    MEMBER_IF_KNOWN(w, "networkAddress", head->visitor.ip);
    MEMBER_IF_KNOWN(w, "startPage", head->start_page);
    MEMBER_IF_KNOWN(w, "country", head->visitor.country);
    MEMBER_IF_KNOWN(w, "city", head->visitor.city);
    MEMBER_IF_KNOWN(w, "operatingSystem", head->visitor.operating_system);
    MEMBER_IF_KNOWN(w, "browser", head->visitor.browser);
    MEMBER_IF_KNOWN(w, "userAgent", head->visitor.user_agent);
    json_object_end(w);
}

void resource_session(struct json *w, const struct session *s, const struct visitor *v, const struct head *head,
                      const struct zone *zone)
{
    json_member_string(w, "id", s->id);
    if (s->button_id.len) {
        json_member_object_begin(w, "button");
        json_member_string(w, "id", s->button_id);
        MEMBER_IF_KNOWN(w, "name", s->button_name);
        json_object_end(w);
    }
    add_visitor(w, v, head);
    if (s->first_message_ms != NO_TIME) {
        json_key_literal(w, "start");
        resource_time(w, s->first_message_ms, zone);
    }
}
