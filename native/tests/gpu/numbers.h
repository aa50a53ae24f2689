// The kernels' element types on the host, and random ones.
#pragma once

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "../cuda/emulation/emulation.h"
#include "src/cuda/kernels/numbers.cuh"

namespace optirs::gpu_check {

using namespace optirs::cuda;

template <class T>
std::vector<T> randomNumbers(int64_t count, unsigned seed, double deviation = 1) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, static_cast<float>(deviation));
    std::vector<T> numbers(static_cast<size_t>(count));
    for (T& number : numbers) {
        number = rounded<T>(normal(random));
    }
    return numbers;
}

template <class T>
std::vector<char> bytesOf(const std::vector<T>& numbers) {
    const auto* first = reinterpret_cast<const char*>(numbers.data());
    return {first, first + numbers.size() * sizeof(T)};
}

template <class T>
double at(const std::vector<char>& bytes, int64_t i) {
    T number;
    std::memcpy(static_cast<void*>(&number), bytes.data() + static_cast<size_t>(i) * sizeof(T), sizeof(T));
    return static_cast<double>(toFloat(number));
}

/// The greatest of |actual - wanted(i)| / (relative |wanted| + absolute), on every `step`-th element.
template <class T, class Wanted>
double worst(const std::vector<char>& result, int64_t step, double relative, double absolute,
             Wanted&& wanted) {
    double greatest = 0;
    const auto count = static_cast<int64_t>(result.size() / sizeof(T));
    for (int64_t i = 0; i < count; i += step) {
        const double expected = wanted(i);
        const double error =
            std::fabs(at<T>(result, i) - expected) / (relative * std::fabs(expected) + absolute);
        greatest = std::isnan(error) ? INFINITY : std::fmax(greatest, error);
    }
    return greatest;
}

}  // namespace optirs::gpu_check
