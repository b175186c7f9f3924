#include "wire/genesys/kinds.h"

/* Pushed URLs, nickname changes and files are notices in the older dialect, as the seed shows. */
const struct genesys_kind genesys_kinds[] = {
    [EVENT_OPENED] = {NULL, false, "-", "-"},
    [EVENT_JOINED] = {"ParticipantJoined", false, "ParticipantJoined, again: ParticipantRejoined", "the same"},
    [EVENT_LEFT] = {"ParticipantLeft", false, "ParticipantLeft", "ParticipantLeft"},
    [EVENT_MESSAGE] = {"Message", true, "Message, when its text is not empty", "Message, alike"},
    [EVENT_TYPING_STARTED] = {"TypingStarted", false, "TypingStarted, text = preview", "TypingStarted"},
    [EVENT_TYPING_STOPPED] = {"TypingStopped", false, "TypingStopped", "TypingStopped"},
    [EVENT_NOTICE] = {"Notice", true, "Notice, when its text is not empty", "CustomNotice"},
    [EVENT_URL] = {"Notice", true, "Notice, text = the address", "PushUrl"},
    [EVENT_FILE] = {"Notice", false, "Notice, text = name, blank, address", "FileUploaded"},
    [EVENT_TAKE] = {NULL, false, "-", "-"},
    [EVENT_TRANSFER] = {NULL, false, "-", "-"},
    [EVENT_HOLD] = {NULL, false, "-", "-"},
    [EVENT_RESUME] = {NULL, false, "-", "-"},
    [EVENT_EDIT] = {NULL, false, "- (changes its target)", "-"},
    [EVENT_DELETE] = {NULL, false, "- (changes its target)", "-"},
    [EVENT_NICKNAME] = {"Notice", true, "Notice, text = the new name", "NicknameUpdated"},
    [EVENT_USER_DATA] = {NULL, false, "-", "-"},
    [EVENT_PAGE_VISITED] = {NULL, false, "-", "-"},
    [EVENT_SURVEY] = {NULL, false, "-", "-"},
    [EVENT_READ_RECEIPT] = {NULL, false, "-", "-"},
    [EVENT_CLOSED] = {NULL, false, "- (`chatEnded`)", "- (`chatEnded`)"},
    [EVENT_ERASED] = {NULL, false, "-", "-"},
    [EVENT_RECORDED] = {NULL, false, "-", "-"},
};

G_STATIC_ASSERT(G_N_ELEMENTS(genesys_kinds) == EVENT_KIND_COUNT);
