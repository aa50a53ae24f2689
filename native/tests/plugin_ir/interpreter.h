/// @file
/// A slow, plain evaluator of programs: the reference that the passes are tested against. It shares no
/// code with them. Floats are doubles, rounded to their type after every operation; integers int64.
#pragma once

#include <vector>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin::testing {

struct Tensor {
    TensorType type;
    std::vector<double> reals;      ///< of float types; two of each complex number
    std::vector<int64_t> integers;  ///< of integer types and i1

    int64_t size() const { return type.elementCount(); }
};

Tensor tensorOf(const Literal& literal);
Tensor realTensor(ElementType element, std::vector<int64_t> dims, std::vector<double> values);

/// Runs a function whose calls are inlined. Throws std::runtime_error for operations it does not know.
std::vector<Tensor> interpret(const Function& function, const std::vector<Tensor>& arguments);

}  // namespace optirs::plugin::testing
