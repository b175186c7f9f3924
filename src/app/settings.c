#include "app/settings.h"

#include "base/limits.h"

#include <inttypes.h>

enum setting_type { SETTING_TEXT, SETTING_CHOICE, SETTING_FLAG, SETTING_NUMBER };

struct setting {
    const char *field, *section;
    enum setting_type type;
    const char *initial;
    int64_t least, greatest;
    const char *unit, *meaning;
    size_t offset;
};

static const struct setting table[] = {
#define X(field, section, type, initial, least, greatest, unit, meaning) \
    {#field, section, SETTING_##type, initial, least, greatest, unit, meaning, offsetof(struct settings, field)},
    SETTINGS(X)
#undef X
};

/* The file's key: the field without its section. */
static const char *setting_key(const struct setting *s)
{
    size_t length = strlen(s->section);
    return g_str_has_prefix(s->field, s->section) && s->field[length] == '_' ? s->field + length + 1 : s->field;
}

static char *setting_option(const struct setting *s)
{
    return g_strdelimit(g_strdup(s->field), "_", '-');
}

static char *setting_variable(const struct setting *s)
{
    g_autofree char *upper = g_ascii_strup(s->field, -1);
    return g_strconcat("PARLEY_", upper, NULL);
}

static void *setting_place(const struct setting *s, struct settings *settings)
{
    return (char *)settings + s->offset;
}

/* ---- values --------------------------------------------------------------------------------------------- */

static bool flag_parse(const char *value, bool *flag)
{
    static const char *const words[] = {"false", "true", "0", "1", "no", "yes", "off", "on"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (!g_ascii_strcasecmp(value, words[i])) {
            *flag = i % 2;
            return true;
        }
    return false;
}

static bool word_among(const char *word, const char *words)
{
    g_auto(GStrv) list = g_strsplit(words, " ", -1);
    return g_strv_contains((const char *const *)list, word);
}

/* `origin` is how the user knows the place: "--listen", "PARLEY_LISTEN", "[parley] listen". */
static bool setting_set(const struct setting *s, struct settings *settings, const char *value, const char *origin,
                        GError **error)
{
    void *place = setting_place(s, settings);
    switch (s->type) {
    case SETTING_CHOICE:
        if (!word_among(value, s->unit)) {
            reason_set(error, REASON_SETTING_INVALID, "%s must be one of: %s", origin, s->unit);
            return false;
        }
        break;
    case SETTING_TEXT:
        if (strlen(value) > LIMIT_SETTING || !g_utf8_validate(value, -1, NULL)) {
            reason_set(error, REASON_SETTING_INVALID, "%s must be UTF-8 of at most %d bytes", origin, LIMIT_SETTING);
            return false;
        }
        break;
    case SETTING_FLAG:
        if (!flag_parse(value, place)) {
            reason_set(error, REASON_SETTING_INVALID, "%s must be true or false", origin);
            return false;
        }
        return true;
    case SETTING_NUMBER: {
        int64_t number;
        if (!str_to_int64(str_from_c(value), &number) || number < s->least || number > s->greatest) {
            reason_set(error, REASON_SETTING_INVALID, "%s must be a whole number from %" PRId64 " to %" PRId64 " (%s)",
                       origin, s->least, s->greatest, s->unit);
            return false;
        }
        *(int64_t *)place = number;
        return true;
    }
    }
    char **text = place;
    g_free(*text);
    *text = g_strdup(value);
    return true;
}

void settings_init(struct settings *settings)
{
    *settings = (struct settings){0};
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        setting_set(&table[i], settings, table[i].initial, table[i].field, NULL);
}

void settings_clear(struct settings *settings)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        if (table[i].type == SETTING_TEXT || table[i].type == SETTING_CHOICE)
            g_clear_pointer((char **)setting_place(&table[i], settings), g_free);
}

/* ---- the file ------------------------------------------------------------------------------------------- */

static const struct setting *setting_of_key(const char *section, const char *key, bool *section_known)
{
    *section_known = false;
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        if (strcmp(table[i].section, section))
            continue;
        *section_known = true;
        if (!strcmp(setting_key(&table[i]), key))
            return &table[i];
    }
    return NULL;
}

