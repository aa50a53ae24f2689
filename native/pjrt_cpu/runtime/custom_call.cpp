#include "pjrt_cpu/runtime/custom_call.h"

#include <map>
#include <mutex>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/check_calls.h"
#include "pjrt_cpu/runtime/decompositions.h"
#include "pjrt_cpu/runtime/kernel_calls.h"

namespace optirs::plugin {

struct CustomCallRegistry::State {
    std::mutex mutex;
    std::map<std::string, std::shared_ptr<const CustomCallFunction>, std::less<>> functions;
};

CustomCallRegistry::CustomCallRegistry() : state_(std::make_unique<State>()) {
    registerCheckCalls(*this);
    registerDecompositions(*this);
    registerKernelCalls(*this);
}
CustomCallRegistry::~CustomCallRegistry() = default;

CustomCallRegistry& CustomCallRegistry::instance() {
    static CustomCallRegistry registry;
    return registry;
}

void CustomCallRegistry::add(std::string name, CustomCallFunction function) {
    std::lock_guard lock(state_->mutex);
    auto shared = std::make_shared<const CustomCallFunction>(std::move(function));
    if (!state_->functions.emplace(name, std::move(shared)).second) {
        throw Error(Code::kAlreadyExists, "a custom call target \"" + name + "\" is registered already");
    }
}

std::shared_ptr<const CustomCallFunction> CustomCallRegistry::find(std::string_view name) const {
    std::lock_guard lock(state_->mutex);
    const auto it = state_->functions.find(name);
    return it == state_->functions.end() ? nullptr : it->second;
}

std::vector<std::string> CustomCallRegistry::names() const {
    std::lock_guard lock(state_->mutex);
    std::vector<std::string> names;
    for (const auto& entry : state_->functions) names.push_back(entry.first);
    return names;
}

namespace {

class CustomCallStep final : public Step {
 public:
    CustomCallStep(CustomCallSpec spec, std::shared_ptr<const CustomCallFunction> function)
        : spec_(std::move(spec)), function_(std::move(function)) {}

    void run(const Frame& frame) const override {
        const std::vector<CustomCallBuffer> operands =
            gather(frame, spec_.operand_types, spec_.operand_allocations);
        const std::vector<CustomCallBuffer> results =
            gather(frame, spec_.result_types, spec_.result_allocations);
        (*function_)(
            {operands, results, spec_.backend_config, frame, spec_.target, spec_.location, spec_.attributes});
    }

    std::string describe() const override { return "custom_call @" + spec_.target; }

 private:
    static std::vector<CustomCallBuffer> gather(const Frame& frame, const std::vector<TensorType>& types,
                                                const std::vector<int32_t>& allocations) {
        std::vector<CustomCallBuffer> buffers;
        buffers.reserve(types.size());
        for (size_t i = 0; i < types.size(); ++i) {
            buffers.push_back({&types[i], frame.buffers[static_cast<size_t>(allocations[i])]});
        }
        return buffers;
    }

    CustomCallSpec spec_;
    std::shared_ptr<const CustomCallFunction> function_;
};

}  // namespace

std::unique_ptr<Step> makeCustomCallStep(const CustomCallSpec& spec) {
    auto function = CustomCallRegistry::instance().find(spec.target);
    if (function == nullptr) {
        std::string message = "custom_call target \"" + spec.target + "\" is not registered";
        const std::vector<std::string> names = CustomCallRegistry::instance().names();
        for (size_t i = 0; i < names.size(); ++i) message += (i == 0 ? "; registered: " : ", ") + names[i];
        throw unimplemented(message);
    }
    if (spec.operand_types.size() != spec.operand_allocations.size() ||
        spec.result_types.size() != spec.result_allocations.size()) {
        throw internalError("custom_call @" + spec.target + ": types and allocations differ in number");
    }
    return std::make_unique<CustomCallStep>(spec, std::move(function));
}

}  // namespace optirs::plugin
