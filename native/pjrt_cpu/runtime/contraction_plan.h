#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "pjrt_cpu/runtime/contraction.h"
#include "pjrt_cpu/runtime/strided_copy.h"

namespace optirs::plugin {

/// How a contraction becomes matrix products: some operands may be copied into dense layout first (packed), a
/// matrix product of m x n x k is chosen among the dims, and the dims that are left are looped over.
struct ContractionPlan {
    struct Loop {
        int64_t size = 1;
        int64_t lhs_stride = 0;
        int64_t rhs_stride = 0;
        int64_t out_stride = 0;
    };
    struct Packing {
        bool used = false;
        StridedCopy copy;
        int64_t elements = 0;
    };

    // The matrix product. Its result has unit stride along n: where the spec's result has it along m, lhs and
    // rhs are exchanged (`swapped`), and m, n and all strides below are those after the exchange.
    bool swapped = false;
    int64_t m = 1, n = 1, k = 1;
    int64_t lhs_m = 0, lhs_k = 0;
    int64_t rhs_k = 0, rhs_n = 0;
    int64_t out_m = 0;

    std::vector<Loop> parallel;  ///< batch and left-over m and n dims
    std::vector<Loop> serial;    ///< left-over k dims: all but the first round add to the result
    /// Compute types, after packing (which converts f16, and what the library cannot multiply, to f32).
    ElementType operand{};
    ElementType result{};
    Packing lhs, rhs, out;

    // Blocks that tasks compute; a function of the shape alone, so that results do not depend on the number
    // of threads.
    int64_t m_block = 1, n_block = 1;
    /// Parallel loops run over the rows of the result in the order of the spec: the epilogue can follow each
    /// block.
    bool rows_in_order = false;

    int64_t parallelCount() const;
    int64_t serialCount() const;
};

/// `multiply_bf16`: the library multiplies bf16 on this machine. Throws INVALID_ARGUMENT on a spec that is no
/// contraction.
ContractionPlan planContraction(const ContractionSpec& spec, bool multiply_bf16);

/// "f32 b=8 m=256 n=64 k=64".
std::string describe(const ContractionSpec& spec);

}  // namespace optirs::plugin
