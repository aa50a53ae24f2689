// Grouped products beside the CPU's.
#include <numeric>

#include "twins.h"

namespace optirs::test {
namespace {

enum class Form { kProduct, kTransposed, kSums };

struct Grouped {
    Form form = Form::kProduct;
    optirs_dl_data_type type = kBF16;
    optirs_dl_data_type out = kF32;
    std::vector<int32_t> sizes = {70, 0, 131, 3};
    int64_t rest = 5;  // rows behind all groups
    int64_t k = 75;
    int64_t n = 90;
    double alpha = 1, beta = 0;
    const optirs_dl_data_type* bias = nullptr;
};

class GroupedMatmulTest : public KernelFamilyTest {
 protected:
    void prepare(const Grouped& g) {
        call = g;
        const auto groups = static_cast<int64_t>(g.sizes.size());
        const int64_t rows = std::accumulate(g.sizes.begin(), g.sizes.end(), g.rest);
        a = &normal(g.type, {rows, g.k});
        b = g.form == Form::kSums         ? &normal(g.type, {rows, g.n})
            : g.form == Form::kTransposed ? &normal(g.type, {groups, g.n, g.k})
                                          : &normal(g.type, {groups, g.k, g.n});
        sizes = &values(kS32, {groups}, g.sizes);
        bias = g.bias == nullptr ? nullptr : &normal(*g.bias, {groups, g.n});
        const std::vector<int64_t> shape =
            g.form == Form::kSums ? std::vector{groups, g.k, g.n} : std::vector{rows, g.n};
        out = g.beta != 0 ? &normal(g.out, shape) : &result(g.out, shape);
        scale_a = scale_b = nullptr;
    }
    void fill(optirs_grouped_matmul_args& args, int at) const {
        const auto tensor = [&](Twin* twin) { return twin == nullptr ? nullptr : &twin->tensors[at]; };
        args.a = tensor(a);
        args.b = tensor(b);
        args.group_sizes = tensor(sizes);
        args.transpose_a = call.form == Form::kSums ? 1 : 0;
        args.transpose_b = call.form == Form::kTransposed ? 1 : 0;
        args.alpha = call.alpha;
        args.beta = call.beta;
        args.bias = tensor(bias);
        args.scale_a = tensor(scale_a);
        args.scale_b = tensor(scale_b);
        args.out = tensor(out);
    }
    void compare() {
        runBoth<optirs_grouped_matmul_args>(OPTIRS_KERNEL_GROUPED_MATMUL, optirs_grouped_matmul,
                                            [&](auto& args, int at) { fill(args, at); });
        expectSame(*out, call.out.bits == 32 ? 1e-5 : 1.0 / 128, 1e-4);
    }
    void check(const char* what, const Grouped& g) {
        SCOPED_TRACE(what);
        prepare(g);
        compare();
    }
    void checkForms(const char* what, Grouped g) {
        for (const Form form : {Form::kProduct, Form::kTransposed, Form::kSums}) {
            g.form = form;
            check(what, g);
        }
    }

