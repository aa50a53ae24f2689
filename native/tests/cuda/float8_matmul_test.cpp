// FP8 products by the kernel for Hopper beside the CPU's, and when it is chosen.
#include <string>

#include "twins.h"

namespace optirs::test {
namespace {

/// Rows and columns of an operand under one scale; 0 and 0: one scale for all of it.
struct Blocks {
    int64_t rows = 0;
    int64_t columns = 0;
};
constexpr Blocks kRow128 = {1, 128};
constexpr Blocks kTile128 = {128, 128};

struct Product {
    int64_t m = 130, n = 75, k = 272;
    optirs_dl_data_type a = kE4M3, b = kE4M3, out = kF32;
    Blocks a_blocks = {}, b_blocks = {};
    bool has_scales = true;
    int64_t batch = 0;  // 0: matrices
    int64_t b_batch = 0;
    double alpha = 1, beta = 0;
    const optirs_dl_data_type* bias = nullptr;
    bool is_fast = false;
    bool transposes_a = false;
    int32_t epilogue = OPTIRS_EPILOGUE_NONE;
    const optirs_dl_data_type* aux = nullptr;
};

class Float8MatmulTest : public KernelFamilyTest {
 protected:
    Twin& scales(const Twin& of, const Blocks& blocks) {
        const auto count = [](int64_t extent, int64_t block) { return (extent + block - 1) / block; };
        const std::vector<int64_t> shape = blocks.rows == 0 ? std::vector<int64_t>{1}
                                                            : std::vector{count(of.shape[0], blocks.rows),
                                                                          count(of.shape[1], blocks.columns)};
        std::vector<float> numbers(static_cast<size_t>(shape[0] * (shape.size() == 1 ? 1 : shape[1])));
        std::uniform_real_distribution<float> positive(0.1F, 2);
        for (float& number : numbers) {
            number = positive(random);
        }
        return values(kF32, shape, numbers);
    }

    void prepare(const Product& p) {
        call = p;
        const auto shape = [](int64_t batch, int64_t rows, int64_t columns) {
            return batch == 0 ? std::vector{rows, columns} : std::vector{batch, rows, columns};
        };
        a = &normal(p.a, p.transposes_a ? shape(p.batch, p.k, p.m) : shape(p.batch, p.m, p.k));
        b = &normal(p.b, shape(p.b_batch, p.n, p.k));
        a_scales = p.has_scales ? &scales(*a, p.a_blocks) : nullptr;
        b_scales = p.has_scales ? &scales(*b, p.b_blocks) : nullptr;
        bias = p.bias != nullptr ? &normal(*p.bias, {p.n}) : nullptr;
        out =
            p.beta != 0 ? &normal(p.out, shape(p.batch, p.m, p.n)) : &result(p.out, shape(p.batch, p.m, p.n));
        const bool is_read = p.epilogue == OPTIRS_EPILOGUE_GELU_BACKWARD;
        aux = p.aux == nullptr ? nullptr
              : is_read        ? &normal(*p.aux, out->shape)
                               : &result(*p.aux, out->shape);
        const bool is_narrow = p.out.bits == 8;
        out_scale = is_narrow ? &values(kF32, {1}, std::vector<float>{0.25F}) : nullptr;
        amax = is_narrow ? &result(kF32, {1}) : nullptr;
    }

    void fill(optirs_matmul_args& args, int at) const {
        const auto tensor = [&](Twin* twin) { return twin == nullptr ? nullptr : &twin->tensors[at]; };
        args.a = tensor(a);
        args.b = tensor(b);
        args.transpose_a = call.transposes_a ? 1 : 0;
        args.transpose_b = 1;
        args.alpha = call.alpha;
        args.beta = call.beta;
        args.bias = tensor(bias);
        args.epilogue = call.epilogue;
        args.aux = tensor(aux);
        args.fast_accumulation = call.is_fast ? 1 : 0;
        args.scale_a = tensor(a_scales);
        args.scale_b = tensor(b_scales);
        args.scale_a_rows = call.a_blocks.rows;
        args.scale_a_columns = call.a_blocks.columns;
        args.scale_b_rows = call.b_blocks.rows;
        args.scale_b_columns = call.b_blocks.columns;
        args.scale_out = tensor(out_scale);
        args.amax_out = tensor(amax);
        args.out = tensor(out);
    }

    static bool tookHopper() {
        return std::string_view(control().calls()).find("name=float8_matmul_") != std::string_view::npos;
    }

