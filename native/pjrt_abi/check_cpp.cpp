// The headers are C++17, and the tables agree with the structs.
#include <iterator>

#include "pjrt_abi/pjrt_abi_extensions.h"
#include "pjrt_abi/pjrt_abi_versions.h"
#include "pjrt_abi/pjrt_in_place.h"
#include "pjrt_abi/xla_ffi.h"

namespace {

constexpr bool tableIsDense() {
    std::size_t offset = offsetof(PJRT_Api, PJRT_Error_Destroy);
    for (const auto& function : pjrt_abi::kFunctions) {
        if (function.offset != offset) return false;
        offset += sizeof(void*);
    }
    return offset == sizeof(PJRT_Api);
}

static_assert(tableIsDense(), "every function of the table has its fact, and the table holds nothing else");
static_assert(std::size(pjrt_abi::kExtensionNames) == PJRT_Extension_Type_XlaTransform + 1, "no gaps in the numbers");
static_assert(pjrt_abi::structSize<PJRT_ExecuteOptions>(PJRT_API_MINOR) == PJRT_ExecuteOptions_STRUCT_SIZE,
              "the newest size is the size of the struct");
static_assert(pjrt_abi::structSize<PJRT_ExecuteOptions>(40) < PJRT_ExecuteOptions_STRUCT_SIZE, "the struct grew since");

}  // namespace
