/* Bodies of Genesys calls: whatever comes is a call within its bounds or an error that names a parameter in UTF-8. */
#include "base/limits.h"
#include "wire/genesys/call.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str body, enum call_route route, bool lenient)
{
    struct arena a;
    struct call call;
    arena_init(&a);
    g_autoptr(GError) error = NULL;
    if (call_read(body, route, lenient, &call, &a, &error)) {
        g_assert_cmpuint(call.text.len, <=, LIMIT_TEXT);
        g_assert_cmpuint(call.position, <=, LIMIT_EVENTS_PER_SESSION);
        g_assert_true(call.wait_ms >= 0 && call.wait_ms <= 60 * 1000);
        g_assert_true(lenient || call.tenant.ptr);
        g_assert_true(call.operation != OPERATION_UNKNOWN && str_is_utf8(call.text));
    } else {
        g_assert_true(str_is_utf8(str_from_c(error->message)) && str_is_utf8(reason_field(error)));
    }
    arena_clear(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str body = str_from((const char *)data, size);
    check(body, CALL_CREATE, false);
    check(body, CALL_OPERATE, false);
    check(body, CALL_MESSAGES, true);
    return 0;
}