static bool section_read(struct settings *settings, GKeyFile *file, const char *section, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, section, NULL, NULL);
    for (size_t i = 0; keys && keys[i]; i++) {
        bool section_known;
        const struct setting *s = setting_of_key(section, keys[i], &section_known);
        if (!s) {
            reason_set(error, REASON_SETTING_INVALID,
                       "there is no setting %s in section [%s]; `parley settings` lists all", keys[i], section);
            return false;
        }
        g_autofree char *value = g_key_file_get_string(file, section, keys[i], NULL);
        g_autofree char *origin = g_strdup_printf("[%s] %s", section, keys[i]);
        if (!value) {
            reason_set(error, REASON_SETTING_INVALID, "%s is not UTF-8 or has a wrong escape", origin);
            return false;
        }
        if (!setting_set(s, settings, value, origin, error))
            return false;
    }
    return true;
}

bool settings_read_text(struct settings *settings, struct str text, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) cause = NULL;
    /* GKeyFile reads an empty text as an error. */
    if (text.len == 0)
        return true;
    if (!g_key_file_load_from_data(file, text.ptr, text.len, G_KEY_FILE_NONE, &cause)) {
        reason_set(error, REASON_SETTING_INVALID, "the settings file is malformed: %s", cause->message);
        return false;
    }
    g_auto(GStrv) sections = g_key_file_get_groups(file, NULL);
    for (size_t i = 0; sections[i]; i++) {
        bool known;
        setting_of_key(sections[i], "", &known);
        if (!known) {
            reason_set(error, REASON_SETTING_INVALID, "there is no section [%s]; `parley settings` lists all",
                       sections[i]);
            return false;
        }
        if (!section_read(settings, file, sections[i], error))
            return false;
    }
    return true;
}

/* ---- everything ----------------------------------------------------------------------------------------- */

static bool config_load(struct settings *settings, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize length;
    g_autoptr(GError) cause = NULL;
    if (!g_file_get_contents(path, &text, &length, &cause)) {
        reason_set(error, REASON_FILE_UNREADABLE, "%s", cause->message);
        return false;
    }
    if (!settings_read_text(settings, str_from(text, length), &cause)) {
        reason_set(error, reason_of(cause), "%s: %s", path, cause->message);
        return false;
    }
    return true;
}

bool settings_load(struct settings *settings, const struct settings_source *source, GError **error)
{
    settings_init(settings);
    bool ok = !source->config || config_load(settings, source->config, error);
    for (size_t i = 0; ok && i < G_N_ELEMENTS(table); i++) {
        const struct setting *s = &table[i];
        g_autofree char *variable = setting_variable(s);
        const char *value = g_getenv(variable);
        if (value)
            ok = setting_set(s, settings, value, variable, error);
        value = source->given ? g_hash_table_lookup(source->given, s->field) : NULL;
        if (ok && value) {
            g_autofree char *option = setting_option(s);
            g_autofree char *origin = g_strconcat("--", option, NULL);
            ok = setting_set(s, settings, value, origin, error);
        }
    }
    if (!ok)
        settings_clear(settings);
    return ok;
}

void settings_source_clear(struct settings_source *source)
{
    g_clear_pointer(&source->config, g_free);
    g_clear_pointer(&source->given, g_hash_table_unref);
}

static gboolean option_given(const char *option, const char *value, void *data, GError **error)
{
    struct settings_source *source = data;
    (void)error;
    char *field = g_strdelimit(g_strdup(option + 2), "-", '_');
    g_hash_table_insert(source->given, field, g_strdup(value ? value : "true"));
    return TRUE;
}

