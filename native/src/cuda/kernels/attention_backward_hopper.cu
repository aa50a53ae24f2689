// The gradients of attention for Hopper by products of 16 bits. Unverified on hardware.
#include "attention_gradients_hopper.cuh"

namespace optirs::cuda {

#define OPTIRS_GRADIENT(T, suffix, width, name, side)                                   \
    OPTIRS_WIDE_KERNEL(attention_hopper_##name##_##suffix##_##width, kHopperThreads, 1, \
                       AttentionHopperBackwardArguments, findGradients<T, T, width, Side::side>)
#define OPTIRS_ATTENTION_BACKWARD(T, suffix)                     \
    OPTIRS_GRADIENT(T, suffix, 64, query_gradient, kQueries);    \
    OPTIRS_GRADIENT(T, suffix, 64, column_gradients, kColumns);  \
    OPTIRS_GRADIENT(T, suffix, 128, query_gradient, kQueries);   \
    OPTIRS_GRADIENT(T, suffix, 128, column_gradients, kColumns); \
    OPTIRS_GRADIENT(T, suffix, 256, query_gradient, kQueries);   \
    OPTIRS_GRADIENT(T, suffix, 256, key_gradient, kKeys);        \
    OPTIRS_GRADIENT(T, suffix, 256, value_gradient, kValues)

OPTIRS_ATTENTION_BACKWARD(BF16, bf16);
OPTIRS_ATTENTION_BACKWARD(F16, f16);

}  // namespace optirs::cuda
