#include <optirs/fault.h>

#include "src/core/faults.h"
#include "src/core/guard.h"

using namespace optirs::core;

optirs_error* optirs_fault_set(const char* spec, uint64_t spec_size) {
    return guard("optirs_fault_set", [&] { setFaults(requiredText(spec, spec_size, "spec")); });
}

uint64_t optirs_fault_fired() { return faultsFired(); }
