#include "pjrt_cpu/runtime/onednn.h"

#include <array>
#include <cstdlib>
#include <memory>

#include "pjrt_cpu/ir/error.h"

// Declared here and not by <omp.h>, so that every compiler uses the OpenMP library that oneDNN itself is
// linked to.
extern "C" {
int omp_get_max_threads(void);        // NOLINT(readability-identifier-naming)
void omp_set_num_threads(int count);  // NOLINT(readability-identifier-naming)
}

namespace optirs::plugin {
namespace {

struct FreeDelete {
    void operator()(std::byte* data) const { std::free(data); }  // NOLINT: from posix_memalign
};

struct Scratch {
    std::unique_ptr<std::byte, FreeDelete> data;
    size_t size = 0;
};

}  // namespace

SingleThreadedScope::SingleThreadedScope() : former_threads_(omp_get_max_threads()) {
    if (former_threads_ != 1) omp_set_num_threads(1);
}

SingleThreadedScope::~SingleThreadedScope() {
    if (former_threads_ != 1) omp_set_num_threads(former_threads_);
}

const dnnl::engine& cpuEngine() {
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

dnnl::stream& threadStream() {
    static thread_local dnnl::stream stream(cpuEngine());
    return stream;
}

std::optional<dnnl::memory::data_type> dnnlType(ElementType type) {
    switch (type) {
        case ElementType::kF32:
            return dnnl::memory::data_type::f32;
        case ElementType::kBF16:
            return dnnl::memory::data_type::bf16;
        default:
            return std::nullopt;
    }
}

dnnl::primitive_attr scratchpadAttributes() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
}

std::byte* threadScratch(ScratchSlot slot, size_t bytes) {
    static thread_local std::array<Scratch, 8> slots;
    Scratch& scratch = slots[static_cast<size_t>(slot)];
    if (scratch.size < bytes) {
        scratch.data.reset();
        scratch.size = 0;
        void* data = nullptr;
        if (posix_memalign(&data, 64, bytes) != 0) {
            throw resourceExhausted("out of host memory: " + std::to_string(bytes) +
                                    " bytes of scratch requested");
        }
        scratch.data.reset(static_cast<std::byte*>(data));
        scratch.size = bytes;
    }
    return scratch.data.get();
}

void throwDnnl(const std::string& what, const dnnl::error& error) {
    const Code code = error.status == dnnl_out_of_memory   ? Code::kResourceExhausted
                      : error.status == dnnl_unimplemented ? Code::kUnimplemented
                                                           : Code::kInternal;
    throw Error(code, what + ": oneDNN: " + error.what());
}

}  // namespace optirs::plugin
