// Matrix products: by cuBLASLt, or FP8 on Hopper by the project's own kernel.
//
// All matrices are row-major: D[m,n] = epilogue(alpha op(A)[m,k] op(B)[k,n] + beta C[m,n]). cuBLASLt is
// column-major and gets the transposed problem, D^T = op(B)^T op(A)^T: its A is our B, its m our n.
#pragma once

#include <optirs/tune.h>

#include <cstdint>
#include <span>
#include <vector>

#include "src/cuda/kernels/matmul_arguments.h"
#include "src/cuda/launch.h"

namespace optirs::cuda {

enum class GemmEpilogue : int32_t {
    kNone,
    kBias,           // + bias[n]
    kGelu,           // gelu(x), tanh form
    kGeluBias,       // gelu(x + bias[n])
    kGeluAux,        // gelu(x), and x to aux
    kGeluAuxBias,    // gelu(x + bias[n]), and x + bias to aux
    kDGelu,          // x gelu'(aux)
    kDGeluBiasGrad,  // x gelu'(aux), and its sums over m to bias[n]
    kBiasGradB,      // x, and the sums of op(B) over k to bias[n]
};

/// What the scales of an FP8 operand belong to; they are dequantisation factors.
enum class ScaleMode : int32_t {
    kTensor,    // one number
    kRow,       // one for each row of A, or column of op(B); cuBLASLt 12.9 and later
    kBlock128,  // one for each 128 of a row: [rows, k/128]; own kernel only
    kTile128,   // one for each 128 x 128: [rows/128, k/128]; own kernel only
};

struct MatrixOperand {
    const void* data = nullptr;
    MatrixType type = MatrixType::kF32;
    bool is_transposed = false;  // stored as [k,m] or [n,k]
    int64_t stride = 0;          // elements between rows
    int64_t batch_stride = 0;    // elements between matrices of a batch
    const float* scale = nullptr;
    ScaleMode scale_mode = ScaleMode::kTensor;
};

struct Gemm {
    int64_t m = 0;
    int64_t n = 0;
    int64_t k = 0;
    int64_t batch = 1;
    MatrixOperand a;
    MatrixOperand b;
    const void* c = nullptr;  // of D's type and strides; NULL if beta is 0
    void* d = nullptr;
    MatrixType d_type = MatrixType::kF32;
    int64_t d_stride = 0;
    int64_t d_batch_stride = 0;
    const float* d_scale = nullptr;  // FP8 output: quantisation factor
    float* d_amax = nullptr;         // FP8 output: max |D| before it is scaled
    float alpha = 1;
    float beta = 0;
    const float* factors = nullptr;  // alpha and beta in memory of the device, in place of the two
    GemmEpilogue epilogue = GemmEpilogue::kNone;
    void* bias = nullptr;
    MatrixType bias_type = MatrixType::kF32;
    void* aux = nullptr;
    MatrixType aux_type = MatrixType::kF32;  // D's, but for the own kernel
    int64_t aux_stride = 0;
    int64_t aux_batch_stride = 0;
    bool has_fast_accumulation = false;  // FP8: sums stay in the tensor core, with about 14 bits
    bool has_tf32 = false;               // f32: operands are rounded to TF32
};

/// Workspace that opens all of cuBLASLt's algorithms: 32 MiB from Hopper on, 4 MiB before.
uint64_t gemmWorkspaceBytes(int32_t device);

/// By the kernel for Hopper where prefersHopper says so, or tuneGemm has measured it to be the fastest for
/// the shape, in this process or an earlier one; else by cuBLASLt. Throws INVALID_ARGUMENT for what
/// cuBLASLt's documentation rules out, UNAVAILABLE without cuBLASLt, UNIMPLEMENTED where no algorithm fits.
void gemm(const Queue& queue, const Gemm& problem, void* workspace, uint64_t workspace_bytes);

/// Whether the own kernel computes an FP8 product that it can (isForHopper), without having been measured: it
/// does what cuBLASLt cannot, which are block scales, row scales before 12.9, two operands of f8E5M2, m or
/// n that are not multiples of 16, a D that is not aligned to 16 bytes, and all where cuBLASLt is not loaded.
bool prefersHopper(const Gemm& problem);

/// Whether the own FP8 kernel computes it, on a device of this compute capability (90 for 9.0) with this
/// driver: A stored as [m,k] and B as [n,k], with addresses and strides that are multiples of 16 bytes, and
/// no epilogue but a bias.
bool isForHopper(int32_t capability, const Gemm& problem);
/// For what isForHopper says. Block scales are always summed in f32.
void gemmHopper(const Queue& queue, const Gemm& problem);

/// The algorithm is the one that tuneGemm has measured for the shape, in this process or an earlier one; else
/// the heuristic's.
void gemmCublasLt(const Queue& queue, const Gemm& problem, void* workspace, uint64_t workspace_bytes);

/// Measures the candidates of cuBLASLt's heuristic and the kernel for Hopper, where they can compute it; they
/// write D. The problems differ in their memory alone. The fastest is kept for this shape, in the cache of
/// tunings too. Waits for the stream.
std::vector<optirs_timing> tuneGemm(const Queue& queue, std::span<const Gemm> problems, void* workspace,
                                    uint64_t workspace_bytes);

}  // namespace optirs::cuda
