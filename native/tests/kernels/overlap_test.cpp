// Whether strided views share memory, compared with marking every byte of each.
#include "src/kernels/overlap.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace optirs::kernels {
namespace {

/// A view of bytes that nobody reads.
struct View {
    int64_t begin = 0;  // bytes
    int64_t element = 1;
    std::vector<int64_t> shape = {}, strides = {};

    std::string text() const {
        std::string text = std::to_string(begin) + ":" + std::to_string(element);
        for (size_t i = 0; i < shape.size(); ++i) {
            text += " " + std::to_string(shape[i]) + "*" + std::to_string(strides[i]);
        }
        return text;
    }
    /// How many elements have each byte.
    std::vector<int> marks(size_t bytes) const {
        std::vector<int> marks(bytes);
        mark(marks, begin, 0);
        return marks;
    }

 private:
    void mark(std::vector<int>& marks, int64_t at, size_t dimension) const {
        if (dimension < shape.size()) {
            for (int64_t i = 0; i < shape[dimension]; ++i) {
                mark(marks, at + i * strides[dimension] * element, dimension + 1);
            }
            return;
        }
        for (int64_t i = 0; i < element; ++i) {
            ++marks.at(static_cast<size_t>(at + i));
        }
    }
};

/// An operand of a view; the memory has no address that is ever read.
struct Seen {
    explicit Seen(const View& given) : view(given) {
        tensor.data = reinterpret_cast<void*>(uintptr_t{1} << 32);
        tensor.byte_offset = static_cast<uint64_t>(view.begin);
        tensor.ndim = static_cast<int32_t>(view.shape.size());
        tensor.dtype = {OPTIRS_DL_UINT, static_cast<uint8_t>(view.element * 8), 1};
        tensor.shape = view.shape.data();
        tensor.strides = view.strides.data();
    }
    Seen(const Seen&) = delete;
    Seen& operator=(const Seen&) = delete;
    Operand operand() const { return {"view", &tensor}; }

    View view;
    optirs_dl_tensor tensor{};
};

bool sharesMemory(const View& left, const View& right) {
    const Seen first(left);
    const Seen second(right);
    const bool shares = shareMemory(first.operand(), second.operand());
    EXPECT_EQ(shareMemory(second.operand(), first.operand()), shares) << left.text() << " / " << right.text();
    return shares;
}

bool overlaps(const View& view) { return overlapsItself(Seen(view).operand()); }

constexpr int64_t kBytes = 8000;

class Random {
 public:
    int64_t upTo(int64_t most) { return std::uniform_int_distribution<int64_t>(0, most)(engine_); }

    /// Any strides.
    View free() {
        View view{upTo(200), int64_t{1} << upTo(2)};
        for (int64_t rank = upTo(4); rank > 0; --rank) {
            view.shape.push_back(upTo(8) == 0 ? 0 : 1 + upTo(3));
            view.strides.push_back(upTo(1) == 0 ? upTo(6) : upTo(70));
        }
        return view;
    }

    /// A part of a block of five dimensions, permuted.
    View cut(int64_t element, const std::vector<int64_t>& block) {
        View view{0, element};
        int64_t stride = 1;
        for (size_t i = block.size(); i-- > 0; stride *= block[i]) {
            const int64_t first = upTo(block[i] - 1);
            const int64_t step = 1 + upTo(1);
            view.begin += first * stride * element;
            const auto at = upTo(static_cast<int64_t>(view.shape.size()));
            view.shape.insert(view.shape.begin() + at, 1 + upTo((block[i] - 1 - first) / step));
            view.strides.insert(view.strides.begin() + at, step * stride);
        }
        return view;
    }

 private:
    std::mt19937_64 engine_{1};
};

TEST(Overlap, IsThatOfTheBytes) {
    Random random;
    int shared = 0;
    int apart = 0;
    int nested = 0;
    for (int i = 0; i < 5000; ++i) {
        const std::vector<int64_t> block = {1 + random.upTo(2), 1 + random.upTo(4), 1 + random.upTo(4),
                                            1 + random.upTo(2), 1 + random.upTo(5)};
        const int64_t element = int64_t{1} << random.upTo(2);
        const bool is_cut = i % 2 == 0;
        const View left = is_cut ? random.cut(element, block) : random.free();
        const View right = is_cut ? random.cut(element, block) : random.free();
        const std::vector<int> first = left.marks(kBytes);
        const std::vector<int> second = right.marks(kBytes);
        bool expected = false;
        bool is_over_itself = false;
        for (size_t at = 0; at < first.size(); ++at) {
            expected |= first[at] > 0 && second[at] > 0;
            is_over_itself |= first[at] > 1;
        }
        ASSERT_EQ(sharesMemory(left, right), expected) << left.text() << " / " << right.text();
        ASSERT_EQ(overlaps(left), is_over_itself) << left.text();
        (expected ? shared : apart) += 1;
        nested += !expected && Place(Seen(left).operand()).overlaps(Place(Seen(right).operand()));
    }
    EXPECT_GT(shared, 500);
    EXPECT_GT(apart, 500);
    EXPECT_GT(nested, 500) << "views that enclose each other without sharing memory";
}

TEST(Overlap, LargeViewsAreAnsweredAtOnce) {
    // Queries, keys and values of one projection [batch, sequence, 3, heads, width].
    constexpr int64_t kBatch = 1 << 12, kSequence = 1 << 20, kHeads = 32, kWidth = 128;
    const auto part = [](int64_t index, int64_t off) {
        constexpr int64_t kStep = kHeads * kWidth;
        return View{(index * kStep + off) * 2,
                    2,
                    {kBatch, kSequence, kHeads, kWidth},
                    {kSequence * 3 * kStep, 3 * kStep, kWidth, 1}};
    };
    EXPECT_FALSE(overlaps(part(0, 0)));
    for (int64_t left = 0; left < 3; ++left) {
        for (int64_t right = 0; right < 3; ++right) {
            EXPECT_EQ(sharesMemory(part(left, 0), part(right, 0)), left == right) << left << ", " << right;
        }
    }
    EXPECT_TRUE(sharesMemory(part(0, 1), part(1, 0)));
    EXPECT_TRUE(sharesMemory(part(2, 1), part(0, 0))) << "with the next position";
}

TEST(Overlap, ASearchThatIsTooLongSaysYes) {
    // Even strides never lead to an odd place, but nothing is left out on the way.
    View left{0, 1};
    for (int64_t i = 0; i < 16; ++i) {
        left.shape.push_back(3);
        left.strides.push_back(1000000 + 2 * i * i * i);
    }
    View right = left;
    for (int64_t& stride : right.strides) {
        stride += 1000;
    }
    right.begin = 100001;
    EXPECT_TRUE(sharesMemory(left, right));
}

}  // namespace
}  // namespace optirs::kernels
