/* Rocket.Chat's sort parameter: a bounded list of keys, or refused; any path has a value or none. */
#include "wire/rocketchat/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct sort_key keys[SORT_KEYS_MAX];
    size_t count;
    struct history_item room = {.session.id = STR("room"), .visitor.id = STR("visitor")};
    struct room_head head = {0};
    arena_init(&a);
    if (sort_read(str_from((const char *)data, size), keys, &count, &a, NULL)) {
        g_assert_cmpuint(count, <=, SORT_KEYS_MAX);
        for (size_t i = 0; i < count; i++) {
            struct sort_value value = room_value(&room, &head, keys[i].path, &a);
            g_assert_true(value.type != SORT_STRING || value.string.ptr);
        }
    }
    arena_clear(&a);
    return 0;
}
