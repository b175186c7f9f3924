/* The formats there are: one file each, listed in format.c, and a map each in data/maps (tools/embed-maps). */
#pragma once

#include "port/format/format.h"

extern const struct format format_livechat;
extern const struct format format_genesys_ucs;
extern const struct format format_rocketchat;
extern const struct format format_csv;
extern const struct format format_json;
extern const struct format format_presets[];
extern const size_t format_preset_count;

/* How all that read by a map read (map_read.c, map_convert.c). */
bool map_read(struct conversion *c, struct input *input, GError **error);
bool map_convert(struct conversion *c, const struct record *records, size_t count, struct line *line, struct arena *a,
                 GError **error);
