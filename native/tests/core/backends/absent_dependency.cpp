#include "backend.h"

OPTIRS_TEST_EXPORT int32_t absentScore() { return 1; }
