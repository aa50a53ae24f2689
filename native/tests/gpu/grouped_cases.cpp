// Grouped products of bf16: those of mixtures of experts, forward and the gradient of the matrices.
#include "src/cuda/grouped_matmul.h"

#include <algorithm>

#include "cases.h"
#include "numbers.h"

namespace optirs::gpu_check {
namespace {

constexpr double kBf16 = 0x1p-8;
constexpr int64_t kGroups = 8;

/// Rows of the groups: none, few, many.
std::vector<int32_t> sizesOf(int64_t rows) {
    std::vector<int32_t> sizes(kGroups);
    int64_t left = rows;
    for (size_t group = 1; group < kGroups; ++group) {
        sizes[group] = static_cast<int32_t>(group + 1 < kGroups ? left / 3 : left);
        left -= sizes[group];
    }
    return sizes;
}

/// The group of a row, and its first row.
std::pair<int64_t, int64_t> groupOf(const std::vector<int32_t>& sizes, int64_t row) {
    int64_t group = 0;
    int64_t first = 0;
    while (row >= first + sizes[static_cast<size_t>(group)]) {
        first += sizes[static_cast<size_t>(group++)];
    }
    return {group, first};
}

Case groupedCase(GroupedForm form, int64_t rows, int64_t k, int64_t n) {
    const bool sums_rows = form == GroupedForm::kSums;
    const std::vector<int32_t> sizes = sizesOf(rows);
    const auto a = bytesOf(randomNumbers<BF16>(rows * k, 1));
    const auto b = bytesOf(randomNumbers<BF16>(sums_rows ? rows * n : kGroups * k * n, 2));
    const int64_t count = sums_rows ? kGroups * k * n : rows * n;
    const double products = static_cast<double>(rows) * static_cast<double>(k) * static_cast<double>(n);
    const auto wanted = [=](int64_t i) {
        double sum = 0;
        if (sums_rows) {
            const int64_t group = i / n / k;
            int64_t row = 0;
            for (int64_t g = 0; g < group; ++g) {
                row += sizes[static_cast<size_t>(g)];
            }
            for (const int64_t end = row + sizes[static_cast<size_t>(group)]; row < end; ++row) {
                sum += at<BF16>(a, row * k + i / n % k) * at<BF16>(b, row * n + i % n);
            }
            return sum;
        }
        const int64_t matrix = groupOf(sizes, i / n).first * k * n;
        for (int64_t e = 0; e < k; ++e) {
            const int64_t at_b = form == GroupedForm::kTransposed ? i % n * k + e : e * n + i % n;
            sum += at<BF16>(a, i / n * k + e) * at<BF16>(b, matrix + at_b);
        }
        return sum;
    };
    const char* name = sums_rows                          ? "grouped sums bf16"
                       : form == GroupedForm::kTransposed ? "grouped bf16, transposed"
                                                          : "grouped bf16";
    const double absolute = 0x1p-18 * static_cast<double>(sums_rows ? rows : k);
    Case made = {name, std::to_string(rows) + "x" + std::to_string(n) + "x" + std::to_string(k),
                 0,    2 * products,
                 {},   {}};
    made.buffers = {
        {"a", a, nullptr},
        {"b", b, nullptr},
        {"sizes", bytesOf(sizes), nullptr},
        {"out", std::vector<char>(static_cast<size_t>(count) * 2), [=](const std::vector<char>& result) {
             return worst<BF16>(result, count / 500 | 1, kBf16, absolute, wanted);
         }}};
    made.run = [=](const Queue& queue, const std::vector<void*>& buffers) {
        GroupedMatmulArguments arguments{};
        arguments.a = buffers[0];
        arguments.b = buffers[1];
        arguments.sizes = static_cast<const int32_t*>(buffers[2]);
        arguments.result.out = buffers[3];
        arguments.result.stride = arguments.result.columns = n;
        arguments.result.rows = sums_rows ? k : rows;
        arguments.result.type = MatrixType::kBF16;
        arguments.result.alpha = 1;
        arguments.groups = kGroups;
        arguments.rows = rows;
        arguments.k = k;
        groupedMatmul(queue, form, Element::kBF16, arguments);
    };
    return made;
}

}  // namespace

std::vector<Case> groupedCases(int64_t scale) {
    const int64_t rows = 8192 / scale;
    const int64_t width = 4096 / scale;
    std::vector<Case> cases;
    for (const GroupedForm form : {GroupedForm::kProduct, GroupedForm::kTransposed, GroupedForm::kSums}) {
        cases.push_back(groupedCase(form, rows, width, width));
    }
    cases.push_back(groupedCase(GroupedForm::kProduct, 333, 130, 75));
    return cases;
}

}  // namespace optirs::gpu_check
