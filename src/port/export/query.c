#include "port/export/query.h"

#include "port/export/formats.h"
#include "port/filter.h"

const struct parameter export_parameters[EXPORT_PARAMETERS] = {
    EXPORT_PARAMETER_FORMAT(EXPORT_FORMAT_WORDS, "ndjson"),
    EXPORT_PARAMETER_ZONE,
    EXPORT_PARAMETER_NOTES,
    FILTER_PARAMETERS("sessions"),
    FILTER_BETWEEN("sessions begun"),
    FILTER_CHANGED_SINCE,
};

static bool read_notes(const struct query *query, unsigned rights, struct export_options *options, GError **error)
{
    struct str notes = query_get(query, STR("notes"));
    bool may = rights & RIGHT_NOTES, asked = str_equal(notes, STR("true"));
    options->notes = may && (notes.ptr ? asked : options->format->is_log);
    if (asked && !may)
        reason_set_field(error, REASON_RIGHT_MISSING, STR("notes"), "internal notes need the right notes");
    return may || !asked;
}

bool export_query_read(const struct query *query, const struct export_asker *asker, struct store_txn *txn,
                       struct arena *a, struct export_options *options, GError **error)
{
    struct str format = query_get(query, STR("format")), zone = query_get(query, STR("timeZone"));
    const struct company *company = directory_company(asker->directory, asker->company);
    *options = (struct export_options){
        .format = format.ptr ? export_format_by_name(format) : asker->format,
        .zone = zone.ptr ? zone_get(zone, error) : directory_zone(asker->directory, asker->company),
        .company_name = arena_str(a, company ? company->name : STR("")),
    };
    return options->zone && read_notes(query, asker->rights, options, error) &&
           filter_read(query, asker->company, options->zone, txn, a, &options->filter, error);
}
