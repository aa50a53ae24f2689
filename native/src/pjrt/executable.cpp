#include "src/pjrt/executable.h"

#include "src/core/text.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
namespace pjrt = optirs::pjrt;

namespace optirs::pjrt {

ProgramArgument::ProgramArgument(const Api& api, std::string_view program, std::string_view format)
    : code_(program), program_(api.make<PJRT_Program>()) {
    if (program.empty()) {
        throw Error(Code::kInvalidArgument, "the program is empty");
    }
    program_.code = code_.data();
    program_.code_size = code_.size();
    program_.format = format.data();
    program_.format_size = format.size();
}

core::Ref<optirs_pjrt_executable> compile(optirs_pjrt_client& client, std::string_view program,
                                          std::string_view format, const CompileOptions& options) {
    const std::string serialized = serialize(options);
    ProgramArgument code(client.api(), program, format);
    auto args = client.api().make<PJRT_Client_Compile_Args>();
    args.client = client.handle();
    args.program = code.get();
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
      library_(client_->library()),
      api_(&client_->api()),
      loaded_(std::move(loaded)),
      executable_(pjrt::executableOf(api(), loaded_.get())),
      execution_(*this) {
    read();
    readDevices();
    readOutputTypes();
    execution_.setName(name_);
}

optirs_pjrt_executable::optirs_pjrt_executable(const pjrt::PluginLibrary& library,
                                               pjrt::OwnedExecutable compiled)
    : Object(OPTIRS_OBJECT_PJRT_EXECUTABLE),
      library_(library),
      api_(&library.api),
      loaded_(library.api, nullptr),
      executable_(std::move(compiled)),
      execution_(*this) {
    read();
    readOutputTypes();
}

void optirs_pjrt_executable::requireLoaded() const {
    if (!isLoaded()) {
        throw Error(Code::kFailedPrecondition,
                    concat("program '", name_,
                           "' was compiled for a topology and is not loaded: "
                           "optirs_pjrt_executable_load puts it on the devices of a client"),
                    api().backend());
    }
}

void optirs_pjrt_executable::read() {
    const pjrt::Api& api = *api_;
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
    auto args = api().make<PJRT_LoadedExecutable_AddressableDevices_Args>();
    args.executable = loaded_.get();
    api().call<&PJRT_Api::PJRT_LoadedExecutable_AddressableDevices>(args);
    for (const PJRT_Device* handle : std::span(args.addressable_devices, args.num_addressable_devices)) {
        optirs_pjrt_device* device = client_->findDevice(handle);
        if (device == nullptr) {
            throw Error(Code::kInternal, "the plugin runs the program on a device that it did not list",
                        api().backend());
        }
        devices_.push_back(device);
    }
}

void optirs_pjrt_executable::readOutputTypes() {
    const pjrt::Api& api = *api_;
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
        output_types_.push_back((client_ ? client_->types() : own_types_)
                                    .intern(types.output_types[i], std::span(extents, rank)));
        extents += rank;
    }
}

const pjrt::TensorType& optirs_pjrt_executable::outputType(int64_t index) const {
    pjrt::checkIndex(index, num_outputs_, "result");
    if (output_types_.empty()) {
        throw Error(
            Code::kUnimplemented,
            concat("the plugin does not say what the results of program '", name_, "' are before it has run"),
            api().backend());
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
    const pjrt::Api& api = *api_;
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
    auto args = api().make<PJRT_Executable_SizeOfGeneratedCodeInBytes_Args>();
    args.executable = executable_.get();
    api().call<&PJRT_Api::PJRT_Executable_SizeOfGeneratedCodeInBytes>(args);
    return args.size_in_bytes;
}

const pjrt::NamedValues& optirs_pjrt_executable::costs() const {
    const std::scoped_lock lock(mutex_);
    if (costs_ == nullptr) {
        auto args = api().make<PJRT_Executable_GetCostAnalysis_Args>();
        args.executable = executable_.get();
        api().call<&PJRT_Api::PJRT_Executable_GetCostAnalysis>(args);
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
    const pjrt::Api& api = *api_;
    auto args = api.make<PJRT_Executable_Fingerprint_Args>();
    args.executable = executable_.get();
    if (pjrt::askIfOffered([&] { api.call<&PJRT_Api::PJRT_Executable_Fingerprint>(args); })) {
        return {args.executable_fingerprint, args.executable_fingerprint_size};
    }
    requireLoaded();
    auto loaded_args = api.make<PJRT_LoadedExecutable_Fingerprint_Args>();
    loaded_args.executable = loaded_.get();
    api.call<&PJRT_Api::PJRT_LoadedExecutable_Fingerprint>(loaded_args);
    return {loaded_args.executable_fingerprint, loaded_args.executable_fingerprint_size};
}
