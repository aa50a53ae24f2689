// Matrix products through cuBLASLt: bf16, and FP8 with one scale for each operand.
#include <cmath>

#include "cases.h"
#include "numbers.h"
#include "src/cuda/gemm.h"

namespace optirs::gpu_check {
namespace {

constexpr double kBf16 = 0x1p-8;
constexpr int64_t kSamples = 500;  // elements of the result that are compared

template <class T>
Case productCase(const char* name, MatrixType type, int64_t size, bool has_fast_accumulation) {
    const bool is_float8 = sizeof(T) == 1;
    const auto a = bytesOf(randomNumbers<T>(size * size, 1));
    const auto b = bytesOf(randomNumbers<T>(size * size, 2));
    const auto extent = static_cast<double>(size);
    Case made = {name, std::to_string(size) + "^3", 0, 2 * extent * extent * extent, {}, {}};
    // Fast accumulation keeps about 14 bits of the sums.
    const double absolute = (has_fast_accumulation ? 0x1p-11 : 0x1p-20) * extent;
    const int64_t step = std::max<int64_t>(size * size / kSamples, 1);
    made.buffers = {{"a", a, nullptr},
                    {"b", b, nullptr},
                    {"scale", bytesOf(std::vector<F32>{{1.0F}}), nullptr},
                    {"d", std::vector<char>(static_cast<size_t>(size * size) * 2),
                     [=](const std::vector<char>& result) {
                         return worst<BF16>(result, step, kBf16, absolute, [&](int64_t i) {
                             double sum = 0;
                             for (int64_t k = 0; k < size; ++k) {
                                 sum += at<T>(a, i / size * size + k) * at<T>(b, i % size * size + k);
                             }
                             return sum;
                         });
                     }},
                    {"workspace", std::vector<char>(32 << 20), nullptr}};
    made.run = [=, is_tuned = false](const Queue& queue, const std::vector<void*>& buffers) mutable {
        Gemm problem;
        problem.m = problem.n = problem.k = size;
        problem.a = {.data = buffers[0], .type = type, .is_transposed = false, .stride = size};
        problem.b = {.data = buffers[1], .type = type, .is_transposed = true, .stride = size};
        if (is_float8) {
            problem.a.scale = problem.b.scale = static_cast<const float*>(buffers[2]);
        }
        problem.d = buffers[3];
        problem.d_type = MatrixType::kBF16;
        problem.d_stride = size;
        problem.has_fast_accumulation = has_fast_accumulation;
        if (!is_tuned) {
            tuneGemm(queue, problem, buffers[4], 32 << 20);
            is_tuned = true;
        }
        gemm(queue, problem, buffers[4], 32 << 20);
    };
    return made;
}

}  // namespace

std::vector<Case> productCases(int64_t scale) {
    std::vector<Case> cases;
    for (const int64_t size : {2048, 8192}) {
        const int64_t scaled = std::max<int64_t>(size / scale / scale, 16);
        cases.push_back(productCase<BF16>("gemm bf16", MatrixType::kBF16, scaled, false));
        cases.push_back(productCase<E4M3>("gemm e4m3", MatrixType::kE4M3, scaled, false));
        cases.push_back(productCase<E4M3>("gemm e4m3 fast", MatrixType::kE4M3, scaled, true));
    }
    return cases;
}

}  // namespace optirs::gpu_check
