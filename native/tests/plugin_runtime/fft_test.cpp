// The transforms against the definition, summed in long doubles.
#include "pjrt_cpu/runtime/fft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <numeric>

#include "pjrt_cpu/ir/error.h"
#include "step_runner.h"

namespace optirs::plugin {
namespace {

using testing::bytes;
using testing::runStep;
using Exact = std::complex<long double>;

template <class T>
constexpr ElementType kReal = sizeof(T) == 4 ? ElementType::kF32 : ElementType::kF64;

std::vector<Exact> transformed(const std::vector<Exact>& x, int sign) {
    const auto n = static_cast<int64_t>(x.size());
    std::vector<Exact> roots, out;
    for (int64_t k = 0; k < n; ++k)
        roots.push_back(std::polar(1.0L, static_cast<long double>(sign) * 2 *
                                             std::numbers::pi_v<long double> * static_cast<long double>(k) /
                                             static_cast<long double>(n)));
    for (int64_t j = 0; j < n; ++j) {
        Exact sum = 0;
        for (int64_t k = 0; k < n; ++k) {
            const Exact w = roots[static_cast<size_t>(j * k % n)];
            const Exact v = x[static_cast<size_t>(k)];
            sum +=
                Exact(v.real() * w.real() - v.imag() * w.imag(), v.real() * w.imag() + v.imag() * w.real());
        }
        out.push_back(sign < 0 ? sum : sum / static_cast<long double>(n));
    }
    return out;
}

/// Numbers in [-1, 1) that repeat only after 2^31.
template <class T>
std::vector<T> noise(size_t count, uint32_t seed) {
    std::vector<T> out;
    for (size_t i = 0; i < count; ++i) {
        seed = seed * 1664525 + 1013904223;
        out.push_back(static_cast<T>(static_cast<int32_t>(seed)) / T(2147483648.0));
    }
    return out;
}

template <class T>
std::vector<std::complex<T>> complexNoise(size_t count, uint32_t seed) {
    const std::vector<T> parts = noise<T>(2 * count, seed);
    std::vector<std::complex<T>> out;
    for (size_t i = 0; i < count; ++i) out.emplace_back(parts[2 * i], parts[2 * i + 1]);
    return out;
}

/// Largest error over the root of the mean square, in units of the type's rounding error.
template <class T, class Number>
double relativeError(const std::vector<Number>& got, const std::vector<Exact>& want) {
    long double worst = 0;
    long double square = 0;
    for (size_t i = 0; i < want.size(); ++i) {
        worst = std::max(worst, std::abs(Exact(got[i]) - want[i]));
        square += std::norm(want[i]);
    }
    return static_cast<double>(worst / std::sqrt(square / static_cast<long double>(want.size())) /
                               std::numeric_limits<T>::epsilon());
}

template <class T>
void checkLengths(const std::vector<int64_t>& lengths) {
    for (const int64_t n : lengths) {
        // Bluestein's way has three transforms of more than twice the length.
        const double bound = 8 + 4 * std::log2(static_cast<double>(n));
        auto x = complexNoise<T>(static_cast<size_t>(n), 7);
        const std::vector<Exact> exact(x.begin(), x.end());
        for (const auto kind : {FftKind::kComplex, FftKind::kComplexInverse}) {
            std::vector<std::complex<T>> y(x.size());
            runStep(*makeFftStep({kind, kReal<T>, {n}, {n}, {n}, 0, 1, -1}), {bytes(x), bytes(y)});
            EXPECT_LT(relativeError<T>(y, transformed(exact, kind == FftKind::kComplex ? -1 : 1)), bound)
                << n;
        }
        auto real = noise<T>(static_cast<size_t>(n), 9);
        std::vector<std::complex<T>> half(static_cast<size_t>(n / 2 + 1));
        runStep(*makeFftStep({FftKind::kRealToComplex, kReal<T>, {n}, {n / 2 + 1}, {n}, 0, 1, -1}),
                {bytes(real), bytes(half)});
        auto spectrum = transformed(std::vector<Exact>(real.begin(), real.end()), -1);
        spectrum.resize(half.size());
        EXPECT_LT(relativeError<T>(half, spectrum), bound) << "real " << n;
        EXPECT_EQ(half[0].imag(), T(0));
        // What has to be real is taken as real.
        half[0] += std::complex<T>(0, 100);
        if (n % 2 == 0) half.back() += std::complex<T>(0, -55);
        std::vector<T> back(real.size());
        runStep(*makeFftStep({FftKind::kComplexToReal, kReal<T>, {n / 2 + 1}, {n}, {n}, 0, 1, -1}),
                {bytes(half), bytes(back)});
        EXPECT_LT(relativeError<T>(back, std::vector<Exact>(real.begin(), real.end())), 2 * bound)
            << "inverse real " << n;
    }
}

TEST(Fft, EveryKindOfLength) {
    std::vector<int64_t> lengths(70);
    std::iota(lengths.begin(), lengths.end(), 1);
    for (const int64_t n :
         {97, 100, 121, 127, 128, 169, 210, 243, 256, 360, 509, 512, 625, 961, 1000, 1009, 1024, 2047})
        lengths.push_back(n);
    checkLengths<float>(lengths);
    checkLengths<double>(lengths);
}

TEST(Fft, AccuracyKeepsWithTheLength) {
    // A single wave has one line of height n, everything else is error.
    for (const int64_t n : {int64_t{1} << 18, int64_t{3 * 5 * 7 * 11 * 13 * 17}, int64_t{65537}}) {
        std::vector<std::complex<double>> x(static_cast<size_t>(n)), y(x.size());
        for (int64_t k = 0; k < n; ++k)
            x[static_cast<size_t>(k)] = std::complex<double>(
                std::polar(1.0L, 2 * std::numbers::pi_v<long double> * static_cast<long double>(5 * k % n) /
                                     static_cast<long double>(n)));
        runStep(*makeFftStep({FftKind::kComplex, ElementType::kF64, {n}, {n}, {n}, 0, 1, -1}),
                {bytes(x), bytes(y)});
        y[5] -= static_cast<double>(n);
        double worst = 0;
        for (const auto& v : y) worst = std::max(worst, std::abs(v));
        EXPECT_LT(worst, 1e-15 * static_cast<double>(n)) << n;
    }
}

/// Transforms along the last `lengths.size()` axes one after the other, by the definition.
std::vector<Exact> transformedAxes(std::vector<Exact> x, const std::vector<int64_t>& shape, size_t axes,
                                   int sign) {
    for (size_t axis = shape.size() - axes; axis < shape.size(); ++axis) {
        int64_t inner = 1;
        for (size_t d = axis + 1; d < shape.size(); ++d) inner *= shape[d];
        const int64_t n = shape[axis];
        for (int64_t line = 0; line < static_cast<int64_t>(x.size()) / n; ++line) {
            const int64_t base = line / inner * inner * n + line % inner;
            std::vector<Exact> points;
            for (int64_t k = 0; k < n; ++k) points.push_back(x[static_cast<size_t>(base + k * inner)]);
            points = transformed(points, sign);
            for (int64_t k = 0; k < n; ++k)
                x[static_cast<size_t>(base + k * inner)] = points[static_cast<size_t>(k)];
        }
    }
    return x;
}

TEST(Fft, SeveralAxesInBatches) {
    for (const auto& shape : {std::vector<int64_t>{3, 5, 6}, {2, 21, 4, 17}, {37, 33}, {2, 3, 4, 5, 18}}) {
        for (size_t axes = 1; axes <= std::min<size_t>(3, shape.size()); ++axes) {
            const std::vector<int64_t> lengths(shape.end() - static_cast<std::ptrdiff_t>(axes), shape.end());
            const int64_t count =
                std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
            auto x = complexNoise<double>(static_cast<size_t>(count), 3);
            const std::vector<Exact> exact(x.begin(), x.end());
            for (const auto kind : {FftKind::kComplex, FftKind::kComplexInverse}) {
                std::vector<std::complex<double>> y(x.size());
                runStep(*makeFftStep({kind, ElementType::kF64, shape, shape, lengths, 0, 1, -1}),
                        {bytes(x), bytes(y)});
                const int sign = kind == FftKind::kComplex ? -1 : 1;
                EXPECT_LT(relativeError<double>(y, transformedAxes(exact, shape, axes, sign)), 40);
            }
            auto real = noise<double>(static_cast<size_t>(count), 5);
            const std::vector<Exact> exact_real(real.begin(), real.end());
            std::vector<int64_t> half_shape = shape;
            half_shape.back() = shape.back() / 2 + 1;
            const int64_t lines = count / shape.back();
            std::vector<std::complex<double>> half(static_cast<size_t>(lines * half_shape.back()));
            runStep(*makeFftStep(
                        {FftKind::kRealToComplex, ElementType::kF64, shape, half_shape, lengths, 0, 1, -1}),
                    {bytes(real), bytes(half)});
            const auto full = transformedAxes(exact_real, shape, axes, -1);
            std::vector<Exact> kept;
            for (int64_t line = 0; line < lines; ++line)
                for (int64_t k = 0; k < half_shape.back(); ++k)
                    kept.push_back(full[static_cast<size_t>(line * shape.back() + k)]);
            EXPECT_LT(relativeError<double>(half, kept), 40);
            std::vector<double> back(real.size());
            auto scratch = half;
            const auto before = half;
            runStep(*makeFftStep(
                        {FftKind::kComplexToReal, ElementType::kF64, half_shape, shape, lengths, 0, 1, 2}),
                    {bytes(half), bytes(back), bytes(scratch)});
            EXPECT_LT(relativeError<double>(back, exact_real), 80);
            EXPECT_EQ(half, before) << "the operand is not to be written";
        }
    }
}

TEST(Fft, NotMoreThanOneThreadsBits) {
    ThreadPool one(1);
    auto x = complexNoise<float>(200 * 360, 1);
    std::vector<std::complex<float>> a(x.size()), b(x.size());
    const auto step =
        makeFftStep({FftKind::kComplex, ElementType::kF32, {200, 360}, {200, 360}, {200, 360}, 0, 1, -1});
    runStep(*step, {bytes(x), bytes(a)});
    runStep(*step, {bytes(x), bytes(b)}, one);
    EXPECT_EQ(a, b);
}

TEST(Fft, NaNStaysInItsLine) {
    std::vector<std::complex<float>> x(20 * 8, {1, 0}), y(x.size());
    x[3 * 8 + 2] = NAN;
    runStep(*makeFftStep({FftKind::kComplex, ElementType::kF32, {20, 8}, {20, 8}, {8}, 0, 1, -1}),
            {bytes(x), bytes(y)});
    for (size_t i = 0; i < y.size(); ++i) EXPECT_EQ(std::isnan(y[i].real()), i / 8 == 3) << i;
}

TEST(Fft, EmptyAndBadShapes) {
    std::vector<float> none, out(4, 7);
    runStep(*makeFftStep({FftKind::kComplex, ElementType::kF32, {0, 3}, {0, 3}, {3}, 0, 1, -1}),
            {bytes(none), bytes(none)});
    runStep(*makeFftStep({FftKind::kComplexToReal, ElementType::kF32, {1, 0}, {1, 4}, {4}, 0, 1, -1}),
            {bytes(none), bytes(out)});
    EXPECT_EQ(out, std::vector<float>(4, 0));
    EXPECT_THROW(makeFftStep({FftKind::kComplex, ElementType::kF32, {4}, {4}, {5}, 0, 1, -1}), Error);
    EXPECT_THROW(makeFftStep({FftKind::kComplex, ElementType::kF32, {4}, {4}, {4, 4}, 0, 1, -1}), Error);
    EXPECT_THROW(makeFftStep({FftKind::kComplexToReal, ElementType::kF32, {3, 3}, {3, 4}, {3, 4}, 0, 1, -1}),
                 Error);
    EXPECT_THROW(makeFftStep({FftKind::kComplex, ElementType::kF16, {4}, {4}, {4}, 0, 1, -1}), Error);
}

}  // namespace
}  // namespace optirs::plugin
