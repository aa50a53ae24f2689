/// @file
/// The passes of FftPlan, compiled for several instruction sets.
#pragma once

#include "pjrt_cpu/runtime/fft_plan.h"

namespace optirs::plugin {

/// One Stockham pass over `lines` interleaved transforms: x[q + lines * (p + rest * k)] ->
/// y[q + lines * (radix * p + j)], q < lines, p < rest, j and k < radix.
template <class T>
void runFftPass(const typename FftPlan<T>::Pass& pass, Lines<T> x, Lines<T> y, int64_t lines);

extern template void runFftPass<float>(const FftPlan<float>::Pass&, Lines<float>, Lines<float>, int64_t);
extern template void runFftPass<double>(const FftPlan<double>::Pass&, Lines<double>, Lines<double>, int64_t);

}  // namespace optirs::plugin
