#include <optirs/dtype.h>

#include "src/core/dtype.h"
#include "src/core/guard.h"

using namespace optirs::core;

int32_t optirs_dtype_bits(optirs_dtype dtype) {
    const DTypeFacts* facts = findDType(dtype);
    return facts != nullptr ? facts->bits : 0;
}

const char* optirs_dtype_name(optirs_dtype dtype, uint64_t* out_size) {
    const DTypeFacts* facts = findDType(dtype);
    return returnText(facts != nullptr ? facts->name : "invalid", out_size);
}
