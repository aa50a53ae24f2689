#pragma once

#include <cstddef>
#include <cstdint>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>

#include "pjrt_cpu/ir/element_type.h"

namespace optirs::plugin {

/// The plugin has one thread pool, and oneDNN brings another (OpenMP). Inside this scope oneDNN stays on the
/// calling thread: both primitives made and primitives run in it. The thread's former setting comes back at
/// the end.
class SingleThreadedScope {
 public:
    SingleThreadedScope();
    ~SingleThreadedScope();
    SingleThreadedScope(const SingleThreadedScope&) = delete;
    SingleThreadedScope& operator=(const SingleThreadedScope&) = delete;

 private:
    int former_threads_;
};

const dnnl::engine& cpuEngine();
/// Of the calling thread; CPU streams are in order and run at once.
dnnl::stream& threadStream();
/// f32, bf16; nothing for what oneDNN's CPU kernels do not compute in.
std::optional<dnnl::memory::data_type> dnnlType(ElementType type);
/// Attributes with caller-provided scratch memory: oneDNN's own would tie a primitive to one thread.
dnnl::primitive_attr scratchpadAttributes();

/// Memory that the calling thread keeps, 64-byte aligned, contents arbitrary; valid until the next call with
/// the same slot on this thread. Grows, never shrinks: a loop in steady state allocates nothing.
enum class ScratchSlot : uint8_t { kPrimitive, kLhs, kRhs, kOut, kWork, kWide, kPanels, kColumns };
std::byte* threadScratch(ScratchSlot slot, size_t bytes);

/// Runs `body`, and turns dnnl::error into Error INTERNAL "what: oneDNN's message".
template <class Body>
auto withDnnl(const std::string& what, Body&& body);

[[noreturn]] void throwDnnl(const std::string& what, const dnnl::error& error);

template <class Body>
auto withDnnl(const std::string& what, Body&& body) {
    const SingleThreadedScope scope;
    try {
        return body();
    } catch (const dnnl::error& error) {
        throwDnnl(what, error);
    }
}

}  // namespace optirs::plugin
