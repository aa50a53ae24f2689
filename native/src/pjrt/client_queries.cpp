// Questions that a client is asked now and then.
#include "src/core/text.h"
#include "src/pjrt/client.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;

namespace {

optirs_pjrt_device& found(optirs_pjrt_device* device, std::string_view what, int32_t number,
                          const std::string& platform) {
    if (device == nullptr) {
        throw Error(Code::kNotFound, concat("the client has no device with ", what, " ", number), platform);
    }
    return *device;
}

}  // namespace

optirs_pjrt_device& optirs_pjrt_client::lookupDevice(int32_t id) const {
    auto args = api_.make<PJRT_Client_LookupDevice_Args>();
    args.client = handle_;
    args.id = id;
    api_.call<&PJRT_Api::PJRT_Client_LookupDevice>(args);
    return found(findDevice(args.device), "number", id, platform_name_);
}

optirs_pjrt_device& optirs_pjrt_client::lookupLocalDevice(int32_t local_hardware_id) const {
    auto args = api_.make<PJRT_Client_LookupAddressableDevice_Args>();
    args.client = handle_;
    args.local_hardware_id = local_hardware_id;
    api_.call<&PJRT_Api::PJRT_Client_LookupAddressableDevice>(args);
    return found(findDevice(args.addressable_device), "local hardware number", local_hardware_id,
                 platform_name_);
}

void optirs_pjrt_client::defaultAssignment(int32_t replicas, int32_t partitions,
                                           std::span<int32_t> out) const {
    if (replicas < 1 || partitions < 1 ||
        static_cast<uint64_t>(replicas) * static_cast<uint64_t>(partitions) != out.size()) {
        throw Error(
            Code::kInvalidArgument,
            concat(replicas, " replicas of ", partitions,
                   " partitions: both must be at least 1, and there is room for ", out.size(), " devices"));
    }
    auto args = api_.make<PJRT_Client_DefaultDeviceAssignment_Args>();
    args.client = handle_;
    args.num_replicas = replicas;
    args.num_partitions = partitions;
    args.default_assignment = out.data();
    args.default_assignment_size = out.size();
    api_.call<&PJRT_Api::PJRT_Client_DefaultDeviceAssignment>(args);
}

void optirs_pjrt_client::dmaMap(void* data, uint64_t size) const {
    auto args = api_.make<PJRT_Client_DmaMap_Args>();
    args.client = handle_;
    args.data = data;
    args.size = size;
    api_.call<&PJRT_Api::PJRT_Client_DmaMap>(args);
}

void optirs_pjrt_client::dmaUnmap(void* data) const {
    auto args = api_.make<PJRT_Client_DmaUnmap_Args>();
    args.client = handle_;
    args.data = data;
    api_.call<&PJRT_Api::PJRT_Client_DmaUnmap>(args);
}

void optirs_pjrt_client::updateProcesses(std::span<const optirs_pjrt_process_info> infos) const {
    std::vector<PJRT_ProcessInfo> processes;
    processes.reserve(infos.size());
    for (const optirs_pjrt_process_info& info : infos) {
        if (info.state < OPTIRS_PJRT_PROCESS_UNSPECIFIED || info.state > OPTIRS_PJRT_PROCESS_ERROR) {
            throw Error(Code::kInvalidArgument,
                        concat("process ", info.task_id, " has the state ", info.state,
                               ", which is not one of OPTIRS_PJRT_PROCESS_*"));
        }
        PJRT_ProcessInfo process{};
        process.struct_size = PJRT_ProcessInfo_STRUCT_SIZE;
        process.task_id = info.task_id;
        process.incarnation_id = info.incarnation_id;
        process.state = static_cast<PJRT_ProcessState>(info.state);
        process.error_code = info.error_code;
        process.error_message = info.message;
        process.error_message_size = info.message == nullptr ? 0 : info.message_size;
        processes.push_back(process);
    }
    auto args = api_.make<PJRT_Client_UpdateGlobalProcessInfo_Args>();
    args.client = handle_;
    args.process_infos = processes.data();
    args.num_process_infos = processes.size();
    api_.call<&PJRT_Api::PJRT_Client_UpdateGlobalProcessInfo>(args);
}
