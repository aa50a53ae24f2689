// Every kernel with arguments that are wrong, extreme or empty, on host memory: each call succeeds or is
// refused by an error that names the kernel, and none touches memory that is not its own (which
// AddressSanitizer sees). Whatever memory an output may share with an input gives the results of memory of
// its own.
#include <cmath>
#include <limits>
#include <set>

#include "kernel_walk_made.h"
#include "src/core/backend_table.h"

namespace optirs::test {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
/// At least one for each kernel.
const std::vector<WalkCall>& walkCalls() {
    static const std::vector<WalkCall> all = [] {
        std::vector<WalkCall> made;
        for (const auto& family : {castCalls(), normCalls(), pointwiseCalls(), productCalls(),
                                   attentionCalls(), optimizerCalls()}) {
            made.insert(made.end(), family.begin(), family.end());
        }
        return made;
    }();
    return all;
}

class KernelWalk : public ::testing::TestWithParam<size_t> {
 protected:
    const WalkCall& call() const { return walkCalls()[GetParam()]; }
    Extents letters() const {
        Extents used;
        for (const WalkTensor& tensor : call().tensors) {
            for (const char* at = tensor.shape; *at != 0; ++at) {
                if (*at >= 'a' && *at <= 'z') {
                    used[*at] = kSmall.at(*at);
                }
            }
        }
        return used;
    }

    /// Success, or an error that says which kernel refuses what.
    void expectClear(Call& made, const std::string& with) {
        const Failure failure = made.run();
        if (failure.code == OPTIRS_OK) {
            return;
        }
        EXPECT_TRUE(failure.code == OPTIRS_INVALID_ARGUMENT || failure.code == OPTIRS_OUT_OF_RANGE)
            << with << ": " << failure.code << ' ' << failure.message;
        expectNamed(failure, with);
    }
    void expectRefused(Call& made, const std::string& with) {
        const Failure failure = made.run();
        EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT) << with << ": " << failure.message;
        expectNamed(failure, with);
    }
    void expectNamed(const Failure& failure, const std::string& with) const {
        EXPECT_TRUE(failure.message.starts_with(std::string(call().kernel) + ": "))
            << with << ": " << failure.message;
    }
};

TEST_P(KernelWalk, TheCallItselfIsRight) {
    Call made(call());
    EXPECT_EQ(made.run().message, "");
}

TEST_P(KernelWalk, StructsOfEverySize) {
    for (size_t size = 0; size < call().size + 24; ++size) {
        Call made(call());
        made.struct_size = size;
        if (size % alignof(size_t) != 0 || size == 0) {
            expectRefused(made, "struct_size " + std::to_string(size));
        } else {
            expectClear(made, "struct_size " + std::to_string(size));
        }
    }
    Call made(call());
    made.struct_size = std::numeric_limits<size_t>::max();
    expectRefused(made, "the largest struct_size");
}

TEST_P(KernelWalk, NumbersOfEverySize) {
    for (size_t i = 0; i < call().numbers.size(); ++i) {
        const WalkNumber& number = call().numbers[i];
        if (number.kind == WalkNumber::Kind::kReal) {
            constexpr double kInfinity = std::numeric_limits<double>::infinity();
            for (const double value :
                 {std::nan(""), kInfinity, -kInfinity, -1.0, -0.0, 0.0, 1.0, 1e308, -1e308, 5e-324}) {
                Call made(call());
                made.reals[i] = value;
                expectClear(made, std::string(number.name) + " = " + std::to_string(value));
            }
            continue;
        }
        for (const int64_t value : {kLeast, kLeast + 1, int64_t{std::numeric_limits<int32_t>::min()},
                                    int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{2}, int64_t{3},
                                    int64_t{std::numeric_limits<int32_t>::max()}, kHuge, kMost - 1, kMost}) {
            Call made(call());
            made.integers[i] = value;
            expectClear(made, std::string(number.name) + " = " + std::to_string(value));
        }
    }
    for (const int64_t count : {int64_t{0}, int64_t{-1}, kLeast}) {
        Call made(call());
        made.count = count;
        expectClear(made, "count = " + std::to_string(count));
    }
}

