// optirs/pjrt_layouts.h: validation and translation only.
#include <optirs/pjrt_layouts.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/executable.h"
#include "src/pjrt/layouts.h"
#include "src/pjrt/topology.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

void optirs_pjrt_list_retain(optirs_pjrt_list* list) { optirs::core::retainHandle(list); }
void optirs_pjrt_list_release(optirs_pjrt_list* list) { optirs::core::releaseHandle(list); }
int64_t optirs_pjrt_list_count(const optirs_pjrt_list* list) {
    return static_cast<int64_t>(list->get().size());
}
const uint8_t* optirs_pjrt_list_at(const optirs_pjrt_list* list, int64_t index, uint64_t* out_size) {
    const bool is_there = index >= 0 && index < optirs_pjrt_list_count(list);
    const std::string_view item =
        is_there ? std::string_view(list->get()[static_cast<std::size_t>(index)]) : std::string_view();
    return reinterpret_cast<const uint8_t*>(returnText(item, out_size));
}
optirs_error* optirs_pjrt_client_default_layout(optirs_pjrt_client* client, const optirs_pjrt_array* array,
                                                optirs_pjrt_bytes** out_text) {
    return guard("optirs_pjrt_client_default_layout", [&] {
        Out out(out_text, "out_text");
        out = pjrt::defaultLayout(*required(client, "client"), *required(array, "array"));
    });
}
optirs_error* optirs_pjrt_topology_default_layout(const optirs_pjrt_topology* topology,
                                                  const optirs_pjrt_array* array,
                                                  optirs_pjrt_bytes** out_text) {
    return guard("optirs_pjrt_topology_default_layout", [&] {
        Out out(out_text, "out_text");
        out = pjrt::defaultLayout(*required(topology, "topology"), *required(array, "array"));
    });
}
optirs_error* optirs_pjrt_buffer_layout_text(const optirs_pjrt_buffer* buffer, optirs_pjrt_bytes** out_text) {
    return guard("optirs_pjrt_buffer_layout_text", [&] {
        Out out(out_text, "out_text");
        out = pjrt::layoutText(*required(buffer, "buffer"));
    });
}
optirs_error* optirs_pjrt_executable_layouts(const optirs_pjrt_executable* executable,
                                             optirs_pjrt_program_side side, optirs_pjrt_list** out_layouts) {
    return guard("optirs_pjrt_executable_layouts", [&] {
        Out out(out_layouts, "out_layouts");
        out = pjrt::layouts(*required(executable, "executable"), side);
    });
}
optirs_error* optirs_pjrt_executable_shardings(const optirs_pjrt_executable* executable,
                                               optirs_pjrt_program_side side,
                                               optirs_pjrt_list** out_shardings) {
    return guard("optirs_pjrt_executable_shardings", [&] {
        Out out(out_shardings, "out_shardings");
        out = pjrt::shardings(*required(executable, "executable"), side);
    });
}
optirs_error* optirs_pjrt_executable_metadata(const optirs_pjrt_executable* executable,
                                              optirs_pjrt_bytes** out_metadata) {
    return guard("optirs_pjrt_executable_metadata", [&] {
        Out out(out_metadata, "out_metadata");
        out = pjrt::metadata(*required(executable, "executable"));
    });
}
optirs_error* optirs_pjrt_topology_num_device_memories(const optirs_pjrt_topology* topology, int64_t device,
                                                       int64_t* out_count) {
    return guard("optirs_pjrt_topology_num_device_memories", [&] {
        Out out(out_count, "out_count");
        out = pjrt::numDeviceMemories(*required(topology, "topology"), device);
    });
}
optirs_error* optirs_pjrt_topology_device_memory(const optirs_pjrt_topology* topology, int64_t device,
                                                 int64_t index, optirs_pjrt_memory_description* out_memory) {
    return guard("optirs_pjrt_topology_device_memory", [&] {
        Out out(out_memory, "out_memory");
        out = pjrt::deviceMemory(*required(topology, "topology"), device, index);
    });
}
