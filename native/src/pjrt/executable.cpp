#include "src/pjrt/executable.h"

#include "src/core/text.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
namespace pjrt = optirs::pjrt;

namespace optirs::pjrt {

core::Ref<optirs_pjrt_executable> compile(optirs_pjrt_client& client, std::string_view program,
                                          std::string_view format, const CompileOptions& options) {
    if (program.empty()) {
        throw Error(Code::kInvalidArgument, "the program is empty");
    }
    const std::string serialized = serialize(options);
    std::string code(program);  // plugins may change it in place
    auto pjrt_program = client.api().make<PJRT_Program>();
    pjrt_program.code = code.data();
    pjrt_program.code_size = code.size();
    pjrt_program.format = format.data();
    pjrt_program.format_size = format.size();
    auto args = client.api().make<PJRT_Client_Compile_Args>();
    args.client = client.handle();
    args.program = &pjrt_program;
    args.compile_options = serialized.data();
    args.compile_options_size = serialized.size();
    client.underPressure(0, [&] { client.api().call<&PJRT_Api::PJRT_Client_Compile>(args); });
    OwnedLoadedExecutable loaded(client.api(), args.executable);
    return core::makeObject<optirs_pjrt_executable>(core::Ref<optirs_pjrt_client>::share(&client),
                                                    std::move(loaded));
}

namespace {

OwnedExecutable executableOf(const Api& api, PJRT_LoadedExecutable* loaded) {
    auto args = api.make<PJRT_LoadedExecutable_GetExecutable_Args>();
    args.loaded_executable = loaded;
    api.call<&PJRT_Api::PJRT_LoadedExecutable_GetExecutable>(args);
    return {api, args.executable};
}

}  // namespace
}  // namespace optirs::pjrt

optirs_pjrt_executable::optirs_pjrt_executable(optirs::core::Ref<optirs_pjrt_client> client,
                                               pjrt::OwnedLoadedExecutable loaded)
    : Object(OPTIRS_OBJECT_PJRT_EXECUTABLE),
      client_(std::move(client)),
      loaded_(std::move(loaded)),
      executable_(pjrt::executableOf(client_->api(), loaded_.get())),
      execution_(*this) {
    read();
    readDevices();
    readOutputTypes();
    execution_.setName(name_);
}

void optirs_pjrt_executable::read() {
    const pjrt::Api& api = client_->api();
    auto name = api.make<PJRT_Executable_Name_Args>();
    name.executable = executable_.get();
    api.call<&PJRT_Api::PJRT_Executable_Name>(name);
    name_.assign(name.executable_name, name.executable_name_size);

    auto outputs = api.make<PJRT_Executable_NumOutputs_Args>();
    outputs.executable = executable_.get();
    api.call<&PJRT_Api::PJRT_Executable_NumOutputs>(outputs);
    num_outputs_ = static_cast<int64_t>(outputs.num_outputs);

    auto replicas = api.make<PJRT_Executable_NumReplicas_Args>();
    replicas.executable = executable_.get();
    api.call<&PJRT_Api::PJRT_Executable_NumReplicas>(replicas);
    num_replicas_ = static_cast<int64_t>(replicas.num_replicas);

    auto partitions = api.make<PJRT_Executable_NumPartitions_Args>();
    partitions.executable = executable_.get();
    api.call<&PJRT_Api::PJRT_Executable_NumPartitions>(partitions);
    num_partitions_ = static_cast<int64_t>(partitions.num_partitions);
}

void optirs_pjrt_executable::readDevices() {
    auto args = client_->api().make<PJRT_LoadedExecutable_AddressableDevices_Args>();
    args.executable = loaded_.get();
    client_->api().call<&PJRT_Api::PJRT_LoadedExecutable_AddressableDevices>(args);
    for (const PJRT_Device* handle : std::span(args.addressable_devices, args.num_addressable_devices)) {
        optirs_pjrt_device* device = client_->findDevice(handle);
        if (device == nullptr) {
            throw Error(Code::kInternal, "the plugin runs the program on a device that it did not list",
                        client_->platformName());
        }
        devices_.push_back(device);
    }
    if (devices_.empty()) {
        throw Error(Code::kFailedPrecondition,
                    concat("program '", name_, "' runs on no device of this process"),
                    client_->platformName());
    }
}

