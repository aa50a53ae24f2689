// The backend's kernels on the mock machine: memory is the host's, results are there after the call.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "emulation/emulation.h"
#include "own_cache.h"
#include "src/cuda/context.h"
#include "src/cuda/kernels/numbers.cuh"
#include "src/cuda/libraries.h"
#include "src/cuda/optimizers.h"
#include "src/cuda/row_kernels.h"

namespace optirs::cuda {

/// A queue of the mock machine.
inline Queue testQueue() {
    static const Queue queue = [] {
        setenv("OPTIRS_CUDA_PATH", OPTIRS_TEST_FOLDER "/mock", 1);
        loadLibraries(libraries());
        startDriver();
        const ContextScope scope(0);
        CUstream stream = nullptr;
        EXPECT_EQ(libraries().driver.api.streamCreateWithPriority(&stream, CU_STREAM_NON_BLOCKING, 0),
                  CUDA_SUCCESS);
        return Queue{0, stream};
    }();
    return queue;
}

template <class T>
struct ElementOf;
template <>
struct ElementOf<F32> {
    static constexpr Element kValue = Element::kF32;
    static constexpr double kUnit = 0x1p-24;  // half a unit in the last place, relative
};
template <>
struct ElementOf<BF16> {
    static constexpr Element kValue = Element::kBF16;
    static constexpr double kUnit = 0x1p-8;
};
template <>
struct ElementOf<F16> {
    static constexpr Element kValue = Element::kF16;
    static constexpr double kUnit = 0x1p-11;
};
template <class Q>
struct Float8Of;
template <>
struct Float8Of<E4M3> {
    static constexpr Float8 kValue = Float8::kE4M3;
};
template <>
struct Float8Of<E5M2> {
    static constexpr Float8 kValue = Float8::kE5M2;
};

/// Elements in memory whose first address is off an alignment of 16 bytes by `shift` elements. Elements
/// before and after are watched: a kernel that writes there fails the test.
template <class T>
class Array {
 public:
    explicit Array(int64_t count, int64_t shift = 0)
        : count_(count), storage_(static_cast<size_t>(count + 64)) {
        auto address = reinterpret_cast<uintptr_t>(storage_.data() + 16);
        first_ = 16 + static_cast<int64_t>((16 - address % 16) % 16 / sizeof(T)) + shift;
        std::memset(static_cast<void*>(storage_.data()), 0x5a, storage_.size() * sizeof(T));
    }
    ~Array() {
        for (int64_t i = 0; i < static_cast<int64_t>(storage_.size()); ++i) {
            if (i < first_ || i >= first_ + count_) {
                unsigned char bytes[sizeof(T)];
                std::memcpy(bytes, &storage_[static_cast<size_t>(i)], sizeof(T));
                for (const unsigned char byte : bytes) {
                    EXPECT_EQ(byte, 0x5a)
                        << "a kernel wrote outside of its memory, at element " << i - first_;
                }
            }
        }
    }
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;

    T* data() { return storage_.data() + first_; }
    int64_t size() const { return count_; }
    T& operator[](int64_t i) { return data()[i]; }
    double value(int64_t i) { return static_cast<double>(toFloat(data()[i])); }
    void set(int64_t i, double x) { data()[i] = rounded<T>(static_cast<float>(x)); }

    /// Normally distributed numbers, rounded to T.
    Array& fill(unsigned seed, double deviation = 1) {
        std::mt19937 random(seed);
        std::normal_distribution<double> normal(0, deviation);
        for (int64_t i = 0; i < count_; ++i) {
            set(i, normal(random));
        }
        return *this;
    }

 private:
    int64_t count_;
    int64_t first_;
    std::vector<T> storage_;
};

/// Each element within `relative` of the wanted one, or within `absolute`.
template <class T>
void expectNear(Array<T>& actual, const std::function<double(int64_t)>& wanted, double relative,
                double absolute) {
    int failures = 0;
    for (int64_t i = 0; i < actual.size() && failures < 5; ++i) {
        const double expected = wanted(i);
        const double difference = std::fabs(actual.value(i) - expected);
        if (std::isnan(expected) ? !std::isnan(actual.value(i))
                                 : !(difference <= std::fmax(absolute, relative * std::fabs(expected)))) {
            ADD_FAILURE() << "element " << i << " is " << actual.value(i) << ", not " << expected;
            ++failures;
        }
    }
}

}  // namespace optirs::cuda