    void compare() {
        control().reset();
        runBoth<optirs_matmul_args>(OPTIRS_KERNEL_MATMUL, optirs_matmul,
                                    [&](auto& args, int at) { fill(args, at); });
        const double unit = call.out.bits == 32 ? 1e-5 : call.out.bits == 16 ? 1.0 / 128 : 1.0 / 4;
        expectSame(*out, unit, call.out.bits == 8 ? 1e-3 : 1e-4);
        if (amax != nullptr) {
            expectSame(*amax, 1e-5, 0);
        }
        if (call.epilogue == OPTIRS_EPILOGUE_GELU && aux != nullptr) {
            expectSame(*aux, unitOf(aux->type), 1e-4);
        }
    }
    void check(const char* what, const Product& p) {
        SCOPED_TRACE(what);
        prepare(p);
        compare();
        EXPECT_TRUE(tookHopper());
    }
    void expectCublasLt(const char* what, const Product& p) {
        SCOPED_TRACE(what);
        prepare(p);
        compare();
        EXPECT_FALSE(tookHopper());
    }

    Failure refused(const Product& p) {
        prepare(p);
        return refusedAsPrepared();
    }
    Failure refusedAsPrepared() {
        optirs_matmul_args args{};
        args.struct_size = sizeof(args);
        fill(args, 1);
        uint64_t bytes = 0;
        EXPECT_OK(optirs_kernel_workspace(OPTIRS_KERNEL_MATMUL, &args, &bytes));
        const auto workspace = memory(queue, bytes);
        args.workspace = optirs_device_memory_data(workspace.get());
        args.workspace_size = bytes;
        return take(optirs_matmul(queue.get(), &args));
    }

