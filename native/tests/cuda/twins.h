// Kernels of the C ABI on the mock machine, each beside the CPU's with the same arguments: what tensors and
// numbers mean is the same on both.
#pragma once

#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "emulation/emulation.h"
#include "machine.h"
#include "src/cuda/kernels/numbers.cuh"

namespace optirs::test {

inline constexpr optirs_dl_data_type kF32 = {OPTIRS_DL_FLOAT, 32, 1};
inline constexpr optirs_dl_data_type kBF16 = {OPTIRS_DL_BFLOAT, 16, 1};
inline constexpr optirs_dl_data_type kF16 = {OPTIRS_DL_FLOAT, 16, 1};
inline constexpr optirs_dl_data_type kE4M3 = {OPTIRS_DL_F8E4M3FN, 8, 1};
inline constexpr optirs_dl_data_type kE5M2 = {OPTIRS_DL_F8E5M2, 8, 1};
inline constexpr optirs_dl_data_type kU8 = {OPTIRS_DL_UINT, 8, 1};
inline constexpr optirs_dl_data_type kS16 = {OPTIRS_DL_INT, 16, 1};
inline constexpr optirs_dl_data_type kS32 = {OPTIRS_DL_INT, 32, 1};
inline constexpr optirs_dl_data_type kS64 = {OPTIRS_DL_INT, 64, 1};

inline float numberAt(const std::vector<char>& bytes, optirs_dl_data_type type, int64_t i) {
    const char* at = bytes.data() + i * type.bits / 8;
    const auto bitsAs = [&](auto element) {
        std::memcpy(&element, at, sizeof(element));
        return element;
    };
    const auto as = [&](auto element) { return toFloat(bitsAs(element)); };
    switch (type.code) {
        case OPTIRS_DL_UINT:
            return bitsAs(uint8_t{});
        case OPTIRS_DL_INT:
            return bitsAs(int16_t{});
        case OPTIRS_DL_BFLOAT:
            return as(cuda::BF16{});
        case OPTIRS_DL_F8E4M3FN:
            return as(cuda::E4M3{});
        case OPTIRS_DL_F8E5M2:
            return as(cuda::E5M2{});
        default:
            return type.bits == 16 ? as(cuda::F16{}) : as(cuda::F32{});
    }
}

/// One tensor argument, on the host and on the device.
struct Twin {
    optirs_dl_data_type type;
    std::vector<int64_t> shape;
    std::vector<char> host;
    Held<optirs_device_memory> device;
    optirs_dl_tensor tensors[2];  // host, device

    int64_t count() const {
        int64_t product = 1;
        for (const int64_t extent : shape) {
            product *= extent;
        }
        return product;
    }
};

class KernelFamilyTest : public MachineTest {
 protected:
    Twin& twin(optirs_dl_data_type type, std::vector<int64_t> shape, std::vector<char> bytes) {
        Twin& made = *twins.emplace_back(std::make_unique<Twin>());
        made.type = type;
        made.shape = std::move(shape);
        made.host = std::move(bytes);
        made.device = memory(queue, made.host.size());
        EXPECT_OK(optirs_device_memory_write(made.device.get(), 0, made.host.data(), made.host.size(),
                                             queue.get()));
        const auto tensor = [&](void* data, int32_t place) {
            return optirs_dl_tensor{data, {place, 0},        static_cast<int32_t>(made.shape.size()),
                                    type, made.shape.data(), nullptr,
                                    0};
        };
        made.tensors[0] = tensor(made.host.data(), OPTIRS_DL_CPU);
        made.tensors[1] = tensor(optirs_device_memory_data(made.device.get()), OPTIRS_DL_CUDA);
        return made;
    }

    static size_t bytesOf(optirs_dl_data_type type, const std::vector<int64_t>& shape) {
        int64_t count = 1;
        for (const int64_t extent : shape) {
            count *= extent;
        }
        return static_cast<size_t>(count * type.bits / 8);
    }

    Twin& normal(optirs_dl_data_type type, const std::vector<int64_t>& shape, double deviation = 1) {
        std::vector<char> bytes(bytesOf(type, shape));
        std::normal_distribution<float> distribution(0, static_cast<float>(deviation));
        for (size_t at = 0; at < bytes.size(); at += type.bits / 8) {
            const float value = distribution(random);
            const auto put = [&](auto element) { std::memcpy(&bytes[at], &element, sizeof(element)); };
            if (type.code == OPTIRS_DL_BFLOAT) {
                put(cuda::rounded<cuda::BF16>(value));
            } else if (type.code == OPTIRS_DL_F8E4M3FN) {
                put(cuda::rounded<cuda::E4M3>(value));
            } else if (type.code == OPTIRS_DL_F8E5M2) {
                put(cuda::rounded<cuda::E5M2>(value));
            } else if (type.bits == 16) {
                put(cuda::rounded<cuda::F16>(value));
            } else {
                put(value);
            }
        }
        return twin(type, shape, std::move(bytes));
    }

    /// What a kernel is to write, full of other things before.
    Twin& result(optirs_dl_data_type type, const std::vector<int64_t>& shape) {
        return twin(type, shape, std::vector<char>(bytesOf(type, shape), 0x2a));
    }

    template <class T>
    Twin& values(optirs_dl_data_type type, const std::vector<int64_t>& shape, const std::vector<T>& given) {
        const auto* first = reinterpret_cast<const char*>(given.data());
        return twin(type, shape, std::vector<char>(first, first + given.size() * sizeof(T)));
    }

    /// Calls the kernel on the host and on the device with args that `fill` makes for each.
    template <class Args>
    void runBoth(optirs_kernel kernel, optirs_error* (*call)(optirs_stream*, const Args*),
                 const std::function<void(Args&, int)>& fill) {
        for (const int place : {0, 1}) {
            Args args{};
            args.struct_size = sizeof(args);
            fill(args, place);
            uint64_t bytes = 0;
            EXPECT_OK(optirs_kernel_workspace(kernel, &args, &bytes));
            std::vector<char> host(place == 0 ? bytes + 64 : 0);
            const auto on_device = memory(queue, bytes + 64);
            args.workspace = place == 0 ? host.data() : optirs_device_memory_data(on_device.get());
            args.workspace_size = bytes;
            EXPECT_OK(call(place == 0 ? nullptr : queue.get(), &args));
        }
    }

    std::vector<char> onDevice(const Twin& twin) {
        std::vector<char> bytes(twin.host.size());
        EXPECT_OK(optirs_device_memory_read(twin.device.get(), 0, bytes.data(), bytes.size(), queue.get()));
        EXPECT_OK(optirs_stream_wait(queue.get()));
        return bytes;
    }

    void expectSame(Twin& twin, double relative, double absolute) {
        const std::vector<char> actual = onDevice(twin);
        for (int64_t i = 0; i < twin.count(); ++i) {
            const float wanted = numberAt(twin.host, twin.type, i);
            const float got = numberAt(actual, twin.type, i);
            if (std::isnan(wanted)) {
                ASSERT_TRUE(std::isnan(got)) << i;
            } else if (std::isinf(wanted)) {
                ASSERT_EQ(got, wanted) << i;
            } else {
                ASSERT_NEAR(got, wanted, std::abs(static_cast<double>(wanted)) * relative + absolute) << i;
            }
        }
    }

    static double unitOf(optirs_dl_data_type type) { return type.bits == 32 ? 4e-6 : 1.0 / 128; }

    std::mt19937 random{7};
    Held<optirs_stream> queue = stream();
    std::vector<std::unique_ptr<Twin>> twins;
};

}  // namespace optirs::test
