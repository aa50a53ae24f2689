#include "backend.h"

namespace {
int32_t score(void*, optirs_backend_status* status) {
    status->code = OPTIRS_NOT_FOUND;
    std::snprintf(status->message, sizeof(status->message), "%s", "There is no device of this kind.");
    return 0;
}
const optirs_backend_table kTable = optirs::test::tableOf("unusable", kOptirsBackendAbi, score);
}  // namespace

OPTIRS_TEST_EXPORT const optirs_backend_table* optirs_backend_get(uint32_t /*host_abi*/) { return &kTable; }