    Product call;
    Twin* a = nullptr;
    Twin* b = nullptr;
    Twin* a_scales = nullptr;
    Twin* b_scales = nullptr;
    Twin* bias = nullptr;
    Twin* aux = nullptr;
    Twin* out_scale = nullptr;
    Twin* amax = nullptr;
    Twin* out = nullptr;
};

TEST_F(Float8MatmulTest, Types) {
    for (const auto a_type : {kE4M3, kE5M2}) {
        for (const auto b_type : {kE4M3, kE5M2}) {
            check("operands", {.a = a_type, .b = b_type, .a_blocks = kRow128, .b_blocks = kTile128});
        }
    }
    for (const auto type : {kBF16, kF16, kE4M3, kE5M2}) {
        check("results", {.out = type, .a_blocks = kRow128, .b_blocks = kTile128});
    }
}

TEST_F(Float8MatmulTest, Scales) {
    constexpr Blocks kRow = {1, 272};
    check("rows of both", {.n = 150, .a_blocks = kRow128, .b_blocks = kRow128});
    check("tiles of both", {.n = 150, .a_blocks = kTile128, .b_blocks = kTile128});
    check("tiles of a", {.n = 150, .a_blocks = kTile128, .b_blocks = kRow128});
    check("blocks and one", {.n = 150, .a_blocks = kRow128});
    check("row scales", {.n = 150, .a_blocks = kRow, .b_blocks = kRow});
    check("row scales of b", {.n = 150, .b_blocks = kRow});
    check("one each", {.n = 150});
    check("none", {.n = 150, .has_scales = false});
    check("a block that is a row", {.k = 128, .a_blocks = kRow128, .b_blocks = kTile128});
}

TEST_F(Float8MatmulTest, EdgesOfTiles) {
    for (const int64_t m : {1, 63, 64, 65, 128, 129}) {
        check("m", {.m = m, .n = 3, .k = 144, .a_blocks = kRow128, .b_blocks = kTile128});
    }
    for (const int64_t n : {1, 2, 127, 128, 129}) {
        check("n", {.m = 3, .n = n, .k = 144, .a_blocks = kRow128, .b_blocks = kRow128});
    }
    for (const int64_t k : {16, 112, 128, 1024}) {
        check("k", {.m = 70, .n = 33, .k = k, .a_blocks = kRow128, .b_blocks = kRow128});
    }
}

TEST_F(Float8MatmulTest, FastSums) {
    check("fast", {.k = 528, .is_fast = true});
    check("fast with row scales", {.k = 528, .a_blocks = {1, 528}, .b_blocks = {1, 528}, .is_fast = true});
    check("blocks are promoted", {.k = 528, .a_blocks = kRow128, .b_blocks = kTile128, .is_fast = true});
}

TEST_F(Float8MatmulTest, BiasAndFormerResult) {
    for (const auto bias_type : {kF32, kBF16}) {
        check("bias", {.out = kBF16, .a_blocks = kRow128, .b_blocks = kTile128, .bias = &bias_type});
    }
    check("all", {.a_blocks = kRow128, .b_blocks = kTile128, .alpha = 0.5, .beta = -2, .bias = &kF32});
    check("narrow with bias", {.out = kE4M3, .alpha = 0.1, .bias = &kBF16});
}

TEST_F(Float8MatmulTest, Gelu) {
    Product p = {.a_blocks = kRow128, .b_blocks = kTile128, .alpha = 0.1, .bias = &kF32};
    p.epilogue = OPTIRS_EPILOGUE_GELU;
    check("without aux", p);
    p.aux = &kF32;
    check("its argument", p);
    p.out = kE4M3;
    p.bias = p.aux = &kBF16;
    p.b_blocks = kRow128;
    check("narrow", p);
    p = {.m = 70, .n = 33, .a_blocks = kTile128, .b_blocks = kTile128, .batch = 2, .b_batch = 2};
    p.out = kBF16;
    p.alpha = 0.1;
    p.has_scales = false;
    p.a_blocks = p.b_blocks = {};
    p.epilogue = OPTIRS_EPILOGUE_GELU;
    p.aux = &kF32;
    check("batches, no scales", p);
}

TEST_F(Float8MatmulTest, DerivativeOfGelu) {
    Product p = {.a = kE5M2, .a_blocks = kRow128, .b_blocks = kTile128, .aux = &kF32};
    p.epilogue = OPTIRS_EPILOGUE_GELU_BACKWARD;
    check("f32", p);
    p.out = kBF16;
    p.aux = &kBF16;
    check("bf16", p);
    p.out = kE5M2;
    check("narrow", p);
}

TEST_F(Float8MatmulTest, Batches) {
    check("both", {.m = 70, .n = 33, .k = 48, .batch = 3, .b_batch = 3});
    check("one b", {.m = 70, .n = 33, .k = 48, .batch = 3});
}

TEST_F(Float8MatmulTest, MoreTilesThanMultiprocessors) {
    // Bands of 12 rows of tiles, the last of which is lower.
    check("tiles", {.m = 13 * 128 - 3, .n = 11 * 128, .k = 16, .a_blocks = kRow128, .b_blocks = kTile128});
}

TEST_F(Float8MatmulTest, NaNAndInfinity) {
    prepare({.b = kE5M2, .out = kE4M3, .a_blocks = kRow128, .b_blocks = kTile128});
    const auto put = [&](Twin& twin, size_t at, uint8_t code) {
        twin.host[at] = static_cast<char>(code);
        EXPECT_OK(optirs_device_memory_write(twin.device.get(), 0, twin.host.data(), twin.host.size(),
                                             queue.get()));
    };
    put(*a, 5 * 272 + 7, 0x7f);    // NaN
    put(*b, 9 * 272 + 271, 0x7c);  // infinity
    compare();
    EXPECT_TRUE(std::isnan(numberAt(onDevice(*amax), kF32, 0)));
    EXPECT_TRUE(tookHopper());
}

TEST_F(Float8MatmulTest, WhatCublasLtTakesIsItsOwn) {
    expectCublasLt("one scale each", {.m = 32, .n = 48, .out = kBF16});
    expectCublasLt("fast", {.m = 32, .n = 48, .out = kBF16, .is_fast = true});
    expectCublasLt("row scales",
                   {.m = 32, .n = 48, .out = kBF16, .a_blocks = {1, 272}, .b_blocks = {1, 272}});
    expectCublasLt("bias", {.m = 32, .n = 48, .out = kBF16, .bias = &kBF16});
    check("two of f8E5M2", {.m = 32, .n = 48, .a = kE5M2, .b = kE5M2});
}

TEST_F(Float8MatmulTest, WhatNeitherTakesIsAnError) {
    const Product blocks = {.m = 32, .n = 48, .a_blocks = kRow128, .b_blocks = kTile128};
    const auto expect = [&](const Product& p, const char* text) {
        const Failure failure = refused(p);
        EXPECT_NE(failure.message.find(text), std::string::npos) << failure.message;
    };
    Product other = blocks;
    other.a_blocks = {1, 64};
    expect(other, "blocks of 1x128 and 128x128");
    other = blocks;
    other.k = 264;  // rows of no multiple of 16 bytes
    expect(other, "rows of multiples of 16 bytes");
    other = {.m = 32, .n = 48, .transposes_a = true};
    expect(other, "contiguous along k");
    for (const auto& [major, minor] : {std::pair(8, 9), std::pair(10, 0)}) {
        driver().set_capability(major, minor);
        expect(blocks, "block scales need compute capability 9.0");
    }
    driver().set_capability(9, 0);
    prepare({.m = 31});
    a->tensors[1].byte_offset = 8;
    a->shape[0] = 30;
    out->shape[0] = 30;
    const Failure failure = refusedAsPrepared();
    EXPECT_NE(failure.message.find("A is not aligned to 16 bytes"), std::string::npos) << failure.message;
}

TEST_F(Float8MatmulTest, AFailureIsTyped) {
    for (const int call_of_two : {0, 1}) {
        prepare({.a_blocks = kRow128, .b_blocks = kTile128});
        control().reset();
        control().fail("cuTensorMapEncodeTiled", call_of_two, 1);
        const Failure failure = refusedAsPrepared();
        EXPECT_NE(failure.message.find("cuTensorMapEncodeTiled"), std::string::npos) << failure.message;
    }
}

}  // namespace
}  // namespace optirs::test
