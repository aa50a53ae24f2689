/// @file
/// The decompositions of matrices that XLA's clients ask for by custom calls.
#pragma once

#include "pjrt_cpu/runtime/custom_call.h"

namespace optirs::plugin {

/// Adds the targets to the registry. Matrices are dense, of f32, f64 or complex numbers of them, with any
/// leading dimensions; k is the smaller of m and n.
///
/// - Qr(a [m, n]) -> packed [m, n], taus [k]: R in the upper triangle, below it the reflectors' vectors v, of
///   which v[i] = 1 goes without saying. A reflector is I - tau v v^H, and Q is their product in order, as
///   LAPACK's geqrf has it.
/// - ProductOfElementaryHouseholderReflectors(a [m, n], taus [k]) -> [m, n]: the first n columns of that Q.
/// - LuDecomposition(a [m, n]) -> packed [m, n], pivots [k] and permutation [m], both i32 and from 0: rows
///   permutation[i] of `a` are L U, with partial pivoting; L has ones on its diagonal.
/// - Eigh(a [n, n]) -> vectors [n, n], values [n]: of a Hermitian matrix of which one triangle is read, the
///   eigenvalues in ascending order and the eigenvectors as columns. backend_config is
///   "lower,sort,max_iterations,tolerance", of which the last three change nothing. NaN where there is no
///   answer.
///
/// Operands and results of other types: INVALID_ARGUMENT. References: G. Golub, C. Van Loan, "Matrix
/// Computations", 4th ed., 5.1, 3.4 and 8.3.
void registerDecompositions(CustomCallRegistry& registry);

}  // namespace optirs::plugin
