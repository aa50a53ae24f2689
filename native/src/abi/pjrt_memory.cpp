// optirs/pjrt_memory.h: validation and translation only.
#include <optirs/pjrt_memory.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/device.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

int32_t optirs_pjrt_memory_id(const optirs_pjrt_memory* memory) { return memory->id; }
const char* optirs_pjrt_memory_kind(const optirs_pjrt_memory* memory, uint64_t* out_size) {
    return returnText(memory->kind, out_size);
}
int32_t optirs_pjrt_memory_kind_id(const optirs_pjrt_memory* memory) { return memory->kind_id; }
const char* optirs_pjrt_memory_debug_string(const optirs_pjrt_memory* memory, uint64_t* out_size) {
    return returnText(memory->debug_string, out_size);
}
const char* optirs_pjrt_memory_to_string(const optirs_pjrt_memory* memory, uint64_t* out_size) {
    return returnText(memory->to_string, out_size);
}
int64_t optirs_pjrt_memory_num_devices(const optirs_pjrt_memory* memory) {
    return static_cast<int64_t>(memory->devices.size());
}
optirs_pjrt_device* optirs_pjrt_memory_device(const optirs_pjrt_memory* memory, int64_t index) {
    return itemAt(memory->devices, index);
}
