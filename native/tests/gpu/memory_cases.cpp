// Kernels that move memory: norms, softmax, cross entropy, activations, casts.
#include <cmath>
#include <memory>

#include "cases.h"
#include "numbers.h"
#include "src/cuda/mx.h"
#include "src/cuda/row_kernels.h"

namespace optirs::gpu_check {
namespace {

constexpr double kBf16 = 0x1p-8;  // half a unit in the last place
constexpr int64_t kStep = 97;     // elements between two that are compared, as float64 on the host is slow

std::string shapeOf(int64_t rows, int64_t columns) {
    return std::to_string(rows) + "x" + std::to_string(columns);
}

struct Row {
    double mean = 0;
    double inverse = 0;
    double greatest = -INFINITY;
    double sum = 0;  // of exponentials
};

Row readRow(const std::vector<char>& x, int64_t row, int64_t columns) {
    Row read;
    for (int64_t i = row * columns; i < (row + 1) * columns; ++i) {
        read.mean += at<BF16>(x, i) / static_cast<double>(columns);
        read.greatest = std::fmax(read.greatest, at<BF16>(x, i));
    }
    double squares = 0;
    for (int64_t i = row * columns; i < (row + 1) * columns; ++i) {
        squares += std::pow(at<BF16>(x, i), 2) / static_cast<double>(columns);
        read.sum += std::exp(at<BF16>(x, i) - read.greatest);
    }
    read.inverse = 1 / std::sqrt(squares + 1e-5);
    return read;
}

/// wanted(row facts, element) for elements whose rows are read once.
template <class Wanted>
std::function<double(const std::vector<char>&)> byRows(const std::vector<char>& x, int64_t columns,
                                                       double absolute, Wanted wanted) {
    return [=](const std::vector<char>& result) {
        Row row;
        int64_t known = -1;
        return worst<BF16>(result, 4 * kStep, kBf16, absolute, [&](int64_t i) {
            if (i / columns != known) {
                known = i / columns;
                row = readRow(x, known, columns);
            }
            return wanted(row, i);
        });
    };
}

Case rmsNormCase(int64_t rows, int64_t columns) {
    const auto x = bytesOf(randomNumbers<BF16>(rows * columns, 1));
    const auto w = bytesOf(randomNumbers<BF16>(columns, 2));
    Case made = {
        "rms_norm bf16", shapeOf(rows, columns), 4.0 * static_cast<double>(rows * columns), 0, {}, {}};
    made.buffers = {
        input("x", x), input("weight", w),
        output<BF16>("y", rows * columns, byRows(x, columns, 1e-5, [=](const Row& row, int64_t i) {
                         return at<BF16>(x, i) * row.inverse * at<BF16>(w, i % columns);
                     }))};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        normForward(queue, Norm::kRms, Element::kBF16,
                    {b[0], b[1], nullptr, b[2], nullptr, nullptr, rows, columns, 1e-5F, 0});
    };
    return made;
}

Case rmsNormBackwardCase(int64_t rows, int64_t columns) {
    const auto x = bytesOf(randomNumbers<BF16>(rows * columns, 1));
    const auto g = bytesOf(randomNumbers<BF16>(rows * columns, 2));
    std::vector<F32> inverse(static_cast<size_t>(rows));
    for (int64_t r = 0; r < rows; ++r) {
        inverse[static_cast<size_t>(r)].bits = static_cast<float>(readRow(x, r, columns).inverse);
    }
    const int64_t groups = normGroups(rows);
    Case made = {"rms_norm backward bf16",
                 shapeOf(rows, columns),
                 6.0 * static_cast<double>(rows * columns),
                 0,
                 {},
                 {}};
    made.buffers = {
        input("grad", g),
        input("x", x),
        input("inverse", bytesOf(inverse)),
        output<BF16>(
            "dx", rows * columns,
            [=](const std::vector<char>& result) {
                int64_t known = -1;
                double mean = 0;
                return worst<BF16>(result, 4 * kStep, kBf16, 1e-3, [&](int64_t i) {
                    const auto scale = static_cast<double>(inverse[static_cast<size_t>(i / columns)].bits);
                    if (i / columns != known) {
                        known = i / columns;
                        mean = 0;
                        for (int64_t k = known * columns; k < (known + 1) * columns; ++k) {
                            mean += at<BF16>(g, k) * at<BF16>(x, k) * scale / static_cast<double>(columns);
                        }
                    }
                    return scale * (at<BF16>(g, i) - at<BF16>(x, i) * scale * mean);
                });
            }),
        output<F32>("partial", groups * columns, nullptr),
        output<BF16>("dweight", columns, nullptr)};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        normBackward(queue, Norm::kRms, Element::kBF16,
                     {b[0], b[1], nullptr, nullptr, floats(b[2]), b[3], floats(b[4]), nullptr, rows, columns,
                      groups, 0},
                     {b[5], Element::kBF16}, {});
    };
    return made;
}

