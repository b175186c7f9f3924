#include "core/first_head.h"

#include "core/naming.h"

static bool is_nobody(const struct operator_ref *o)
{
    return !o->id.ptr && !o->username.ptr && !o->name.ptr;
}

static void resolve_department(const struct directory *d, int64_t company, struct head *h, struct arena *a)
{
    const struct department *department =
        h->department.id.ptr ? directory_department(d, company, h->department.id) : NULL;
    if (!department)
        return;
    h->department.id = arena_str(a, department->id);
    if (!h->department.name.ptr)
        h->department.name = arena_str(a, department->name);
    if (!h->department.ancestors.ptr)
        h->department.ancestors = directory_ancestors(d, company, department->id, a);
}

static void resolve_participants(const struct directory *d, int64_t company, struct head *h, struct arena *a)
{
    const struct participant *given = h->participants;
    h->participants = arena_array(a, h->participant_count, sizeof *h->participants);
    struct participant *agent = NULL;
    size_t agents = 0;
    for (size_t i = 0; i < h->participant_count; i++) {
        struct participant *p = &h->participants[i];
        *p = given[i];
        p->operator_ref = naming_of_line(d, company, p->operator_ref, a);
        if (p->type == PARTICIPANT_AGENT) {
            agent = p;
            agents++;
        }
    }
    if (agents == 1 && is_nobody(&agent->operator_ref))
        agent->operator_ref = h->served_by;
}

struct head first_head_named(const struct directory *d, int64_t company, const struct head *given, struct arena *a)
{
    struct head h = *given;
    h.served_by = naming_of_line(d, company, h.served_by, a);
    resolve_department(d, company, &h, a);
    const struct button *button = h.button.id.ptr ? directory_button(d, company, h.button.id) : NULL;
    if (button && !h.button.name.ptr)
        h.button.name = arena_str(a, button->name);
    resolve_participants(d, company, &h, a);
    return h;
}

/* ---- comparing ---- */

static bool fits(struct str stored, struct str given)
{
    return !given.ptr || str_equal(stored, given);
}

static bool operator_fits(const struct operator_ref *stored, const struct operator_ref *given)
{
    return fits(stored->id, given->id) && fits(stored->name, given->name) &&
           (fits(stored->username, given->username) || str_equal(stored->id, given->username));
}

static bool participants_fit(const struct head *stored, const struct head *given)
{
    if (stored->participant_count != given->participant_count)
        return false;
    for (size_t i = 0; i < stored->participant_count; i++) {
        const struct participant *p = &stored->participants[i], *q = &given->participants[i];
        if (p->id != q->id || p->type != q->type || !fits(p->name, q->name) ||
            !operator_fits(&p->operator_ref, &q->operator_ref))
            return false;
    }
    return true;
}

static bool visitor_fits(const struct head *stored, const struct head *given)
{
    return fits(stored->visitor.id, given->visitor.id) && fits(stored->visitor.token, given->visitor.token) &&
           fits(stored->visitor.username, given->visitor.username) && fits(stored->visitor.name, given->visitor.name) &&
           fits(stored->visitor.email, given->visitor.email) && fits(stored->visitor.phone, given->visitor.phone) &&
           fits(stored->visitor.ip, given->visitor.ip) && fits(stored->visitor.user_agent, given->visitor.user_agent) &&
           fits(stored->visitor.country, given->visitor.country) && fits(stored->visitor.city, given->visitor.city) &&
           fits(stored->visitor.operating_system, given->visitor.operating_system) &&
           fits(stored->visitor.browser, given->visitor.browser);
}

bool first_head_fits(const struct head *stored, const struct head *given)
{
    return stored->dialect == given->dialect && fits(stored->time_zone, given->time_zone) &&
           visitor_fits(stored, given) && operator_fits(&stored->served_by, &given->served_by) &&
           (fits(stored->department.id, given->department.id) ||
            str_equal(stored->department.name, given->department.id)) &&
           fits(stored->department.ancestors, given->department.ancestors) &&
           fits(stored->button.id, given->button.id) && fits(stored->button.name, given->button.name) &&
           fits(stored->start_page, given->start_page) && fits(stored->subject, given->subject) &&
           fits(stored->user_data, given->user_data) && fits(stored->source, given->source) &&
           fits(stored->recorded, given->recorded) && participants_fit(stored, given);
}
