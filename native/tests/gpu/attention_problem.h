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
    std::vector<char> codes[4];  // of the same as E4M3, if they are such

    Problem(int64_t given_length, int64_t given_heads, int64_t given_width, Limits given = {},
            bool is_float8 = false)
        : length(given_length), heads(given_heads), width(given_width), limits(std::move(given)) {
        unsigned seed = 1;
        for (auto* operand : {&q, &k, &v, &change}) {
            *operand = bytesOf(randomNumbers<BF16>(count(), seed++));
        }
        if (is_float8) {
            std::vector<char>* decoded[] = {&q, &k, &v, &change};
            for (size_t i = 0; i < 4; ++i) {
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
        double mean_error = 0;  // of the mean of gradients, where probabilities of out have 8 bits (Terms)
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
            const double term = made.probabilities[j] * made.gradients.back();
            mean += term;
            made.mean_error += term * term;
        }
        made.mean_error = std::sqrt(made.mean_error) / 8 + std::fabs(mean) * 0x1p-8;
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

/// A sum of products, and what is known of its terms.
struct Terms {
    double sum = 0;
    double squares = 0;
    double magnitudes = 0;
    double of_means = 0;  // squares of what errors of means make of it

    void add(double term) {
        sum += term;
        squares += term * term;
        magnitudes += std::fabs(term);
    }
    /// How far a result of bf16 is from the sum, 1 for as far as it may be, where each term is off by at most
    /// 1/16, and by some 1/40 in the root mean square: these errors are independent, and of five times that.
    double error(double result) const {
        const double allowed = std::sqrt(squares) / 8 + std::sqrt(of_means) + magnitudes * 0x1p-12 +
                               std::fabs(sum) * 0x1p-8 + 1e-6;
        const double error = std::fabs(result - sum) / allowed;
        return std::isnan(error) ? INFINITY : error;
    }
};

/// Weights times elements of rows from `first` on.
inline Terms weighted(const std::vector<double>& weights, const Problem& p, const std::vector<char>& rows,
                      int64_t first, int64_t head, int64_t element) {
    Terms terms;
    for (size_t j = 0; j < weights.size(); ++j) {
        terms.add(weights[j] * at<BF16>(rows, p.at(first + static_cast<int64_t>(j), head) + element));
    }
    return terms;
}

/// Gradients of a row's scores times keys.
inline Terms queryTerms(const Problem& p, int64_t i, int64_t head, int64_t element) {
    const Problem::Row row = p.row(i, head);
    Terms terms = weighted(row.gradients, p, p.k, row.first, head, element);
    const double of_mean =
        weighted(row.probabilities, p, p.k, row.first, head, element).sum * row.mean_error * p.scale();
    terms.of_means = of_mean * of_mean;
    return terms;
}

/// Over the rows that attend to a column; `gradients`: of the scores, else probabilities.
inline Terms columnTerms(const Problem& p, const std::vector<char>& rows, bool gradients, int64_t column,
                         int64_t head, int64_t element) {
    Terms terms;
    for (int64_t i = 0; i < p.length; ++i) {
        if (column < p.begin(i) || column >= p.end(i)) {
            continue;
        }
        const Problem::Row row = p.row(i, head);
        const auto index = static_cast<size_t>(column - row.first);
        const double number = at<BF16>(rows, p.at(i, head) + element);
        terms.add((gradients ? row.gradients : row.probabilities)[index] * number);
        const double of_mean = gradients ? row.probabilities[index] * row.mean_error * p.scale() * number : 0;
        terms.of_means += of_mean * of_mean;
    }
    return terms;
}

/// The greatest error of some elements of a result, of which termsOf(row, head, element) tells what they add
/// up.
template <class TermsOf>
double termsError(const Problem& p, const std::vector<char>& result, int64_t step, TermsOf&& termsOf) {
    double greatest = 0;
    for (int64_t i = 0; i < p.count(); i += step) {
        const Terms terms = termsOf(i / p.width / p.heads, i / p.width % p.heads, i % p.width);
        greatest = std::fmax(greatest, terms.error(at<BF16>(result, i)));
    }
    return greatest;
}

}  // namespace optirs::gpu_check
