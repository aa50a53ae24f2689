/// @file
/// How many operations a program does: counted from its operations, not measured.
#pragma once

#include "pjrt_cpu/ir/module.h"
#include "pjrt_cpu/runtime/program.h"

namespace optirs::plugin {

/// flops: one per element of an elementwise operation; 2 M N K of a contraction; 2 x outputs x window x input
/// features / groups of a convolution (padding included); the body's for every element that a reduction or
/// scatter combines; n ceil(log2 n) comparisons of a sort; 5 n log2 n of a Fourier transform; n^3 / 3 of a
/// Cholesky decomposition; n^2 m of a triangular solve. transcendentals: elements of operations that take a
/// series or an iteration (exponential, logarithm, power, roots, trigonometric). The body of a loop counts
/// once, of the branches of a case the dearest. `bytes_accessed` is left alone: it depends on fusion.
void countOperations(const Block& block, ProgramCost& cost);

}  // namespace optirs::plugin
