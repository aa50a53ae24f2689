#include "src/pjrt/kernel_handlers.h"

#include <array>
#include <string>
#include <utility>

#include "src/core/registry.h"
#include "src/core/text.h"
#include "src/kernels/call_targets.h"
#include "src/pjrt/custom_call.h"
#include "src/pjrt/ffi_call.h"

namespace optirs::pjrt {
namespace {

constexpr std::string_view kPlatform = "CUDA";

/// A handler is a function without a context: there is one for each target.
template <std::size_t kIndex>
XLA_FFI_Error* handle(XLA_FFI_CallFrame* frame) {
    return answerCall(kernels::kernelTargets()[kIndex], *frame);
}

template <std::size_t... kIndices>
constexpr std::array<XLA_FFI_Handler*, sizeof...(kIndices)> handlers(
    std::index_sequence<kIndices...> /*targets*/) {
    return {handle<kIndices>...};
}

}  // namespace

void registerKernels(const PluginLibrary& library) {
    const auto register_handler = handlerRegistration(library);
    core::Registry::global().load("cuda");
    constexpr auto kHandlers = handlers(std::make_index_sequence<kernels::kKernelTargetCount>());
    for (std::size_t i = 0; i < kHandlers.size(); ++i) {
        register_handler(library, core::concat("optirs.", kernels::kernelTargets()[i].name), kPlatform,
                         reinterpret_cast<void*>(kHandlers[i]), 0);
    }
}

}  // namespace optirs::pjrt
