// A program compiled and loaded on its devices.
#pragma once

#include <optirs/pjrt.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/core/object.h"
#include "src/pjrt/blobs.h"
#include "src/pjrt/client.h"
#include "src/pjrt/compile_options.h"
#include "src/pjrt/execution.h"
#include "src/pjrt/owned.h"

struct optirs_pjrt_executable final : optirs::core::Object {
    /// On the devices of `client`. Asks for everything that executing needs to know.
    optirs_pjrt_executable(optirs::core::Ref<optirs_pjrt_client> client,
                           optirs::pjrt::OwnedLoadedExecutable loaded);
    /// Compiled for a topology, and not loaded.
    optirs_pjrt_executable(const optirs::pjrt::PluginLibrary& library,
                           optirs::pjrt::OwnedExecutable compiled);

    bool isLoaded() const noexcept { return loaded_.get() != nullptr; }
    /// Throws FAILED_PRECONDITION unless the program is loaded.
    void requireLoaded() const;
    const optirs::pjrt::PluginLibrary& library() const noexcept { return library_; }
    /// Of a loaded program only.
    optirs_pjrt_client& client() const noexcept { return *client_; }
    PJRT_LoadedExecutable* handle() const noexcept { return loaded_.get(); }
    PJRT_Executable* compiled() const noexcept { return executable_.get(); }
    const std::string& name() const noexcept { return name_; }
    int64_t numOutputs() const noexcept { return num_outputs_; }
    int64_t numReplicas() const noexcept { return num_replicas_; }
    int64_t numPartitions() const noexcept { return num_partitions_; }
    const std::vector<optirs_pjrt_device*>& devices() const noexcept { return devices_; }

    /// Throws OUT_OF_RANGE, or UNIMPLEMENTED where the plugin does not say.
    const optirs::pjrt::TensorType& outputType(int64_t index) const;
    /// NULL where it is not known before the result exists. Extents of dynamic dimensions are bounds.
    const optirs::pjrt::TensorType* knownOutputType(int64_t index) const noexcept;

    optirs_pjrt_executable_memory memory() const;
    int64_t codeSize() const;
    const optirs::pjrt::NamedValues& costs() const;
    const std::string& fingerprint() const;

    /// Throws OUT_OF_RANGE, or UNIMPLEMENTED where the plugin does not say.
    const std::string& outputMemoryKind(int64_t index) const;
    const std::string& parameterMemoryKind(int64_t index) const;
    int64_t numParameters() const;

    struct OptimizedProgram {
        optirs::core::Ref<optirs_pjrt_bytes> code;
        std::string_view format;
    };
    OptimizedProgram optimizedProgram() const;
    optirs::core::Ref<optirs_pjrt_bytes> compileOptions() const;
    optirs::core::Ref<optirs_pjrt_bytes> deviceAssignment() const;
    PJRT_LogicalDeviceIds logicalIds(int64_t index) const;
    optirs::core::Ref<optirs_pjrt_bytes> serialize() const;
    void deleteProgram();
    bool isDeleted() const;

    optirs::pjrt::Execution& execution() noexcept { return execution_; }

 private:
    const optirs::pjrt::Api& api() const noexcept { return *api_; }
    template <class Args, auto kFunction>
    const std::vector<std::string>& memoryKinds(std::optional<std::vector<std::string>>& known,
                                                std::size_t Args::* count) const;
    void read();
    void readDevices();
    void readOutputTypes();
    std::string askFingerprint() const;

    optirs::core::Ref<optirs_pjrt_client> client_;  // first, so that it outlives the rest
    const optirs::pjrt::PluginLibrary& library_;
    const optirs::pjrt::Api* api_;
    optirs::pjrt::TensorTypes own_types_;  // where there is no client to keep them
    optirs::pjrt::OwnedLoadedExecutable loaded_;
    optirs::pjrt::OwnedExecutable executable_;
    std::string name_;
    int64_t num_outputs_ = 0;
    int64_t num_replicas_ = 1;
    int64_t num_partitions_ = 1;
    std::vector<optirs_pjrt_device*> devices_;
    std::vector<const optirs::pjrt::TensorType*> output_types_;  // empty where the plugin does not say

    mutable std::mutex mutex_;  // guards what is asked for late
    mutable std::unique_ptr<optirs::pjrt::NamedValues> costs_;
    mutable std::optional<std::string> fingerprint_;
    mutable std::optional<std::vector<std::string>> output_memory_kinds_;
    mutable std::optional<std::vector<std::string>> parameter_memory_kinds_;
    mutable std::string optimized_format_;
    optirs::pjrt::Execution execution_;
};

namespace optirs::pjrt {

/// A program on its way into a plugin, which may change it in place.
class ProgramArgument {
 public:
    /// `format` must outlive this object. Throws INVALID_ARGUMENT for an empty program.
    ProgramArgument(const Api& api, std::string_view program, std::string_view format);
    ProgramArgument(const ProgramArgument&) = delete;
    ProgramArgument& operator=(const ProgramArgument&) = delete;

    const PJRT_Program* get() const noexcept { return &program_; }

 private:
    std::string code_;
    PJRT_Program program_;
};

/// optirs_pjrt_executable_compile.
core::Ref<optirs_pjrt_executable> compile(optirs_pjrt_client& client, std::string_view program,
                                          std::string_view format, const CompileOptions& options);

/// optirs_pjrt_topology_compile; `client` may be NULL.
core::Ref<optirs_pjrt_executable> compileFor(const optirs_pjrt_topology& topology, optirs_pjrt_client* client,
                                             std::string_view program, std::string_view format,
                                             const CompileOptions& options);

/// optirs_pjrt_executable_deserialize; `options` is a serialized message, or empty.
core::Ref<optirs_pjrt_executable> deserialize(optirs_pjrt_client& client, std::string_view bytes,
                                              std::string_view options);

/// optirs_pjrt_executable_load.
core::Ref<optirs_pjrt_executable> load(optirs_pjrt_client& client, const optirs_pjrt_executable& executable,
                                       const CompileOptions& options);

}  // namespace optirs::pjrt
