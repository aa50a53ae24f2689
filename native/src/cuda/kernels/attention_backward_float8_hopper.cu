// The gradients of attention for Hopper by products of 8 bits: all of q, k and v are of one type, changes of
// out of that or of E5M2. Unverified on hardware.
#include "attention_gradients_hopper.cuh"

namespace optirs::cuda {

#define OPTIRS_GRADIENT(T, D, suffix, width, name, side)                                \
    OPTIRS_WIDE_KERNEL(attention_hopper_##name##_##suffix##_##width, kHopperThreads, 1, \
                       AttentionHopperBackwardArguments, findGradients<T, D, width, Side::side>)
#define OPTIRS_ATTENTION_BACKWARD(T, D, suffix)                    \
    OPTIRS_GRADIENT(T, D, suffix, 64, query_gradient, kQueries);   \
    OPTIRS_GRADIENT(T, D, suffix, 64, column_gradients, kColumns); \
    OPTIRS_GRADIENT(T, D, suffix, 128, query_gradient, kQueries);  \
    OPTIRS_GRADIENT(T, D, suffix, 128, column_gradients, kColumns)

OPTIRS_ATTENTION_BACKWARD(E4M3, E4M3, e4m3);
OPTIRS_ATTENTION_BACKWARD(E4M3, E5M2, e4m3_e5m2);
OPTIRS_ATTENTION_BACKWARD(E5M2, E5M2, e5m2);

}  // namespace optirs::cuda
