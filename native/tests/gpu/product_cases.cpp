// Matrix products: bf16 and FP8 through cuBLASLt, FP8 by the kernel for Hopper.
#include <algorithm>
#include <cmath>
#include <span>

#include "cases.h"
#include "numbers.h"
#include "src/cuda/context.h"
#include "src/cuda/gemm.h"

namespace optirs::gpu_check {
namespace {

constexpr double kBf16 = 0x1p-8;
constexpr int64_t kSamples = 500;  // elements of the result that are compared
constexpr int64_t kBlock = 128;    // elements of k under one scale

/// Which kernel, and what scales belong to.
struct Way {
    bool is_hopper = false;
    bool has_fast_accumulation = false;
    ScaleMode a = ScaleMode::kTensor;
    ScaleMode b = ScaleMode::kTensor;
    GemmEpilogue epilogue = GemmEpilogue::kNone;  // or kGeluAux, kDGelu
};

/// In the tanh form.
double gelu(double x) { return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }
double geluSlope(double x) { return (gelu(x + 1e-6) - gelu(x - 1e-6)) / 2e-6; }

/// The scale of a row of an operand and a block of k, among scales of 1 x 128.
int64_t scaleAt(ScaleMode mode, int64_t row, int64_t k, int64_t blocks) {
    switch (mode) {
        case ScaleMode::kBlock128:
            return row * blocks + k / kBlock;
        case ScaleMode::kTile128:
            return row / kBlock * blocks + k / kBlock;
        default:
            return 0;
    }
}

/// [m, k] by [n, k].
template <class T>
Case productCase(const char* name, MatrixType type, int64_t m, int64_t n, int64_t k, const Way& way) {
    const auto a = bytesOf(randomNumbers<T>(m * k, 1));
    const auto b = bytesOf(randomNumbers<T>(n * k, 2));
    const int64_t blocks = (k + kBlock - 1) / kBlock;
    std::vector<F32> scales = randomNumbers<F32>(std::max(m, n) * blocks, 3);
    for (F32& scale : scales) {
        scale.bits = std::exp2(scale.bits);
    }
    const bool is_cube = m == n && n == k;
    const std::string shape = is_cube ? std::to_string(m) + "^3"
                                      : std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
    const double products = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    Case made = {name, shape, 0, 2 * products, {}, {}};
    // Fast accumulation keeps about 14 bits of the sums.
    const bool has_aux = way.epilogue != GemmEpilogue::kNone;
    const double alpha = has_aux ? 1 / std::sqrt(static_cast<double>(k)) : 1;  // where GELU is bent
    const double absolute =
        (way.has_fast_accumulation ? 0x1p-11 : 0x1p-18) * static_cast<double>(k) * (has_aux ? 2 * alpha : 1);
    const auto aux = bytesOf(randomNumbers<BF16>(has_aux ? m * n : 0, 4));
    const int64_t step = std::max<int64_t>(m * n / kSamples, 1) | 1;
    const auto product = [=](int64_t i) {
        double sum = 0;
        for (int64_t e = 0; e < k; ++e) {
            const auto scale = [&](ScaleMode mode, int64_t row) {
                return sizeof(T) > 1 ? 1.0
                                     : static_cast<double>(
                                           scales[static_cast<size_t>(scaleAt(mode, row, e, blocks))].bits);
            };
            sum +=
                at<T>(a, i / n * k + e) * scale(way.a, i / n) * at<T>(b, i % n * k + e) * scale(way.b, i % n);
        }
        return alpha * sum;
    };
    const auto wanted = [=](int64_t i) {
        switch (way.epilogue) {
            case GemmEpilogue::kGeluAux:
                return gelu(product(i));
            case GemmEpilogue::kDGelu:
                return product(i) * geluSlope(at<BF16>(aux, i));
            default:
                return product(i);
        }
    };
    const auto argument_error = [=](const std::vector<char>& result) {
        return worst<BF16>(result, step, kBf16, absolute, product);
    };
    made.buffers = {
        {"a", a, nullptr},
        {"b", b, nullptr},
        {"scales", bytesOf(scales), nullptr},
        {"d", std::vector<char>(static_cast<size_t>(m * n) * 2),
         [=](const std::vector<char>& result) { return worst<BF16>(result, step, kBf16, absolute, wanted); }},
        {"workspace", std::vector<char>(32 << 20), nullptr}};
    if (has_aux) {
        made.buffers.push_back({"aux", aux, nullptr});
        if (way.epilogue == GemmEpilogue::kGeluAux) {
            made.buffers.back().error = argument_error;
        }
    }
    made.run = [=, is_tuned = false](const Queue& queue, const std::vector<void*>& buffers) mutable {
        Gemm problem;
        problem.m = m;
        problem.n = n;
        problem.k = k;
        problem.a = {.data = buffers[0], .type = type, .is_transposed = false, .stride = k};
        problem.b = {.data = buffers[1], .type = type, .is_transposed = true, .stride = k};
        if (sizeof(T) == 1) {
            problem.a.scale = problem.b.scale = static_cast<const float*>(buffers[2]);
            problem.a.scale_mode = way.a;
            problem.b.scale_mode = way.b;
        }
        problem.d = buffers[3];
        problem.d_type = MatrixType::kBF16;
        problem.d_stride = n;
        problem.alpha = static_cast<float>(alpha);
        problem.epilogue = way.epilogue;
        if (has_aux) {
            problem.aux = buffers.back();
            problem.aux_type = MatrixType::kBF16;
            problem.aux_stride = n;
        }
        problem.has_fast_accumulation = way.has_fast_accumulation;
        if (way.is_hopper) {
            gemmHopper(queue, problem);
            return;
        }
        if (!is_tuned) {
            tuneGemm(queue, std::span(&problem, 1), buffers[4], 32 << 20);
            is_tuned = true;
        }
        gemm(queue, problem, buffers[4], 32 << 20);
    };
    return made;
}

void addFloat8Hopper(std::vector<Case>& cases, int64_t m, int64_t n, int64_t k) {
    const auto add = [&](const char* name, const Way& way) {
        cases.push_back(productCase<E4M3>(name, MatrixType::kE4M3, m, n, k, way));
    };
    add("gemm e4m3, Hopper", {.is_hopper = true});
    add("gemm e4m3 fast, Hopper", {.is_hopper = true, .has_fast_accumulation = true});
    add("gemm e4m3 1x128 128x128", {.is_hopper = true, .a = ScaleMode::kBlock128, .b = ScaleMode::kTile128});
    add("gemm e4m3 1x128 128x128 gelu", {.is_hopper = true,
                                         .a = ScaleMode::kBlock128,
                                         .b = ScaleMode::kTile128,
                                         .epilogue = GemmEpilogue::kGeluAux});
    add("gemm e4m3 1x128 128x128 dgelu", {.is_hopper = true,
                                          .a = ScaleMode::kBlock128,
                                          .b = ScaleMode::kTile128,
                                          .epilogue = GemmEpilogue::kDGelu});
    add("gemm e4m3 1x128 1x128", {.is_hopper = true, .a = ScaleMode::kBlock128, .b = ScaleMode::kBlock128});
}

}  // namespace

std::vector<Case> productCases(int64_t scale) {
    const bool is_hopper = computeCapability(0) == 90;
    std::vector<Case> cases;
    for (const int64_t size : {2048, 8192}) {
        const int64_t n = std::max<int64_t>(size / scale / scale, 16);
        cases.push_back(productCase<BF16>("gemm bf16", MatrixType::kBF16, n, n, n, {}));
        cases.push_back(productCase<E4M3>("gemm e4m3", MatrixType::kE4M3, n, n, n, {}));
        cases.push_back(
            productCase<E4M3>("gemm e4m3 fast", MatrixType::kE4M3, n, n, n, {.has_fast_accumulation = true}));
        if (is_hopper) {
            addFloat8Hopper(cases, n, n, n);
        }
    }
    if (is_hopper) {
        // Parts of tiles everywhere.
        addFloat8Hopper(cases, 1111 / scale, 777 / scale, std::max<int64_t>(1296 / scale / 16, 1) * 16);
    }
    return cases;
}

}  // namespace optirs::gpu_check
