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
#include "src/pjrt/client.h"
#include "src/pjrt/compile_options.h"
#include "src/pjrt/execution.h"
#include "src/pjrt/owned.h"

struct optirs_pjrt_executable final : optirs::core::Object {
    /// `client` is the one that compiled it. Asks for everything that executing needs to know.
    optirs_pjrt_executable(optirs::core::Ref<optirs_pjrt_client> client,
                           optirs::pjrt::OwnedLoadedExecutable loaded);

    optirs_pjrt_client& client() const noexcept { return *client_; }
    PJRT_LoadedExecutable* handle() const noexcept { return loaded_.get(); }
    const std::string& name() const noexcept { return name_; }
    int64_t numOutputs() const noexcept { return num_outputs_; }
    int64_t numReplicas() const noexcept { return num_replicas_; }
    int64_t numPartitions() const noexcept { return num_partitions_; }
    const std::vector<optirs_pjrt_device*>& devices() const noexcept { return devices_; }

    /// Throws OUT_OF_RANGE, or UNIMPLEMENTED where the plugin does not say.
    const optirs::pjrt::TensorType& outputType(int64_t index) const;
    /// NULL where it is not known before the result exists.
    const optirs::pjrt::TensorType* knownOutputType(int64_t index) const noexcept;

    optirs_pjrt_executable_memory memory() const;
    int64_t codeSize() const;
    const optirs::pjrt::NamedValues& costs() const;
    const std::string& fingerprint() const;

    optirs::pjrt::Execution& execution() noexcept { return execution_; }

 private:
    void read();
    void readDevices();
    void readOutputTypes();
    std::string askFingerprint() const;

    optirs::core::Ref<optirs_pjrt_client> client_;  // first, so that it outlives the rest
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
    optirs::pjrt::Execution execution_;
};

namespace optirs::pjrt {

/// optirs_pjrt_executable_compile.
core::Ref<optirs_pjrt_executable> compile(optirs_pjrt_client& client, std::string_view program,
                                          std::string_view format, const CompileOptions& options);

}  // namespace optirs::pjrt