void optirs_pjrt_executable::readOutputTypes() {
    const pjrt::Api& api = client_->api();
    auto types = api.make<PJRT_Executable_OutputElementTypes_Args>();
    types.executable = executable_.get();
    auto dims = api.make<PJRT_Executable_OutputDimensions_Args>();
    dims.executable = executable_.get();
    const bool is_offered = pjrt::askIfOffered([&] {
        api.call<&PJRT_Api::PJRT_Executable_OutputElementTypes>(types);
        api.call<&PJRT_Api::PJRT_Executable_OutputDimensions>(dims);
    });
    const auto count = static_cast<std::size_t>(num_outputs_);
    if (!is_offered || types.num_output_types != count || dims.num_outputs != count) {
        return;
    }
    const int64_t* extents = dims.dims;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t rank = dims.dim_sizes[i];
        output_types_.push_back(client_->types().intern(types.output_types[i], std::span(extents, rank)));
        extents += rank;
    }
}

const pjrt::TensorType& optirs_pjrt_executable::outputType(int64_t index) const {
    pjrt::checkIndex(index, num_outputs_, "result");
    if (output_types_.empty()) {
        throw Error(
            Code::kUnimplemented,
            concat("the plugin does not say what the results of program '", name_, "' are before it has run"),
            client_->platformName());
    }
    return *output_types_[static_cast<std::size_t>(index)];
}

const pjrt::TensorType* optirs_pjrt_executable::knownOutputType(int64_t index) const noexcept {
    // With several partitions a plugin may state the whole while each device holds a part: the buffer knows
    // better.
    return output_types_.empty() || num_partitions_ > 1 ? nullptr
                                                        : output_types_[static_cast<std::size_t>(index)];
}

optirs_pjrt_executable_memory optirs_pjrt_executable::memory() const {
    const pjrt::Api& api = client_->api();
    auto args = api.make<PJRT_Executable_GetCompiledMemoryStats_Args>();
    args.executable = executable_.get();
    args.peak_memory_in_bytes = -1;
    api.call<&PJRT_Api::PJRT_Executable_GetCompiledMemoryStats>(args);
    return {
        .generated_code_bytes = args.generated_code_size_in_bytes,
        .argument_bytes = args.argument_size_in_bytes,
        .output_bytes = args.output_size_in_bytes,
        .alias_bytes = args.alias_size_in_bytes,
        .temporary_bytes = args.temp_size_in_bytes,
        .peak_bytes = args.peak_memory_in_bytes,
        .host_generated_code_bytes = args.host_generated_code_size_in_bytes,
        .host_argument_bytes = args.host_argument_size_in_bytes,
        .host_output_bytes = args.host_output_size_in_bytes,
        .host_alias_bytes = args.host_alias_size_in_bytes,
        .host_temporary_bytes = args.host_temp_size_in_bytes,
    };
}

int64_t optirs_pjrt_executable::codeSize() const {
    auto args = client_->api().make<PJRT_Executable_SizeOfGeneratedCodeInBytes_Args>();
    args.executable = executable_.get();
    client_->api().call<&PJRT_Api::PJRT_Executable_SizeOfGeneratedCodeInBytes>(args);
    return args.size_in_bytes;
}

const pjrt::NamedValues& optirs_pjrt_executable::costs() const {
    const std::scoped_lock lock(mutex_);
    if (costs_ == nullptr) {
        auto args = client_->api().make<PJRT_Executable_GetCostAnalysis_Args>();
        args.executable = executable_.get();
        client_->api().call<&PJRT_Api::PJRT_Executable_GetCostAnalysis>(args);
        costs_ = std::make_unique<pjrt::NamedValues>(args.properties, args.num_properties);
    }
    return *costs_;
}

const std::string& optirs_pjrt_executable::fingerprint() const {
    const std::scoped_lock lock(mutex_);
    if (!fingerprint_) {
        fingerprint_ = askFingerprint();
    }
    return *fingerprint_;
}

// The question moved from the loaded to the plain executable; plugins answer either or both.
std::string optirs_pjrt_executable::askFingerprint() const {
    const pjrt::Api& api = client_->api();
    auto args = api.make<PJRT_Executable_Fingerprint_Args>();
    args.executable = executable_.get();
    if (pjrt::askIfOffered([&] { api.call<&PJRT_Api::PJRT_Executable_Fingerprint>(args); })) {
        return {args.executable_fingerprint, args.executable_fingerprint_size};
    }
    auto loaded_args = api.make<PJRT_LoadedExecutable_Fingerprint_Args>();
    loaded_args.executable = loaded_.get();
    api.call<&PJRT_Api::PJRT_LoadedExecutable_Fingerprint>(loaded_args);
    return {loaded_args.executable_fingerprint, loaded_args.executable_fingerprint_size};
}
