#include "pjrt_cpu/runtime/kernel_calls.h"

#include <algorithm>
#include <cstring>

#include "pjrt_cpu/ir/attribute.h"
#include "pjrt_cpu/ir/error.h"
#include "src/core/error.h"
#include "src/cpu/kernel_error.h"
#include "src/cpu/kernels.h"
#include "src/kernels/call_binder.h"

namespace optirs::plugin {
namespace {

using kernels::CallBinder;
using kernels::CallTensor;
using kernels::KernelTarget;

/// The host, on the threads of the frame.
class HostMachine final : public kernels::CallMachine {
 public:
    explicit HostMachine(ThreadPool& pool) : pool_(pool) {}

    optirs_dl_device device() const noexcept override { return {OPTIRS_DL_CPU, 0}; }
    void copy(void* to, const void* from, size_t bytes) override { std::memmove(to, from, bytes); }
    void read(std::span<const kernels::CallRead> reads) override {
        for (const kernels::CallRead& one : reads) {
            std::memcpy(one.to, one.from, one.bytes);
        }
    }
    uint64_t workspaceBytes(optirs_kernel kernel, const void* args) override {
        return cpu::kernelWorkspace(kernel, args);
    }
    void* workspace(uint64_t bytes) override {
        thread_local std::vector<std::max_align_t> memory;  // grows only
        memory.resize(std::max(memory.size(), bytes / sizeof(std::max_align_t) + 1));
        return memory.data();
    }
    void run(optirs_kernel kernel, const void* args) override { cpu::runKernel(kernel, args, pool_); }

 private:
    ThreadPool& pool_;
};

optirs_dl_data_type dlpackType(ElementType type) {
    switch (type) {
        case ElementType::kF64:
            return {OPTIRS_DL_FLOAT, 64, 1};
        case ElementType::kF32:
            return {OPTIRS_DL_FLOAT, 32, 1};
        case ElementType::kBF16:
            return {OPTIRS_DL_BFLOAT, 16, 1};
        case ElementType::kF16:
            return {OPTIRS_DL_FLOAT, 16, 1};
        case ElementType::kF8E4M3FN:
            return {OPTIRS_DL_F8E4M3FN, 8, 1};
        case ElementType::kF8E5M2:
            return {OPTIRS_DL_F8E5M2, 8, 1};
        case ElementType::kF8E8M0FNU:
            return {OPTIRS_DL_F8E8M0FNU, 8, 1};
        case ElementType::kI32:
            return {OPTIRS_DL_INT, 32, 1};
        case ElementType::kI64:
            return {OPTIRS_DL_INT, 64, 1};
        case ElementType::kI16:
            return {OPTIRS_DL_INT, 16, 1};
        case ElementType::kUi8:
            return {OPTIRS_DL_UINT, 8, 1};
        default:
            throw core::Error(core::Code::kInvalidArgument,
                              "kernels take no tensors of " + std::string(elementTypeName(type)));
    }
}

std::vector<CallTensor> tensorsOf(std::span<const CustomCallBuffer> buffers) {
    std::vector<CallTensor> tensors;
    tensors.reserve(buffers.size());
    for (const CustomCallBuffer& buffer : buffers) {
        tensors.push_back({buffer.data, dlpackType(buffer.type->element()), buffer.type->dims()});
    }
    return tensors;
}

void readNames(CallBinder& binder, const NamedAttribute& entry) {
    if (const auto* text = entry.value.get<std::string>()) {
        binder.name(entry.name, std::string_view(*text));
        return;
    }
    const auto* list = entry.value.get<Attribute::List>();
    std::vector<std::string_view> names;
    for (size_t i = 0; list != nullptr && i < list->size(); ++i) {
        if (const auto* name = (*list)[i].get<std::string>()) {
            names.push_back(*name);
        }
    }
    if (list == nullptr || names.size() != list->size()) {
        throw core::Error(core::Code::kInvalidArgument,
                          entry.name + " is " + entry.value.toString() + ", expected a list of strings");
    }
    binder.name(entry.name, std::move(names));
}

void readScalar(CallBinder& binder, const NamedAttribute& entry) {
    if (const auto* real = entry.value.get<FloatAttribute>()) {
        binder.set(entry.name, real->value);
    } else if (const auto* integer = entry.value.get<IntegerAttribute>()) {
        binder.set(entry.name, integer->value);
    } else if (const auto* truth = entry.value.get<bool>()) {
        binder.set(entry.name, int64_t{*truth});
    } else {
        binder.refuse(entry.name, entry.value.toString());
    }
}

/// The dictionary, whichever way it is spelled.
void readConfig(CallBinder& binder, const NamedAttributes& attributes) {
    const Attribute* config = attributes.find("mhlo.backend_config");
    if (config == nullptr) {
        config = attributes.find("backend_config");
    }
    if (config == nullptr) {
        return;
    }
    const auto* entries = config->get<NamedAttributes>();
    const auto* text = config->get<std::string>();
    if (entries == nullptr) {
        if (text == nullptr || !text->empty()) {
            throw core::Error(core::Code::kInvalidArgument,
                              "backend_config is " + config->toString() + ", expected a dictionary");
        }
        return;
    }
    for (const NamedAttribute& entry : *entries) {
        if (entry.name == CallBinder::kOperands || entry.name == CallBinder::kResults) {
            readNames(binder, entry);
        } else {
            readScalar(binder, entry);
        }
    }
}

void runTarget(const CustomCallArguments& call, const KernelTarget& target) {
    const auto where = [&](const char* what) {
        return std::string(call.target) + " at " + std::string(call.location) + ": " + what;
    };
    try {
        CallBinder binder(target);
        readConfig(binder, call.attributes);
        HostMachine machine(call.frame.pool);
        binder.run(tensorsOf(call.operands), tensorsOf(call.results), machine);
    } catch (const core::Error& error) {
        throw Error(static_cast<Code>(error.code()), where(error.what()));
    } catch (const cpu::KernelError& error) {
        throw Error(static_cast<Code>(error.code()), where(error.what()));
    }
}

}  // namespace

void registerKernelCalls(CustomCallRegistry& registry) {
    for (const KernelTarget& target : kernels::kernelTargets()) {
        registry.add("optirs." + std::string(target.name),
                     [&target](const CustomCallArguments& call) { runTarget(call, target); });
    }
}

}  // namespace optirs::plugin
