// Microscaled numbers beside the CPU's, bit by bit.
#include <limits>
#include <string>

#include "twins.h"

namespace optirs::test {
namespace {

constexpr optirs_dl_data_type kU8 = {OPTIRS_DL_UINT, 8, 1};
constexpr optirs_dl_data_type kE8M0 = {OPTIRS_DL_F8E8M0FNU, 8, 1};

struct Format {
    const char* name;
    optirs_dl_data_type codes;
    optirs_dl_data_type scales;
    int64_t block;

    bool isPacked() const { return codes.code == OPTIRS_DL_UINT; }
    bool isNvfp4() const { return scales.code == OPTIRS_DL_F8E4M3FN; }
};
constexpr Format kFormats[] = {{"MXFP8 E4M3", kE4M3, kE8M0, 32},
                               {"MXFP8 E5M2", kE5M2, kE8M0, 32},
                               {"MXFP4", kU8, kE8M0, 32},
                               {"NVFP4", kU8, kE4M3, 16}};

/// A quantized matrix.
struct Quantized {
    Twin* codes;
    Twin* scales;
    Twin* tensor_scale;  // NULL but for NVFP4
};

class MxTest : public KernelFamilyTest {
 protected:
    Quantized makeQuantized(const Format& format, int64_t rows, int64_t columns) {
        return {&result(format.codes, {rows, format.isPacked() ? columns / 2 : columns}),
                &result(format.scales, {rows, (columns + format.block - 1) / format.block}),
                format.isNvfp4() ? &result(kF32, {1}) : nullptr};
    }
    static const optirs_dl_tensor* tensor(const Twin* twin, int at) {
        return twin == nullptr ? nullptr : &twin->tensors[at];
    }

    void expectBits(const Twin& twin) { EXPECT_EQ(onDevice(twin), twin.host); }

    Quantized quantize(const Format& format, Twin& x, bool is_transposed = false, bool rounds_up = false,
                       Twin* amax = nullptr) {
        const Quantized made =
            makeQuantized(format, x.shape[is_transposed ? 1 : 0], x.shape[is_transposed ? 0 : 1]);
        runBoth<optirs_quantize_mx_args>(OPTIRS_KERNEL_QUANTIZE_MX, optirs_quantize_mx,
                                         [&](auto& args, int at) {
                                             args.x = &x.tensors[at];
                                             args.transpose = is_transposed ? 1 : 0;
                                             args.round_up = rounds_up ? 1 : 0;
                                             args.amax = tensor(amax, at);
                                             args.out = tensor(made.codes, at);
                                             args.scales = tensor(made.scales, at);
                                             args.tensor_scale = tensor(made.tensor_scale, at);
                                         });
        expectBits(*made.codes);
        expectBits(*made.scales);
        if (made.tensor_scale != nullptr) {
            expectBits(*made.tensor_scale);
        }
        return made;
    }

    void dequantize(const Quantized& x, optirs_dl_data_type type, int64_t columns) {
        Twin& out = result(type, {x.codes->shape[0], columns});
        runBoth<optirs_dequantize_mx_args>(OPTIRS_KERNEL_DEQUANTIZE_MX, optirs_dequantize_mx,
                                           [&](auto& args, int at) {
                                               args.x = tensor(x.codes, at);
                                               args.scales = tensor(x.scales, at);
                                               args.tensor_scale = tensor(x.tensor_scale, at);
                                               args.out = &out.tensors[at];
                                           });
        expectSame(out, 0, 0);
    }

