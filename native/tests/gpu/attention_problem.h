// Attention in float64, a row at a time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "numbers.h"

namespace optirs::gpu_check {

// Probabilities and their gradients are rounded to bf16 on the device.
inline constexpr double kRelative = 0x1p-6;
inline constexpr double kAbsolute = 0x1p-6;
inline constexpr int64_t kSamples = 200;  // elements of each result that are compared

/// What a row attends to, beside everything.
struct Limits {
    bool is_causal = true;
    int64_t window = -1;            // columns before the diagonal
    std::vector<int32_t> starts{};  // of packed sequences
};

/// Operands [length, heads, width] and what follows from them in float64, a row at a time.
struct Problem {
    int64_t length;
    int64_t heads;
    int64_t width;
    Limits limits;
    std::vector<char> q, k, v, change;
    std::vector<char> codes[3];  // of the same q, k and v as E4M3, if they are such

    Problem(int64_t given_length, int64_t given_heads, int64_t given_width, Limits given = {},
            bool is_float8 = false)
        : length(given_length), heads(given_heads), width(given_width), limits(std::move(given)) {
        unsigned seed = 1;
        for (auto* operand : {&q, &k, &v, &change}) {
            *operand = bytesOf(randomNumbers<BF16>(count(), seed++));
        }
        if (is_float8) {
            std::vector<char>* decoded[] = {&q, &k, &v};
            for (size_t i = 0; i < 3; ++i) {
                const std::vector<E4M3> numbers = randomNumbers<E4M3>(count(), seed++);
                codes[i] = bytesOf(numbers);
                std::vector<BF16> wide;
                for (const E4M3 number : numbers) {
                    wide.push_back(rounded<BF16>(toFloat(number)));
                }
                *decoded[i] = bytesOf(wide);
            }
        }
    }

    /// The columns that a row attends to.
    int64_t begin(int64_t row) const {
        int64_t first = 0;
        for (const int32_t start : limits.starts) {
            first = start <= row ? start : first;
        }
        return limits.window < 0 ? first : std::max(first, row - limits.window);
    }
    int64_t end(int64_t row) const {
        int64_t last = length;
        for (auto start = limits.starts.rbegin(); start != limits.starts.rend(); ++start) {
            last = *start > row ? *start : last;
        }
        return limits.is_causal ? row + 1 : last;
    }
    int64_t count() const { return length * heads * width; }
    double scale() const { return 1 / std::sqrt(static_cast<double>(width)); }
    /// The first element of a row of a head.
    int64_t at(int64_t row, int64_t head) const { return (row * heads + head) * width; }

    double dot(const std::vector<char>& a, int64_t i, const std::vector<char>& b, int64_t j) const {
        double sum = 0;
        for (int64_t e = 0; e < width; ++e) {
            sum += gpu_check::at<BF16>(a, i + e) * gpu_check::at<BF16>(b, j + e);
        }
        return sum;
    }

    /// Probabilities of a row from its first column on, the log-sum-exp and the gradients of its scores.
    struct Row {
        int64_t first = 0;
        std::vector<double> probabilities;
        std::vector<double> gradients;
        double lse = 0;
    };
    Row row(int64_t i, int64_t head) const {
        Row made;
        double greatest = -INFINITY;
        made.first = begin(i);
        for (int64_t j = made.first; j < end(i); ++j) {
            made.probabilities.push_back(dot(q, at(i, head), k, at(j, head)) * scale());
            greatest = std::fmax(greatest, made.probabilities.back());
        }
        double sum = 0;
        for (double& probability : made.probabilities) {
            probability = std::exp(probability - greatest);
            sum += probability;
        }
        made.lse = greatest + std::log(sum);
        double mean = 0;
        for (size_t j = 0; j < made.probabilities.size(); ++j) {
            made.probabilities[j] /= sum;
            made.gradients.push_back(
                dot(change, at(i, head), v, at(made.first + static_cast<int64_t>(j), head)));
            mean += made.probabilities[j] * made.gradients.back();
        }
        for (size_t j = 0; j < made.gradients.size(); ++j) {
            made.gradients[j] = made.probabilities[j] * (made.gradients[j] - mean) * scale();
        }
        return made;
    }

    /// Some elements of a result against wanted(row, head, element).
    template <class Wanted>
    double error(const std::vector<char>& result, Wanted&& wanted) const {
        // One that visits all heads and elements.
        const int64_t step = std::max<int64_t>(count() / kSamples, 1) | 1;
        return worst<BF16>(result, step, kRelative, kAbsolute, [&](int64_t i) {
            return wanted(i / width / heads, i / width % heads, i % width);
        });
    }
};

/// Sum of weights times elements of rows from `first` on.
inline double weighted(const std::vector<double>& weights, const Problem& p, const std::vector<char>& rows,
                       int64_t first, int64_t head, int64_t element) {
    double sum = 0;
    for (size_t j = 0; j < weights.size(); ++j) {
        sum += weights[j] * at<BF16>(rows, p.at(first + static_cast<int64_t>(j), head) + element);
    }
    return sum;
}

/// Sums over the rows that attend to a column; `gradients`: of the scores, else probabilities.
inline double columnSum(const Problem& p, const std::vector<char>& rows, bool gradients, int64_t column,
                        int64_t head, int64_t element) {
    double sum = 0;
    for (int64_t i = 0; i < p.length; ++i) {
        if (column < p.begin(i) || column >= p.end(i)) {
            continue;
        }
        const Problem::Row row = p.row(i, head);
        sum += (gradients ? row.gradients : row.probabilities)[static_cast<size_t>(column - row.first)] *
               at<BF16>(rows, p.at(i, head) + element);
    }
    return sum;
}

}  // namespace optirs::gpu_check
