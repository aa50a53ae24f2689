// What every kernel refuses, and how.
#include <array>
#include <limits>
#include <vector>

#include "support.h"

namespace optirs::test {
namespace {

/// A vector of f32 in memory of its own.
struct Vector {
    explicit Vector(int64_t size) : values(static_cast<size_t>(size) + 1, 1.0F), shape(size) {}

    optirs_dl_tensor tensor(optirs_dl_device device = {OPTIRS_DL_CPU, 0}) {
        return {values.data(), device, 1, {OPTIRS_DL_FLOAT, 32, 1}, &shape, nullptr, 0};
    }

    std::vector<float> values;
    int64_t shape;
};

Failure amax(const optirs_dl_tensor& x, const optirs_dl_tensor& out, optirs_stream* stream = nullptr,
             size_t struct_size = sizeof(optirs_amax_args)) {
    const optirs_amax_args args{struct_size, nullptr, 0, &x, &out};
    return take(optirs_amax(stream, &args));
}

TEST(Kernel, MixedDevicesAreRefused) {
    Vector x(4), out(1);
    const Failure failure = amax(x.tensor(), out.tensor({OPTIRS_DL_CUDA, 1}));
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(failure.operation, "optirs_amax");
    EXPECT_EQ(
        failure.message,
        "amax: amax f32[1] is on DLPack device 2:1, but x f32[4] is on 1:0; all tensors of a kernel are on "
        "one device");
}

TEST(Kernel, PinnedMemoryIsHostMemory) {
    Vector x(4), out(1);
    EXPECT_EQ(amax(x.tensor({OPTIRS_DL_CUDA_HOST, 0}), out.tensor()).code, OPTIRS_OK);
    EXPECT_EQ(out.values[0], 1);
}

TEST(Kernel, UnknownDevicesAreRefused) {
    Vector x(4), out(1);
    const Failure failure = amax(x.tensor({7, 0}), out.tensor({7, 0}));
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_NE(failure.message.find("DLPack device type 7"), std::string::npos) << failure.message;
}

TEST(Kernel, AStreamOnHostMemoryIsRefused) {
    Vector x(4), out(1);
    EXPECT_EQ(amax(x.tensor(), out.tensor(), reinterpret_cast<optirs_stream*>(&x)).code,
              OPTIRS_INVALID_ARGUMENT);
}

TEST(Kernel, BlocksThatCannotBeCountedAreRefused) {
    std::array<uint16_t, 6> x{};
    std::array<uint8_t, 6> codes{};
    float scale = 1;
    int64_t shape[] = {2, 3};
    int64_t one[] = {1, 1};
    const auto tensor = [](void* data, optirs_dl_data_type type, int64_t* of) {
        return optirs_dl_tensor{data, {OPTIRS_DL_CPU, 0}, 2, type, of, nullptr, 0};
    };
    const optirs_dl_tensor wide = tensor(x.data(), {OPTIRS_DL_BFLOAT, 16, 1}, shape);
    const optirs_dl_tensor narrow = tensor(codes.data(), {OPTIRS_DL_F8E4M3FN, 8, 1}, shape);
    const optirs_dl_tensor scales = tensor(&scale, {OPTIRS_DL_FLOAT, 32, 1}, one);
    const auto run = [&](auto args, auto kernel, const optirs_dl_tensor& from, const optirs_dl_tensor& to,
                         int64_t rows, int64_t columns) {
        args.struct_size = sizeof(args);
        args.x = &from;
        args.out = &to;
        args.scale_inv = &scales;
        args.block_rows = rows;
        args.block_columns = columns;
        return take(kernel(nullptr, &args));
    };
    const auto quantize = [&](int64_t rows, int64_t columns) {
        return run(optirs_quantize_blocks_args{}, optirs_quantize_blocks, wide, narrow, rows, columns);
    };
    const auto dequantize = [&](int64_t rows, int64_t columns) {
        return run(optirs_dequantize_blocks_args{}, optirs_dequantize_blocks, narrow, wide, rows, columns);
    };
    constexpr int64_t kLargest = int64_t{1} << 40;
    EXPECT_EQ(quantize(kLargest, kLargest).code, OPTIRS_OK);
    EXPECT_EQ(dequantize(kLargest, kLargest).code, OPTIRS_OK);
    for (const int64_t size : {std::numeric_limits<int64_t>::max(), kLargest + 1, int64_t{0}, int64_t{-1}}) {
        const std::string text =
            "block_columns is " + std::to_string(size) + "; it must be at least 1, and at most 2^40";
        for (const Failure& failure : {quantize(1, size), dequantize(1, size)}) {
            EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
            EXPECT_NE(failure.message.find(text), std::string::npos) << failure.message;
        }
        EXPECT_EQ(quantize(size, 1).code, OPTIRS_INVALID_ARGUMENT);
        EXPECT_EQ(dequantize(size, 1).code, OPTIRS_INVALID_ARGUMENT);
    }
    // An empty matrix whose other extent is as large.
    shape[0] = 0;
    shape[1] = std::numeric_limits<int64_t>::max();
    const Failure failure = quantize(1, 1);
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_NE(failure.message.find("more bytes than any memory"), std::string::npos) << failure.message;
}

TEST(Kernel, UnalignedAndMissingMemoryIsRefused) {
    Vector x(4), out(1);
    optirs_dl_tensor unaligned = x.tensor();
    unaligned.byte_offset = 2;
    EXPECT_NE(
        amax(unaligned, out.tensor()).message.find("x f32[4] is not aligned to its element size of 4 bytes"),
        std::string::npos);
    unaligned.data = nullptr;
    unaligned.byte_offset = 0;
    EXPECT_NE(amax(unaligned, out.tensor()).message.find("x f32[4] has no memory"), std::string::npos);
    x.shape = 0;
    EXPECT_EQ(amax(unaligned, out.tensor()).code, OPTIRS_OK) << "nothing needs no memory";
    EXPECT_EQ(out.values[0], 0);
}

TEST(Kernel, MalformedStructsAreRefused) {
    Vector x(4), out(1);
    EXPECT_EQ(amax(x.tensor(), out.tensor(), nullptr, 0).code, OPTIRS_INVALID_ARGUMENT);
    // A struct of an older caller that ends before the tensors: they are absent.
    EXPECT_EQ(amax(x.tensor(), out.tensor(), nullptr, sizeof(size_t)).message, "amax: the tensor x is NULL");
    EXPECT_EQ(take(optirs_amax(nullptr, nullptr)).message, "amax: argument args is NULL");
    x.shape = -1;
    EXPECT_NE(amax(x.tensor(), out.tensor()).message.find("negative extent -1"), std::string::npos);
    x.shape = INT64_MAX;
    EXPECT_NE(amax(x.tensor(), out.tensor()).message.find("more bytes than any memory"), std::string::npos);
}

TEST(Kernel, WorkspaceIsAskedFor) {
    Vector x(4), out(1);
    const optirs_dl_tensor from = x.tensor(), to = out.tensor();
    const optirs_amax_args args{sizeof(args), nullptr, 0, &from, &to};
    uint64_t bytes = 1;
    EXPECT_OK(optirs_kernel_workspace(OPTIRS_KERNEL_AMAX, &args, &bytes));
    EXPECT_EQ(bytes, 0U);
    const optirs_amax_args empty{sizeof(empty), nullptr, 0, nullptr, nullptr};
    EXPECT_EQ(take(optirs_kernel_workspace(OPTIRS_KERNEL_AMAX, &empty, &bytes)).message,
              "amax: the tensor x is NULL");
    EXPECT_EQ(take(optirs_kernel_workspace(9999, &args, &bytes)).message, "there is no kernel 9999");
}

}  // namespace
}  // namespace optirs::test