    /// Random numbers whose rows have different magnitudes.
    Twin& spread(optirs_dl_data_type type, int64_t rows, int64_t columns) {
        Twin& x = normal(kF32, {rows, columns});
        std::vector<char> bytes(bytesOf(type, {rows, columns}));
        for (int64_t i = 0; i < rows * columns; ++i) {
            const float value = std::ldexp(numberAt(x.host, kF32, i), static_cast<int>(i / columns % 19) - 9);
            const auto put = [&](auto element) {
                std::memcpy(&bytes[static_cast<size_t>(i) * sizeof(element)], &element, sizeof(element));
            };
            if (type.code == OPTIRS_DL_BFLOAT) {
                put(cuda::rounded<cuda::BF16>(value));
            } else if (type.bits == 16) {
                put(cuda::rounded<cuda::F16>(value));
            } else {
                put(value);
            }
        }
        return twin(type, {rows, columns}, std::move(bytes));
    }
};

TEST_F(MxTest, TypesAndShapes) {
    for (const Format& format : kFormats) {
        for (const auto type : {kF32, kBF16, kF16}) {
            for (const int64_t columns : {2, 16, 30, 32, 34, 64, 258}) {
                SCOPED_TRACE(std::string(format.name) + " " + std::to_string(columns));
                Twin& x = spread(type, 21, columns);
                const Quantized made = quantize(format, x);
                dequantize(made, type, columns);
                quantize(format, x, false, true);
                Twin& transposed = spread(type, columns, 21);
                quantize(format, transposed, true);
            }
        }
    }
}

TEST_F(MxTest, OddColumns) {
    for (const Format& format : {kFormats[0], kFormats[1]}) {
        for (const int64_t columns : {1, 3, 31, 33, 37}) {
            Twin& x = spread(kBF16, 5, columns);
            dequantize(quantize(format, x), kF32, columns);
        }
    }
}

TEST_F(MxTest, Nothing) {
    for (const Format& format : kFormats) {
        Twin& no_rows = normal(kF32, {0, 32});
        dequantize(quantize(format, no_rows), kF32, 32);
        Twin& no_columns = normal(kF32, {3, 0});
        dequantize(quantize(format, no_columns), kF32, 0);
    }
}

TEST_F(MxTest, Edges) {
    const float limit = std::numeric_limits<float>::max();
    const float least = std::numeric_limits<float>::denorm_min();
    const float infinity = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    // The first number of a block is its greatest; the others are midpoints between codes, and more.
    const std::vector<float> greatest = {0,     -0.0F, least, limit, infinity, nan, 1,      1.5F,
                                         1.75F, 1.76F, 448,   449,   57344,    6,   -6.25F, 0x1p-120F};
    std::vector<float> numbers;
    for (const float first : greatest) {
        numbers.push_back(first);
        for (int i = 1; i < 32; ++i) {
            const auto part = static_cast<float>(i) / 24;
            numbers.push_back(std::isfinite(first) ? first * (i < 25 ? part : -0.25F / part)
                                                   : static_cast<float>(i) * 0.25F);
        }
    }
    for (const Format& format : kFormats) {
        for (const bool rounds_up : {false, true}) {
            SCOPED_TRACE(format.name);
            Twin& x = values(kF32, {static_cast<int64_t>(greatest.size()), 32}, numbers);
            const Quantized made = quantize(format, x, false, rounds_up);
            dequantize(made, kF32, 32);
            dequantize(made, kBF16, 32);
            Twin& column = values(kF32, {32, static_cast<int64_t>(greatest.size())}, numbers);
            quantize(format, column, true, rounds_up);
        }
    }
}

TEST_F(MxTest, MidpointsOfE2M1) {
    // The scale of the block is 1: 6 is its greatest number.
    std::vector<float> numbers(32, 6);
    const float midpoints[] = {0.25F, 0.75F, 1.25F, 1.75F, 2.5F, 3.5F, 5};
    for (size_t i = 0; i < 7; ++i) {
        numbers[3 * i + 1] = midpoints[i];
        numbers[3 * i + 2] = -std::nextafter(midpoints[i], 0.0F);
        numbers[3 * i + 3] = std::nextafter(midpoints[i], 7.0F);
    }
    Twin& x = values(kF32, {1, 32}, numbers);
    quantize(kFormats[2], x);
}

TEST_F(MxTest, GreatestMagnitudeOfOthers) {
    Twin& x = spread(kF32, 9, 64);
    for (const float amax : {0.0F, 123.0F, std::numeric_limits<float>::quiet_NaN()}) {
        Twin& given = values(kF32, {1}, std::vector{amax});
        dequantize(quantize(kFormats[3], x, false, false, &given), kF32, 64);
    }
    Twin& zeros = values(kF32, {2, 32}, std::vector<float>(64));
    quantize(kFormats[3], zeros);
}

TEST_F(MxTest, Unaligned) {
    for (const Format& format : kFormats) {
        Twin& x = spread(kF32, 9, 66);
        const auto shift = [](Twin& twin) {
            for (optirs_dl_tensor& tensor : twin.tensors) {
                tensor.byte_offset = twin.type.bits / 8U;
            }
            twin.shape[0] -= 1;
        };
        Quantized made = makeQuantized(format, 9, 66);
        shift(x);
        shift(*made.codes);
        shift(*made.scales);
        runBoth<optirs_quantize_mx_args>(OPTIRS_KERNEL_QUANTIZE_MX, optirs_quantize_mx,
                                         [&](auto& args, int at) {
                                             args.x = &x.tensors[at];
                                             args.out = tensor(made.codes, at);
                                             args.scales = tensor(made.scales, at);
                                             args.tensor_scale = tensor(made.tensor_scale, at);
                                         });
        expectBits(*made.codes);
        expectBits(*made.scales);
    }
}

TEST_F(MxTest, Products) {
    for (const Format& format : kFormats) {
        for (const auto type : {kF32, kBF16}) {
            for (const bool has_bias : {false, true}) {
                SCOPED_TRACE(format.name);
                Twin& x = normal(kF32, {17, 70});
                Twin& y = normal(kF32, {9, 70});
                const Quantized a = quantize(format, x);
                const Quantized b = quantize(format, y);
                Twin& bias = normal(has_bias ? kF32 : type, {9});
                Twin& out = normal(type, {17, 9});
                runBoth<optirs_matmul_mx_args>(OPTIRS_KERNEL_MATMUL_MX, optirs_matmul_mx,
                                               [&](auto& args, int at) {
                                                   args.a = tensor(a.codes, at);
                                                   args.a_scales = tensor(a.scales, at);
                                                   args.a_tensor_scale = tensor(a.tensor_scale, at);
                                                   args.b = tensor(b.codes, at);
                                                   args.b_scales = tensor(b.scales, at);
                                                   args.b_tensor_scale = tensor(b.tensor_scale, at);
                                                   args.alpha = 0.5;
                                                   args.beta = has_bias ? -2 : 0;
                                                   args.bias = has_bias ? &bias.tensors[at] : nullptr;
                                                   args.out = &out.tensors[at];
                                               });
                expectSame(out, unitOf(type) * 4, 1e-4);
            }
        }
    }
}

TEST_F(MxTest, WhatIsNotThere) {
    Twin& x = normal(kF32, {8, 32});
    const Quantized a = quantize(kFormats[0], x);
    const auto refused = [&](Twin& out, const Quantized& operand) {
        optirs_matmul_mx_args args{};
        args.struct_size = sizeof(args);
        args.a = args.b = tensor(operand.codes, 1);
        args.a_scales = args.b_scales = tensor(operand.scales, 1);
        args.alpha = 1;
        args.out = &out.tensors[1];
        uint64_t bytes = 0;
        EXPECT_OK(optirs_kernel_workspace(OPTIRS_KERNEL_MATMUL_MX, &args, &bytes));
        const auto workspace = memory(queue, bytes);
        args.workspace = optirs_device_memory_data(workspace.get());
        args.workspace_size = bytes;
        return take(optirs_matmul_mx(queue.get(), &args)).message;
    };
    EXPECT_NE(refused(result(kF16, {8, 8}), a).find("product of microscaled numbers to f16"),
              std::string::npos);
    Twin& none = normal(kF32, {8, 0});
    EXPECT_NE(refused(result(kF32, {8, 8}), quantize(kFormats[0], none)).find("sums are empty"),
              std::string::npos);
}

}  // namespace
}  // namespace optirs::test