TEST_P(KernelWalk, TensorsThatAreMalformed) {
    for (size_t i = 0; i < call().tensors.size(); ++i) {
        const auto with = [&](const char* what, bool is_refused, auto&& change) {
            Call made(call());
            change(made.given[i]);
            const std::string text = std::string(call().tensors[i].name) + ": " + what;
            if (is_refused) {
                expectRefused(made, text);
            } else {
                expectClear(made, text);
            }
        };
        with("NULL", false, [](Given& tensor) { tensor.is_null = true; });
        with("no memory", true, [](Given& tensor) { tensor.has_data = false; });
        with("no shape", true, [](Given& tensor) { tensor.has_shape = false; });
        with("rank -1", true, [](Given& tensor) { tensor.rank = -1; });
        with("rank 17", true, [](Given& tensor) { tensor.rank = 17; });
        with("rank 0", false, [](Given& tensor) { tensor.rank = 0; });
        with("offset 1", call().tensors[i].type.bits > 8,
             [](Given& tensor) { tensor.byte_offset = tensor.type.bits > 8 ? 1 : 0; });
        with("the greatest offset", true, [](Given& tensor) {
            tensor.byte_offset = std::numeric_limits<uint64_t>::max() / 8 * 8;
            tensor.has_data = false;
        });
        with("no bits", true, [](Given& tensor) { tensor.type.bits = 0; });
        with("7 bits", true, [](Given& tensor) { tensor.type.bits = 7; });
        with("two lanes", true, [](Given& tensor) { tensor.type.lanes = 2; });
        with("unknown type", true, [](Given& tensor) { tensor.type.code = 200; });
        for (size_t k = 0; k < Call(call()).given[i].shape.size(); ++k) {
            for (const int64_t extent : {int64_t{0}, int64_t{1}, int64_t{-1}, kLeast, kHuge, kMost}) {
                with(("extent " + std::to_string(extent)).c_str(), extent < 0 || extent >= kHuge,
                     [&](Given& tensor) { tensor.shape[k] = extent; });
            }
            for (const int64_t stride : {int64_t{0}, int64_t{-1}, kLeast, kHuge, kMost}) {
                with(("stride " + std::to_string(stride)).c_str(), false, [&](Given& tensor) {
                    tensor.strides.resize(tensor.shape.size());
                    int64_t dense = 1;
                    for (size_t at = tensor.shape.size(); at-- > 0; dense *= tensor.shape[at]) {
                        tensor.strides[at] = at == k ? stride : dense;
                    }
                });
            }
        }
        with("all strides 0", false, [](Given& tensor) { tensor.strides.assign(tensor.shape.size(), 0); });
    }
}

TEST_P(KernelWalk, ExtentsOfEverySize) {
    const Extents small = letters();
    const auto expect = [&](const Extents& extents, const std::string& with) {
        Call made(call(), extents);
        if (!made.has_shapes) {
            return;
        }
        if (made.isImpossible()) {
            expectRefused(made, with);
        } else if (made.isBacked()) {
            expectClear(made, with);
            for (Given& tensor : made.given) {
                tensor.has_data = *tensor.bytes() != 0;
            }
            expectClear(made, with + ", without memory where none is needed");
        }
    };
    for (const auto& [letter, extent] : small) {
        for (const int64_t value : {int64_t{0}, int64_t{1}, extent + 1, int64_t{1} << 40, int64_t{1} << 57,
                                    int64_t{1} << 60, kHuge, kHuge + 1, kMost}) {
            Extents extents = small;
            extents[letter] = value;
            const std::string with = std::string(1, letter) + " = " + std::to_string(value);
            expect(extents, with);
            for (const auto& [other, same] : small) {
                for (const int64_t second : {int64_t{0}, int64_t{1}, int64_t{1} << 31, int64_t{1} << 62}) {
                    if (other != letter && (value == 0 || value > kMaxBytes)) {
                        extents = small;
                        extents[letter] = value;
                        extents[other] = second;
                        expect(extents, with + ", " + other + " = " + std::to_string(second));
                    }
                }
            }
        }
    }
    Extents nothing = small;
    for (auto& [letter, extent] : nothing) {
        extent = 0;
    }
    expect(nothing, "all 0");
}

TEST_P(KernelWalk, MemoryThatIsShared) {
    Call clean(call());
    ASSERT_EQ(clean.run().message, "");
    for (size_t i = 0; i < call().tensors.size(); ++i) {
        if (call().tensors[i].use == WalkUse::kRead) {
            continue;
        }
        for (size_t other = 0; other < call().tensors.size(); ++other) {
            if (other == i) {
                continue;
            }
            const std::string with =
                std::string(call().tensors[i].name) + " on " + call().tensors[other].name;
            Call made(call());
            made.given[i].shared = other;
            const bool may_share =
                call().tensors[i].use == WalkUse::kWritten && call().tensors[other].use == WalkUse::kRead;
            if (!may_share) {
                expectRefused(made, with);
            } else if (made.run().code == OPTIRS_OK) {
                EXPECT_EQ(made.results(), clean.results()) << with;
            } else {
                expectRefused(made, with);
            }
            // An element further on, if both have one to share.
            const size_t step = std::max<size_t>(made.given[i].type.bits, made.given[other].type.bits) / 8;
            if (*made.given[other].bytes() > static_cast<int64_t>(step)) {
                made.given[i].shared_from = step;
                expectRefused(made, with + ", an element further on");
            }
        }
    }
}

std::string nameOf(const ::testing::TestParamInfo<size_t>& tested) {
    return std::string(walkCalls()[tested.param].kernel) + "_" + std::to_string(tested.param);
}
INSTANTIATE_TEST_SUITE_P(Calls, KernelWalk, ::testing::Range<size_t>(0, walkCalls().size()), nameOf);

TEST(KernelWalkCalls, HaveEveryKernel) {
    std::set<std::string> walked;
    for (const WalkCall& call : walkCalls()) {
        walked.insert(call.kernel);
    }
    std::set<std::string> all;
#define OPTIRS_NAME(NAME, name) all.insert(#name);
    OPTIRS_KERNEL_LIST(OPTIRS_NAME)
#undef OPTIRS_NAME
    EXPECT_EQ(walked, all);
}

}  // namespace
}  // namespace optirs::test
