#include "backend.h"

namespace {
int32_t score(void*, optirs_backend_status*) { return 7; }
const optirs_backend_table kTable = optirs::test::tableOf("usable", kOptirsBackendAbi, score);
}  // namespace

OPTIRS_TEST_EXPORT const optirs_backend_table* optirs_backend_get(uint32_t /*host_abi*/) { return &kTable; }
