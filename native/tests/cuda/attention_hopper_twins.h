// Attention by Hopper's kernels, beside the CPU's, in a program in which cuDNN is never chosen: whether it
// may be is read once.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "attention_twins.h"

namespace optirs::test {

[[maybe_unused]] inline const int kNoCudnn = setenv("OPTIRS_CUDNN_ATTENTION", "0", 1);

/// Heads that share their keys, heads of their own, and strides in another order.
inline std::vector<std::pair<const char*, Attention>> headCases() {
    return {{"groups", {.type = kBF16, .batch = 2, .rows = 130, .columns = 140, .heads = 6, .kv_heads = 2}},
            {"each its own", {.type = kBF16, .batch = 2, .heads = 3, .kv_heads = 3}},
            {"transposed",
             {.type = kF16,
              .batch = 2,
              .rows = 130,
              .columns = 140,
              .heads = 4,
              .kv_heads = 2,
              .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT,
              .is_transposed = true}}};
}

class AttentionHopperTest : public AttentionTest {
 protected:
    /// Kernels of this name that have run since the last reset.
    static size_t launched(const std::string& name) {
        return count(control().calls(), "cuLaunchKernel(name=" + name);
    }
    static bool tookHopper() { return launched("attention_hopper_") != 0; }

    void check(const char* what, const Attention& a) {
        control().reset();
        checkForward(what, a);
        EXPECT_TRUE(tookHopper()) << what;
    }
    void expectOther(const char* what, const Attention& a) {
        control().reset();
        checkForward(what, a);
        EXPECT_FALSE(tookHopper()) << what;
    }
    /// What the device has of some rows of a tensor [batch, rows, heads, width], counted over all batches.
    std::vector<char> rowsOf(const Twin& twin, int64_t first, int64_t end) {
        const std::vector<char> all = onDevice(twin);
        const int64_t row = twin.shape[2] * twin.shape[3] * twin.type.bits / 8;
        return {all.begin() + first * row, all.begin() + end * row};
    }
    /// Makes such rows NaN.
    void spoil(Twin& operand, int64_t first, int64_t end) {
        const int64_t row = operand.shape[2] * operand.shape[3] * operand.type.bits / 8;
        std::memset(&operand.host[static_cast<size_t>(first * row)], 0xff,
                    static_cast<size_t>((end - first) * row));
        EXPECT_OK(optirs_device_memory_write(operand.device.get(), 0, operand.host.data(),
                                             operand.host.size(), queue.get()));
    }
};

}  // namespace optirs::test
