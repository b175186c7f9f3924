#include "wire/parley/kinds.h"

const struct parley_kind parley_kinds[] = {
    [EVENT_OPENED] = {"- (the session itself)"},
    [EVENT_JOINED] = {"by name"},
    [EVENT_LEFT] = {"by name"},
    [EVENT_MESSAGE] = {"by name"},
    [EVENT_TYPING_STARTED] = {"by name"},
    [EVENT_TYPING_STOPPED] = {"by name"},
    [EVENT_NOTICE] = {"by name"},
    [EVENT_URL] = {"by name"},
    [EVENT_FILE] = {"by name"},
    [EVENT_TAKE] = {"by name"},
    [EVENT_TRANSFER] = {"by name"},
    [EVENT_HOLD] = {"by name"},
    [EVENT_RESUME] = {"by name"},
    [EVENT_EDIT] = {"by name"},
    [EVENT_DELETE] = {"by name"},
    [EVENT_NICKNAME] = {"by name"},
    [EVENT_USER_DATA] = {"by name"},
    [EVENT_PAGE_VISITED] = {"by name"},
    [EVENT_SURVEY] = {"by name"},
    [EVENT_READ_RECEIPT] = {"by name"},
    [EVENT_CLOSED] = {"by name"},
    [EVENT_ERASED] = {"by name"},
    [EVENT_RECORDED] = {"by name"},
};

G_STATIC_ASSERT(G_N_ELEMENTS(parley_kinds) == EVENT_KIND_COUNT);
