// The headers are C11.
#include "pjrt_abi/pjrt_abi_extensions.h"
#include "pjrt_abi/pjrt_in_place.h"
#include "pjrt_abi/xla_ffi.h"

extern const size_t pjrt_abi_check_c_size;
const size_t pjrt_abi_check_c_size = sizeof(PJRT_Api);
