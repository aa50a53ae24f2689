// cuDNN as far as this backend uses it: it is found, its version checked and named; nothing is computed with
// it yet.
#pragma once

#include <cstddef>

namespace optirs::cuda {

inline constexpr size_t kOldestCudnn = 90000;  // major * 10000 + minor * 100 + patch

/// X(member, exported symbol, result, parameters).
#define OPTIRS_CUDNN_FUNCTIONS(X) X(getVersion, "cudnnGetVersion", size_t, (void))

struct CudnnApi {
// NOLINTNEXTLINE(bugprone-macro-parentheses): parameters of a declarator
#define OPTIRS_X(member, symbol, result, parameters) result(*member) parameters = nullptr;
    OPTIRS_CUDNN_FUNCTIONS(OPTIRS_X)
#undef OPTIRS_X
};

}  // namespace optirs::cuda