Case softmaxCase(int64_t rows, int64_t columns) {
    const auto x = bytesOf(randomNumbers<BF16>(rows * columns, 1, 2));
    Case made = {
        "softmax bf16", shapeOf(rows, columns), 4.0 * static_cast<double>(rows * columns), 0, {}, {}};
    made.buffers = {input("x", x), output<BF16>("y", rows * columns,
                                                byRows(x, columns, 1e-6, [=](const Row& row, int64_t i) {
                                                    return std::exp(at<BF16>(x, i) - row.greatest) / row.sum;
                                                }))};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        softmax(queue, Direction::kForward, Element::kBF16, {b[0], nullptr, b[1], rows, columns, 1});
    };
    return made;
}

Case crossEntropyCase(int64_t rows, int64_t columns) {
    const auto x = bytesOf(randomNumbers<BF16>(rows * columns, 1, 2));
    std::vector<int64_t> labels(static_cast<size_t>(rows));
    for (size_t r = 0; r < labels.size(); ++r) {
        labels[r] = static_cast<int64_t>(r * 7919) % columns;
    }
    const auto* first = reinterpret_cast<const char*>(labels.data());
    Case made = {
        "cross_entropy bf16", shapeOf(rows, columns), 4.0 * static_cast<double>(rows * columns), 0, {}, {}};
    made.buffers = {
        input("logits", x), input("labels", {first, first + labels.size() * 8}),
        output<BF16>("grad", rows * columns,
                     byRows(x, columns, 1e-5,
                            [=](const Row& row, int64_t i) {
                                return std::exp(at<BF16>(x, i) - row.greatest) / row.sum -
                                       (i % columns == labels[static_cast<size_t>(i / columns)] ? 1 : 0);
                            })),
        output<F32>("loss", rows, [=](const std::vector<char>& result) {
            return worst<F32>(result, 7, 1e-4, 1e-4, [&](int64_t r) {
                const Row row = readRow(x, r, columns);
                return row.greatest + std::log(row.sum) -
                       at<BF16>(x, r * columns + labels[static_cast<size_t>(r)]);
            });
        })};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        crossEntropy(queue, Element::kBF16,
                     {b[0], {b[1], 64}, b[2], floats(b[3]), rows, columns, -100, nullptr, 0});
    };
    return made;
}

Case geluCase(int64_t count) {
    const auto x = bytesOf(randomNumbers<BF16>(count, 1));
    Case made = {"gelu tanh bf16", std::to_string(count), 4.0 * static_cast<double>(count), 0, {}, {}};
    made.buffers = {input("x", x), output<BF16>("y", count, [=](const std::vector<char>& result) {
                        return worst<BF16>(result, kStep, kBf16, 1e-5, [&](int64_t i) {
                            const double value = at<BF16>(x, i);
                            const double inner =
                                std::sqrt(2 / M_PI) * (value + 0.044715 * value * value * value);
                            return 0.5 * value * (1 + std::tanh(inner));
                        });
                    })};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        gelu(queue, Gelu::kTanh, Direction::kForward, Element::kBF16, {b[0], nullptr, b[1], count});
    };
    return made;
}

Case swiGluCase(int64_t rows, int64_t columns) {
    const auto x = bytesOf(randomNumbers<BF16>(rows * 2 * columns, 1));
    Case made = {"swiglu bf16", shapeOf(rows, columns), 6.0 * static_cast<double>(rows * columns), 0, {}, {}};
    made.buffers = {input("x", x), output<BF16>("y", rows * columns, [=](const std::vector<char>& result) {
                        return worst<BF16>(result, kStep, kBf16, 1e-5, [&](int64_t i) {
                            const double gate = at<BF16>(x, i / columns * 2 * columns + i % columns);
                            const double up = at<BF16>(x, i / columns * 2 * columns + columns + i % columns);
                            return gate / (1 + std::exp(-gate)) * up;
                        });
                    })};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        swiGlu(queue, Direction::kForward, Element::kBF16, {b[0], nullptr, b[1], rows, columns});
    };
    return made;
}

/// The bytes must be the same.
std::function<double(const std::vector<char>&)> sameBytes(std::vector<char> wanted) {
    return [wanted = std::move(wanted)](const std::vector<char>& result) {
        return result == wanted ? 0.0 : static_cast<double>(INFINITY);
    };
}

