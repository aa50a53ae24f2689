// Attention on views of one buffer, as a projection gives queries, keys and values and takes their gradients:
// the same numbers as in memory of their own, and nothing written between them.
#include <algorithm>
#include <functional>
#include <random>
#include <vector>

#include "support.h"

namespace optirs::test {
namespace {

constexpr int64_t kBatch = 2, kRows = 70, kWidth = 12;
constexpr float kUntouched = -7;

/// [batch, rows, heads, width] somewhere within a block of f32.
struct View {
    int64_t begin, heads;
    int64_t batch_stride, row_stride, head_stride = kWidth;

    void each(const std::function<void(size_t)>& function) const {
        for (int64_t b = 0; b < kBatch; ++b) {
            for (int64_t i = 0; i < kRows; ++i) {
                for (int64_t h = 0; h < heads; ++h) {
                    const int64_t row = begin + b * batch_stride + i * row_stride + h * head_stride;
                    for (int64_t d = 0; d < kWidth; ++d) {
                        function(static_cast<size_t>(row + d));
                    }
                }
            }
        }
    }
};

View dense(int64_t begin, int64_t heads) { return {begin, heads, kRows * heads * kWidth, heads * kWidth}; }

class Tensor {
 public:
    Tensor(std::vector<float>& block, const View& view)
        : shape_{kBatch, kRows, view.heads, kWidth},
          strides_{view.batch_stride, view.row_stride, view.head_stride, 1} {
        tensor_ = {.data = block.data() + view.begin,
                   .device = {OPTIRS_DL_CPU, 0},
                   .ndim = 4,
                   .dtype = {OPTIRS_DL_FLOAT, 32, 1},
                   .shape = shape_,
                   .strides = strides_,
                   .byte_offset = 0};
    }
    Tensor(const Tensor&) = delete;
    Tensor& operator=(const Tensor&) = delete;
    const optirs_dl_tensor* get() const { return &tensor_; }

 private:
    int64_t shape_[4], strides_[4];
    optirs_dl_tensor tensor_{};
};

/// Where queries, keys and values lie in a block, and their gradients in one like it.
struct Layout {
    const char* name;
    View q, k, v;