    Grouped call;
    Twin* a = nullptr;
    Twin* b = nullptr;
    Twin* sizes = nullptr;
    Twin* bias = nullptr;
    Twin* scale_a = nullptr;
    Twin* scale_b = nullptr;
    Twin* out = nullptr;
};

TEST_F(GroupedMatmulTest, Types) {
    for (const auto type : {kF32, kBF16, kF16}) {
        checkForms("operands", {.type = type});
        checkForms("results", {.out = type});
    }
}

TEST_F(GroupedMatmulTest, Float8WithScales) {
    for (const auto& [type, of_groups] : {std::pair(kE4M3, true), std::pair(kE5M2, false)}) {
        for (const Form form : {Form::kProduct, Form::kTransposed, Form::kSums}) {
            prepare({.form = form, .type = type});
            const std::vector<float> numbers = {0.5F, 3, 0.25F, 1.5F};
            scale_a = &values(kF32, {4}, numbers);
            scale_b = of_groups ? &values(kF32, {4}, numbers) : &values(kF32, {1}, std::vector{0.1F});
            compare();
        }
    }
}

TEST_F(GroupedMatmulTest, EdgesOfTiles) {
    for (const int64_t extent : {1, 8, 31, 32, 33, 127, 128, 129}) {
        checkForms("k", {.sizes = {3, 2}, .k = extent, .n = 9});
        checkForms("n", {.sizes = {3, 2}, .k = 9, .n = extent});
    }
    checkForms("sizes", {.sizes = {127, 128, 129, 256}, .rest = 0, .k = 16, .n = 8});
    checkForms("f32", {.type = kF32, .sizes = {17, 16, 15}, .k = 17, .n = 130});
}

TEST_F(GroupedMatmulTest, NothingToDo) {
    checkForms("no rows", {.sizes = {0, 0}, .rest = 0});
    checkForms("no rows in groups", {.sizes = {0, 0}, .rest = 130});
    checkForms("no groups", {.sizes = {}, .rest = 3});
    checkForms("no columns", {.n = 0});
    checkForms("empty sums", {.k = 0});
    check("empty sums with bias", {.k = 0, .bias = &kF32});
}

TEST_F(GroupedMatmulTest, BiasAndFormerResult) {
    checkForms("beta", {.alpha = 0.5, .beta = -2});
    checkForms("narrow beta", {.out = kF16, .alpha = 0.5, .beta = 3});
    for (const Form form : {Form::kProduct, Form::kTransposed}) {
        check("bias", {.form = form, .bias = &kF32});
        check("all", {.form = form, .out = kBF16, .alpha = -1, .beta = 2, .bias = &kBF16});
    }
}

TEST_F(GroupedMatmulTest, NaNAndInfinity) {
    for (const Form form : {Form::kProduct, Form::kTransposed, Form::kSums}) {
        prepare({.form = form});
        const auto put = [&](Twin& twin, int64_t at, uint16_t code) {
            std::memcpy(&twin.host[static_cast<size_t>(at) * 2], &code, sizeof(code));
            EXPECT_OK(optirs_device_memory_write(twin.device.get(), 0, twin.host.data(), twin.host.size(),
                                                 queue.get()));
        };
        put(*a, 80 * call.k + 3, 0x7fc0);  // a row of the third group
        put(*b, 7, 0x7f80);
        compare();
    }
}

TEST_F(GroupedMatmulTest, AddressesThatAreNotAligned) {
    for (const Form form : {Form::kProduct, Form::kTransposed, Form::kSums}) {
        prepare({.form = form, .k = 64, .n = 64});
        // All but the last row of a, from its second element on, and likewise of b and out.
        for (Twin* twin : {a, b, out}) {
            twin->shape[0] -= 1;
            for (optirs_dl_tensor& tensor : twin->tensors) {
                tensor.byte_offset = twin->type.bits / 8U;
            }
        }
        if (form == Form::kSums) {
            b->shape[0] = a->shape[0];
        }
        call.sizes.back() = 0;
        sizes->shape[0] -= 1;
        if (form != Form::kSums) {
            out->shape[0] = a->shape[0];
        }
        compare();
    }
}

TEST_F(GroupedMatmulTest, SizesThatAreNoSizes) {
    // On the CPU they are errors. Here -4 counts as 0, and the last group ends with the rows.
    for (const Form form : {Form::kProduct, Form::kSums}) {
        Grouped good{.form = form, .sizes = {20, 0, 180}, .rest = 0};
        prepare(good);
        runBoth<optirs_grouped_matmul_args>(
            OPTIRS_KERNEL_GROUPED_MATMUL, optirs_grouped_matmul, [&](auto& args, int at) {
                fill(args, at);
                if (at == 1) {
                    const int32_t bad[] = {20, -4, 2000000000};
                    EXPECT_OK(
                        optirs_device_memory_write(sizes->device.get(), 0, bad, sizeof(bad), queue.get()));
                }
            });
        expectSame(*out, 1e-5, 1e-4);
    }
}

TEST_F(GroupedMatmulTest, ARepeatedCallGivesTheSameBits) {
    prepare({.form = Form::kSums, .type = kF32});
    compare();
    const std::vector<char> first = onDevice(*out);
    compare();
    EXPECT_EQ(onDevice(*out), first);
}

}  // namespace
}  // namespace optirs::test
