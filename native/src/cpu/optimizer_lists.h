// Walks over the lists of an optimizer step: in parallel, in pieces that stay in the cache, with every
// operand as f32.
#pragma once

#include <optirs/kernel_optimizer.h>

#include <vector>

#include "src/cpu/function_ref.h"
#include "src/cpu/optimizer_rules.h"

namespace optirs {
class ThreadPool;
}

namespace optirs::cpu {

/// Elements that a thread takes at a time: few enough that small models use all threads, enough to hide the
/// hand-over.
inline constexpr int64_t kChunk = 16384;

/// The chunks of a list of tensors, numbered through. Uses memory of the calling thread that grows only, so
/// that steps in steady state allocate nothing; one at a time lives on a thread.
class Chunks {
 public:
    Chunks(const optirs_dl_tensor* tensors, int64_t count);

    int64_t count() const { return first_.back(); }
    /// Number of the first chunk of a tensor.
    int64_t first(int64_t tensor) const { return first_[static_cast<size_t>(tensor)]; }

    /// Calls body(chunk, tensor, first element, elements) for all of them, on all threads.
    void forEach(ThreadPool& pool, FunctionRef<void(int64_t, int64_t, int64_t, int64_t)> body) const;

    /// Zeros, one for each chunk or tensor, for sums that do not depend on the number of threads. `slot` is 0
    /// to 2.
    static double* numbers(int slot, int64_t size);

 private:
    const optirs_dl_tensor* tensors_;
    std::vector<int64_t>& first_;
};

/// Which 8-bit map states have, and what of the lists a pass uses.
struct StepForm {
    bool state1_has_sign = true;
    bool uses_grads = true;
    bool writes_params = true;
    bool writes_states = true;
};

/// Whether the step is to change nothing.
bool isSkipped(const optirs_optimizer_tensors& tensors);

/// Calls rule(chunk, tensor, block) for the blocks of all chunks, with what is not f32 converted before and
/// after.
void forBlocks(const optirs_optimizer_tensors& tensors, const StepForm& form, const Chunks& chunks,
               ThreadPool& pool, FunctionRef<void(int64_t, int64_t, const RuleBlock&)> rule);

}  // namespace optirs::cpu