    size_t elements() const {
        size_t last = 0;
        for (const View* view : {&q, &k, &v}) {
            view->each([&](size_t at) { last = std::max(last, at); });
        }
        return last + 1;
    }
    friend std::ostream& operator<<(std::ostream& out, const Layout& layout) { return out << layout.name; }
};

struct Result {
    Failure failure;
    std::vector<float> out, dq, dk, dv, between;
};

/// Numbers that do not depend on where they lie.
void fill(std::vector<float>& block, const View& view, unsigned seed) {
    std::mt19937 engine(seed);
    std::uniform_real_distribution<float> uniform(-1, 1);
    view.each([&](size_t at) { block.at(at) = uniform(engine); });
}

std::vector<float> gather(std::vector<float>& block, const View& view) {
    std::vector<float> elements;
    view.each([&](size_t at) { elements.push_back(std::exchange(block.at(at), kUntouched)); });
    return elements;
}

/// Both passes; `gradients` lie in a block of their own, or in that of the inputs.
Result run(const Layout& inputs, const Layout& gradients, bool in_one_block = false) {
    std::vector<float> block(inputs.elements(), kUntouched), own(gradients.elements(), kUntouched);
    fill(block, inputs.q, 1);
    fill(block, inputs.k, 2);
    fill(block, inputs.v, 3);
    const View rows = dense(0, inputs.q.heads);
    const int64_t lse_shape[] = {kBatch, rows.heads, kRows};
    std::vector<float> out(static_cast<size_t>(kBatch * rows.batch_stride)), dout(out.size());
    std::vector<float> sums(static_cast<size_t>(kBatch * rows.heads * kRows));
    fill(dout, rows, 4);
    std::vector<float>& written = in_one_block ? block : own;
    const Tensor q(block, inputs.q), k(block, inputs.k), v(block, inputs.v);
    const Tensor dq(written, gradients.q), dk(written, gradients.k), dv(written, gradients.v);
    const Tensor out_tensor(out, rows), dout_tensor(dout, rows);
    const optirs_dl_tensor lse = {sums.data(),
                                  {OPTIRS_DL_CPU, 0},
                                  3,
                                  {OPTIRS_DL_FLOAT, 32, 1},
                                  const_cast<int64_t*>(lse_shape),
                                  nullptr,
                                  0};
    const auto common = [&](auto args) {
        args.struct_size = sizeof(args);
        args.q = q.get();
        args.k = k.get();
        args.v = v.get();
        args.out = out_tensor.get();
        args.lse = &lse;
        args.scale = 0.3;
        args.mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT;
        args.window_left = args.window_right = -1;
        return args;
    };
    const auto forward = common(optirs_attention_args{});
    auto backward = common(optirs_attention_backward_args{});
    backward.dout = dout_tensor.get();
    backward.dq = dq.get();
    backward.dk = dk.get();
    backward.dv = dv.get();
    Result result;
    result.failure = take(optirs_attention(nullptr, &forward));
    if (result.failure.code == OPTIRS_OK) {
        result.failure = take(optirs_attention_backward(nullptr, &backward));
    }
    result.out = out;
    result.dq = gather(written, gradients.q);
    result.dk = gather(written, gradients.k);
    result.dv = gather(written, gradients.v);
    result.between = written;
    return result;
}

/// One after the other: as good as blocks of their own.
Layout apart(int64_t heads, int64_t key_heads) {
    const int64_t queries = kBatch * kRows * heads * kWidth;
    const int64_t keys = kBatch * kRows * key_heads * kWidth;
    return {"apart", dense(0, heads), dense(queries, key_heads), dense(queries + keys, key_heads)};
}

class AttentionLayout : public ::testing::TestWithParam<Layout> {};

TEST_P(AttentionLayout, GivesTheNumbersOfMemoryApart) {
    const Layout& layout = GetParam();
    const Layout simple = apart(layout.q.heads, layout.k.heads);
    const Result expected = run(simple, simple);
    const Result actual = run(layout, layout);
    ASSERT_EQ(expected.failure.message, "");
    ASSERT_EQ(actual.failure.message, "");
    EXPECT_EQ(actual.out, expected.out);
    EXPECT_EQ(actual.dq, expected.dq);
    EXPECT_EQ(actual.dk, expected.dk);
    EXPECT_EQ(actual.dv, expected.dv);
    EXPECT_EQ(std::ranges::count(actual.between, kUntouched), std::ssize(actual.between));
}

TEST_P(AttentionLayout, AnElementInCommonIsRefused) {
    Layout layout = GetParam();
    layout.k.begin += 1;  // the last width of a head is the first of the next, or of the values
    const Result result = run(GetParam(), layout);
    EXPECT_EQ(result.failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_NE(result.failure.message.find("shares memory with"), std::string::npos) << result.failure.message;
    EXPECT_EQ(std::ranges::count(result.dq, kUntouched), std::ssize(result.dq)) << "something was written";
}

TEST_P(AttentionLayout, GradientsOnWhatTheyAreOfAreRefused) {
    const Result result = run(GetParam(), GetParam(), true);
    EXPECT_EQ(result.failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_NE(result.failure.message.find(" shares memory with "), std::string::npos)
        << result.failure.message;
}

/// [batch, rows, 3, heads, width]
Layout byPosition() {
    constexpr int64_t kHeads = 4, kPart = kHeads * kWidth, kStep = 3 * kPart;
    const auto view = [](int64_t part) { return View{part * kPart, kHeads, kRows * kStep, kStep}; };
    return {"ByPosition", view(0), view(1), view(2)};
}
/// [batch, rows, heads, 3, width]
Layout byHead() {
    constexpr int64_t kHeads = 4, kStep = 3 * kHeads * kWidth;
    const auto view = [](int64_t part) {
        return View{part * kWidth, kHeads, kRows * kStep, kStep, 3 * kWidth};
    };
    return {"ByHead", view(0), view(1), view(2)};
}
/// [batch, rows, heads + 2 key heads, width]
Layout groupedHeads() {
    constexpr int64_t kHeads = 4, kKeyHeads = 2, kStep = (kHeads + 2 * kKeyHeads) * kWidth;
    const auto view = [](int64_t first, int64_t heads) {
        return View{first * kWidth, heads, kRows * kStep, kStep};
    };
    return {"GroupedHeads", view(0, kHeads), view(kHeads, kKeyHeads), view(kHeads + kKeyHeads, kKeyHeads)};
}
/// [heads, 3, rows, batch, width]: strides in another order
Layout headsOutside() {
    constexpr int64_t kHeads = 4;
    const auto view = [](int64_t part) {
        return View{part * kRows * kBatch * kWidth, kHeads, kWidth, kBatch * kWidth,
                    3 * kRows * kBatch * kWidth};
    };
    return {"HeadsOutside", view(0), view(1), view(2)};
}

INSTANTIATE_TEST_SUITE_P(Layouts, AttentionLayout,
                         ::testing::Values(byPosition(), byHead(), groupedHeads(), headsOutside()),
                         ::testing::PrintToStringParamName());

TEST(AttentionOutput, RowsOverEachOtherAreRefused) {
    const Layout simple = apart(4, 4);
    const auto refused = [&](const View& dq) {
        Layout gradients = simple;
        gradients.q = dq;
        const int64_t behind = kBatch * kRows * 4 * kWidth * 2;
        gradients.k.begin += behind;
        gradients.v.begin += behind;
        const Failure failure = run(simple, gradients).failure;
        EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
        return failure.message;
    };
    EXPECT_EQ(
        refused({0, 4, kRows * 4 * kWidth, 4 * kWidth, kWidth - 1}),
        "attention_backward: dq f32[2,70,4,12] has the strides [3360,48,11,1], with which its rows, which "
        "are written, would lie over each other");
    // Each stride has room for a row, but steps along one lead to where those along another lead.
    EXPECT_NE(refused({0, 4, kRows * 4 * kWidth, 2 * kWidth}).find("lie over each other"), std::string::npos);
    EXPECT_NE(refused({0, 4, kRows * 4 * kWidth, kWidth}).find("lie over each other"), std::string::npos);
}

}  // namespace
}  // namespace optirs::test
