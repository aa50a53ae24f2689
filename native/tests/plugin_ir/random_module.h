/// @file
/// Random programs over f32, i32 and i1 tensors, for comparing what runs them.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "interpreter.h"
#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin::testing {

/// About forty operations on tensors of one shape, with detours through other shapes; takes an f32 and an i32
/// tensor.
std::unique_ptr<Module> makeRandomModule(uint64_t seed);

/// Arguments for one, special values among them.
std::vector<Tensor> makeRandomArguments(uint64_t seed);

/// Equal bits, or both NaN.
bool sameNumber(double a, double b);

}  // namespace optirs::plugin::testing
