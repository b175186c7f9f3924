#include "wire/agendize/kinds.h"

const struct agendize_kind agendize_kinds[] = {
    [EVENT_OPENED] = {false, "-"},         [EVENT_JOINED] = {false, "-"},
    [EVENT_LEFT] = {false, "-"},           [EVENT_MESSAGE] = {true, "message, when its text is not empty"},
    [EVENT_TYPING_STARTED] = {false, "-"}, [EVENT_TYPING_STOPPED] = {false, "-"},
    [EVENT_NOTICE] = {false, "-"},         [EVENT_URL] = {false, "-"},
    [EVENT_FILE] = {false, "-"},           [EVENT_TAKE] = {false, "-"},
    [EVENT_TRANSFER] = {false, "-"},       [EVENT_HOLD] = {false, "-"},
    [EVENT_RESUME] = {false, "-"},         [EVENT_EDIT] = {false, "-"},
    [EVENT_DELETE] = {false, "-"},         [EVENT_NICKNAME] = {false, "-"},
    [EVENT_USER_DATA] = {false, "-"},      [EVENT_PAGE_VISITED] = {false, "-"},
    [EVENT_SURVEY] = {false, "-"},         [EVENT_READ_RECEIPT] = {false, "-"},
    [EVENT_CLOSED] = {false, "-"},         [EVENT_ERASED] = {false, "-"},
    [EVENT_RECORDED] = {false, "-"},
};

G_STATIC_ASSERT(G_N_ELEMENTS(agendize_kinds) == EVENT_KIND_COUNT);
