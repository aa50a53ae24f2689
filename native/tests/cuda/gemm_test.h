// What tests of matrix products through the mock cuBLASLt have in common.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cmath>

#include "kernels.h"
#include "mock/control.h"
#include "src/core/error.h"
#include "src/cuda/gemm.h"

namespace optirs::cuda {

template <class T>
struct MatrixTypeOf;
#define OPTIRS_TYPE(T, value)                                   \
    template <>                                                 \
    struct MatrixTypeOf<T> {                                    \
        static constexpr MatrixType kValue = MatrixType::value; \
    }
OPTIRS_TYPE(F32, kF32);
OPTIRS_TYPE(F16, kF16);
OPTIRS_TYPE(BF16, kBF16);
OPTIRS_TYPE(E4M3, kE4M3);
OPTIRS_TYPE(E5M2, kE5M2);
#undef OPTIRS_TYPE

class GemmTest : public ::testing::Test {
 protected:
    GemmTest() {
        testQueue();
        void* library = dlopen(OPTIRS_TEST_FOLDER "/mock/libcublasLt.so.13", RTLD_NOW | RTLD_LOCAL);
        control = reinterpret_cast<const mock::Control* (*)()>(dlsym(library, "optirs_mock_control"))();
        alive = reinterpret_cast<int64_t (*)()>(dlsym(library, "optirs_mock_alive"));
        control->reset();
        alive_before = alive();
    }
    ~GemmTest() override {
        EXPECT_STREQ(control->violations(), "");
        EXPECT_EQ(alive(), alive_before) << "descriptors that were not destroyed";
    }

    core::Code refused(const Gemm& problem, const char* text) {
        try {
            gemmCublasLt(testQueue(), problem, nullptr, 0);
        } catch (const core::Error& error) {
            EXPECT_NE(error.message().find(text), std::string::npos) << error.message();
            return error.code();
        }
        ADD_FAILURE() << "accepted: " << text;
        return core::Code::kUnknown;
    }

    const mock::Control* control = nullptr;
    int64_t (*alive)() = nullptr;
    int64_t alive_before = 0;
};

template <class T>
MatrixOperand operand(Array<T>& array, int64_t rows, int64_t columns, bool is_transposed) {
    return {array.data(), MatrixTypeOf<T>::kValue, is_transposed, is_transposed ? rows : columns,
            rows * columns};
}

struct Float8Case {
    Float8Case() {
        for (int64_t i = 0; i < kM * kK; ++i) {
            a.set(i, std::sin(static_cast<double>(i)) * 100);
        }
        for (int64_t i = 0; i < kN * kK; ++i) {
            b.set(i, std::cos(static_cast<double>(i)) * 50);
        }
        problem.m = kM;
        problem.n = kN;
        problem.k = kK;
        problem.a = operand(a, kM, kK, false);
        problem.b = operand(b, kK, kN, true);
        problem.a.scale = &a_scale;
        problem.b.scale = &b_scale;
        problem.d = d.data();
        problem.d_type = MatrixType::kBF16;
        problem.d_stride = kN;
    }

    static constexpr int64_t kM = 16;
    static constexpr int64_t kN = 32;
    static constexpr int64_t kK = 256;
    Array<E4M3> a{kM * kK};
    Array<E5M2> b{kN * kK};
    Array<BF16> d{kM * kN};
    float a_scale = 0.01F;
    float b_scale = 0.02F;
    Gemm problem;
};

}  // namespace optirs::cuda
