#include <optirs/memory.h>

#include "src/core/guard.h"
#include "src/core/live_objects.h"
#include "src/core/pressure.h"

using namespace optirs::core;

void optirs_memory_set_pressure_handler(optirs_memory_pressure_handler handler, void* context) {
    setPressureHandler(handler, context);
}

int64_t optirs_live_objects(optirs_object_kind kind) { return liveObjects(kind); }

const char* optirs_object_kind_name(optirs_object_kind kind, uint64_t* out_size) {
    return returnText(objectKindName(kind), out_size);
}
