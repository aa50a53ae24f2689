#include <optirs/operation.h>

#include "src/core/operation.h"

using namespace optirs::core;

void optirs_operation_cancel(optirs_operation* operation) {
    if (operation != nullptr) {
        operation->cancel();
    }
}

void optirs_operation_retain(optirs_operation* operation) { retainHandle(operation); }
void optirs_operation_release(optirs_operation* operation) { releaseHandle(operation); }