Case castTransposeCase(int64_t rows, int64_t columns) {
    const auto numbers = randomNumbers<BF16>(rows * columns, 1);
    const float scale = 40;
    std::vector<E4M3> cast(numbers.size());
    std::vector<E4M3> transposed(numbers.size());
    float greatest = 0;
    for (int64_t i = 0; i < rows * columns; ++i) {
        const float x = toFloat(numbers[static_cast<size_t>(i)]);
        cast[static_cast<size_t>(i)] = rounded<E4M3>(x * scale);
        transposed[static_cast<size_t>(i % columns * rows + i / columns)] = cast[static_cast<size_t>(i)];
        greatest = std::fmax(greatest, std::fabs(x));
    }
    Case made = {"cast_transpose, dbias e4m3",
                 shapeOf(rows, columns),
                 4.0 * static_cast<double>(rows * columns),
                 0,
                 {},
                 {}};
    made.buffers = {
        input("x", bytesOf(numbers)),
        input("scale", bytesOf(std::vector<F32>{{scale}})),
        {"y", std::vector<char>(cast.size()), sameBytes(bytesOf(cast))},
        {"y^T", std::vector<char>(cast.size()), sameBytes(bytesOf(transposed))},
        {"amax", std::vector<char>(4), sameBytes(bytesOf(std::vector<F32>{{greatest}}))},
        output<F32>("sums", transposeGroups(rows) * columns, nullptr),
        output<F32>("dbias", columns, [=](const std::vector<char>& result) {
            return worst<F32>(result, kStep, 1e-5, 1e-3, [&](int64_t c) {
                double sum = 0;
                for (int64_t r = 0; r < rows; ++r) {
                    sum += static_cast<double>(toFloat(numbers[static_cast<size_t>(r * columns + c)]));
                }
                return sum;
            });
        })};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        castTranspose(
            queue, Element::kBF16, Float8::kE4M3,
            {b[0], floats(b[1]), b[2], b[3], static_cast<uint32_t*>(b[4]), rows, columns, floats(b[5])},
            {b[6], Element::kF32});
    };
    return made;
}

Case quantizeBlocksCase(int64_t rows, int64_t columns) {
    const auto numbers = randomNumbers<BF16>(rows * columns, 1);
    std::vector<E4M3> cast(numbers.size());
    std::vector<F32> scales(static_cast<size_t>(rows * columns / 128));
    for (size_t block = 0; block < scales.size(); ++block) {
        float greatest = 0;
        for (size_t i = block * 128; i < block * 128 + 128; ++i) {
            greatest = std::fmax(greatest, std::fabs(toFloat(numbers[i])));
        }
        const float scale = __uint_as_float(__float_as_uint(448.0F / greatest) & 0x7f800000U);
        scales[block].bits = 1 / scale;
        for (size_t i = block * 128; i < block * 128 + 128; ++i) {
            cast[i] = rounded<E4M3>(toFloat(numbers[i]) * scale);
        }
    }
    Case made = {"quantize 1x128 bf16->e4m3",
                 shapeOf(rows, columns),
                 3.0 * static_cast<double>(rows * columns),
                 0,
                 {},
                 {}};
    made.buffers = {input("x", bytesOf(numbers)),
                    {"y", std::vector<char>(cast.size()), sameBytes(bytesOf(cast))},
                    {"scales", std::vector<char>(scales.size() * 4), sameBytes(bytesOf(scales))}};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        quantizeBlocks(queue, Element::kBF16, Float8::kE4M3,
                       {b[0], b[1], floats(b[2]), rows, columns, 1, 128, 1});
    };
    return made;
}

/// MXFP8: blocks of 32 with a scale of E8M0.
Case quantizeMxCase(int64_t rows, int64_t columns) {
    constexpr size_t kBlock = 32;
    const auto numbers = randomNumbers<BF16>(rows * columns, 1);
    std::vector<E4M3> cast(numbers.size());
    std::vector<uint8_t> scales(numbers.size() / kBlock);
    for (size_t block = 0; block < scales.size(); ++block) {
        float greatest = 0;
        for (size_t i = block * kBlock; i < (block + 1) * kBlock; ++i) {
            greatest = std::fmax(greatest, std::fabs(toFloat(numbers[i])));
        }
        const int power = std::ilogb(greatest) - 8;
        scales[block] = static_cast<uint8_t>(power + 127);
        for (size_t i = block * kBlock; i < (block + 1) * kBlock; ++i) {
            cast[i] = rounded<E4M3>(std::ldexp(toFloat(numbers[i]), -power));
        }
    }
    Case made = {"quantize MXFP8 bf16->e4m3",
                 shapeOf(rows, columns),
                 3.0 * static_cast<double>(rows * columns),
                 0,
                 {},
                 {}};
    made.buffers = {input("x", bytesOf(numbers)),
                    {"y", std::vector<char>(cast.size()), sameBytes(bytesOf(cast))},
                    {"scales", std::vector<char>(scales.size()), sameBytes(bytesOf(scales))}};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        quantizeMx(
            queue, MxFormat::kE4M3, Element::kBF16, false,
            {b[0], static_cast<uint8_t*>(b[1]), static_cast<uint8_t*>(b[2]), nullptr, rows, columns, 0});
    };
    return made;
}

}  // namespace

std::vector<Case> memoryCases(int64_t scale) {
    const int64_t rows = 8192 / scale;
    std::vector<Case> cases;
    cases.push_back(rmsNormCase(rows, 4096));
    cases.push_back(rmsNormBackwardCase(rows, 4096));
    cases.push_back(softmaxCase(rows, 4096));
    cases.push_back(crossEntropyCase(rows / 2, 32000 / scale));
    cases.push_back(geluCase(rows * 4096));
    cases.push_back(swiGluCase(rows, 4096));
    cases.push_back(castTransposeCase(rows, 8192 / scale));
    cases.push_back(quantizeBlocksCase(rows, 4096));
    cases.push_back(quantizeMxCase(rows, 4096));
    return cases;
}

}  // namespace optirs::gpu_check
