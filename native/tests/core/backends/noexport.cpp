#include "backend.h"

OPTIRS_TEST_EXPORT int optirs_something_else() { return 0; }