void settings_options(GOptionContext *context, struct settings_source *source, bool config, const char *const *only)
{
    source->given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GOptionGroup *group = g_option_group_new("settings", "", "", source, NULL);
    GOptionEntry file = {"config", 0, 0, G_OPTION_ARG_FILENAME, &source->config, "The settings file", "FILE"};
    GOptionEntry entries[] = {file, {0}};
    if (config)
        g_option_group_add_entries(group, entries);
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        const struct setting *s = &table[i];
        if (only && !g_strv_contains(only, s->field))
            continue;
        /* GLib keeps the strings of an entry by pointer; interned ones live as long as the process. */
        g_autofree char *option = setting_option(s);
        g_autofree char *argument = s->type == SETTING_CHOICE ? g_strdelimit(g_strdup(s->unit), " ", '|')
                                                              : g_ascii_strup(*s->unit ? s->unit : "text", -1);
        g_autofree char *about =
            *s->initial ? g_strdup_printf("%s (%s)", s->meaning, s->initial) : g_strdup(s->meaning);
        GOptionEntry entry = {g_intern_string(option),
                              0,
                              s->type == SETTING_FLAG ? G_OPTION_FLAG_OPTIONAL_ARG : 0,
                              G_OPTION_ARG_CALLBACK,
                              (void *)option_given,
                              g_intern_string(about),
                              s->type == SETTING_FLAG ? NULL : g_intern_string(argument)};
        GOptionEntry one[] = {entry, {0}};
        g_option_group_add_entries(group, one);
    }
    g_option_context_set_main_group(context, group);
}

/* ---- writing -------------------------------------------------------------------------------------------- */

static void add_value(const struct setting *s, const struct settings *settings, struct buf *out)
{
    const void *place = (const char *)settings + s->offset;
    if (s->type == SETTING_FLAG)
        buf_add(out, *(const bool *)place ? STR("true") : STR("false"));
    else if (s->type == SETTING_NUMBER)
        buf_add_int(out, *(const int64_t *)place);
    else
        buf_add(out, str_from_c(*(char *const *)place));
}

static void add_rule(const struct setting *s, struct buf *out)
{
    switch (s->type) {
    case SETTING_TEXT:
        buf_add(out, *s->unit ? str_from_c(s->unit) : STR("text"));
        break;
    case SETTING_CHOICE: {
        g_auto(GStrv) words = g_strsplit(s->unit, " ", -1);
        g_autofree char *list = g_strjoinv(" or ", words);
        buf_add(out, str_from_c(list));
        break;
    }
    case SETTING_FLAG:
        buf_add_literal(out, "true or false");
        break;
    case SETTING_NUMBER:
        buf_printf(out, "%" PRId64 " to %" PRId64 " %s", s->least, s->greatest, s->unit);
        break;
    }
}

void settings_write_file(const struct settings *settings, struct buf *out)
{
    const char *section = "";
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        const struct setting *s = &table[i];
        if (strcmp(section, s->section))
            buf_printf(out, "%s[%s]\n", *section ? "\n" : "", s->section);
        section = s->section;
        buf_printf(out, "# %s [", s->meaning);
        add_rule(s, out);
        buf_printf(out, "]\n%s = ", setting_key(s));
        add_value(s, settings, out);
        buf_add_byte(out, '\n');
    }
}

void settings_write_markdown(struct buf *out)
{
    buf_add_literal(
        out, "# Settings\n\n"
             "Made by `parley settings --markdown` from the table in `src/app/settings.h`; a test compares them.\n\n"
             "A setting comes from, strongest first: the command line, the environment, the file given with\n"
             "`--config`, its default. `parley settings` prints a commented file with the values in force.\n"
             "Unknown sections and keys of the file are refused by name.\n");
    const char *section = "";
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        const struct setting *s = &table[i];
        if (strcmp(section, s->section))
            buf_printf(
                out,
                "\n## [%s]\n\n| key | option | environment | value | default | meaning |\n|---|---|---|---|---|---|\n",
                s->section);
        section = s->section;
        g_autofree char *option = setting_option(s);
        g_autofree char *variable = setting_variable(s);
        buf_printf(out, "| `%s` | `--%s` | `%s` | ", setting_key(s), option, variable);
        add_rule(s, out);
        if (*s->initial)
            buf_printf(out, " | `%s`", s->initial);
        else
            buf_add_literal(out, " | none");
        buf_printf(out, " | %s |\n", s->meaning);
    }
}

char *settings_describe(const char *field, const char **initial, const char **unit, const char **meaning)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        if (!strcmp(table[i].field, field)) {
            *initial = table[i].initial;
            *unit = table[i].unit;
            *meaning = table[i].meaning;
            return g_strdup_printf("%s.%s", table[i].section, setting_key(&table[i]));
        }
    g_assert_not_reached();
}
