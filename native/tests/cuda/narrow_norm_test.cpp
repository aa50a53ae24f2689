// Norms with results of 8 bits, beside the CPU's and beside their own results of f32.
#include <cmath>
#include <limits>
#include <vector>

#include "twins.h"

namespace optirs::test {
namespace {

class NarrowNormTest : public KernelFamilyTest {
 protected:
    template <class Args>
    void check(optirs_kernel kernel, optirs_error* (*call)(optirs_stream*, const Args*),
               optirs_dl_data_type type, optirs_dl_data_type narrow, int64_t columns) {
        Twin& x = normal(type, {6, columns}, 2);
        Twin& gamma = normal(type, {columns});
        Twin& beta = normal(kF32, {columns});
        Twin& scale = values(kF32, {1}, std::vector<float>{narrow.code == OPTIRS_DL_F8E5M2 ? 3e3F : 40.0F});
        Twin& out = result(narrow, {6, columns});
        Twin& amax = result(kF32, {1});
        const auto fill = [&](Args& args, int at) {
            args.x = &x.tensors[at];
            args.gamma = &gamma.tensors[at];
            if constexpr (requires { args.beta; }) {
                args.beta = type.bits == 32 ? &beta.tensors[at] : nullptr;
            }
            args.epsilon = 1e-5;
            args.out = &out.tensors[at];
            args.scale = &scale.tensors[at];
            args.amax = &amax.tensors[at];
        };
        runBoth<Args>(kernel, call, fill);
        // Sums of a row have another order on the CPU: a number at the edge between two codes may take
        // either.
        const double step = narrow.code == OPTIRS_DL_F8E5M2 ? 0.25 : 0.125;
        expectSame(out, step, 0x1p-9);
        expectSame(amax, 1e-5, 0);
        if (type.bits == 32) {
            Twin& wide = result(kF32, {6, columns});
            runBoth<Args>(kernel, call, [&](Args& args, int at) {
                fill(args, at);
                args.out = &wide.tensors[at];
                args.scale = args.amax = nullptr;
            });
            expectCast(wide, scale, out, amax);
        }
    }

    /// The 8-bit result is the f32 result, scaled and rounded, to the bit; amax is its greatest magnitude.
    void expectCast(const Twin& wide, const Twin& scale, const Twin& out, const Twin& amax) {
        const std::vector<char> numbers = onDevice(wide);
        const std::vector<char> codes = onDevice(out);
        float most = 0;
        for (int64_t i = 0; i < wide.count(); ++i) {
            const float x = numberAt(numbers, kF32, i);
            most = std::fmax(most, std::fabs(x));
            const float scaled = x * numberAt(scale.host, kF32, 0);
            const uint8_t code = out.type.code == OPTIRS_DL_F8E5M2 ? cuda::rounded<cuda::E5M2>(scaled).bits
                                                                   : cuda::rounded<cuda::E4M3>(scaled).bits;
            ASSERT_EQ(static_cast<uint8_t>(codes[static_cast<size_t>(i)]), code) << i;
        }
        EXPECT_EQ(numberAt(onDevice(amax), kF32, 0), most);
    }
};

TEST_F(NarrowNormTest, AreTheCpus) {
    for (const auto type : {kF32, kBF16, kF16}) {
        for (const auto narrow : {kE4M3, kE5M2}) {
            for (const int64_t columns : {64, 45}) {
                check<optirs_layer_norm_args>(OPTIRS_KERNEL_LAYER_NORM, optirs_layer_norm, type, narrow,
                                              columns);
                check<optirs_rms_norm_args>(OPTIRS_KERNEL_RMS_NORM, optirs_rms_norm, type, narrow, columns);
            }
        }
    }
}

TEST_F(NarrowNormTest, NanAndDefaults) {
    std::vector<float> numbers(16, 1.5F);
    numbers[3] = std::numeric_limits<float>::quiet_NaN();
    Twin& x = values(kF32, {2, 8}, numbers);
    Twin& out = result(kE4M3, {2, 8});
    Twin& amax = result(kF32, {1});
    const auto run = [&](bool has_amax) {
        runBoth<optirs_rms_norm_args>(OPTIRS_KERNEL_RMS_NORM, optirs_rms_norm, [&](auto& args, int at) {
            args.x = &x.tensors[at];
            args.out = &out.tensors[at];
            args.amax = has_amax ? &amax.tensors[at] : nullptr;
        });
        expectSame(out, 0, 0);  // NaN in the row of the NaN, ones in the other
    };
    run(false);
    run(true);
    expectSame(amax, 0, 0);
}

}  // namespace
}  // namespace optirs::test
