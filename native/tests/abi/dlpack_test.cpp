#include <cstring>
#include <numeric>
#include <thread>
#include <vector>

#include "support.h"

namespace optirs::test {
namespace {

/// A tensor of a foreign producer, which counts how often it is deleted.
struct Producer {
    optirs_dl_managed_tensor tensor{};
    std::vector<int64_t> shape;
    std::vector<int64_t> strides;
    int deleted = 0;

    Producer(void* data, std::vector<int64_t> dims, std::vector<int64_t> steps = {})
        : shape(std::move(dims)), strides(std::move(steps)) {
        tensor.version = {OPTIRS_DL_MAJOR, OPTIRS_DL_MINOR + 7};
        tensor.manager_ctx = this;
        tensor.deleter = [](optirs_dl_managed_tensor* self) {
            ++static_cast<Producer*>(self->manager_ctx)->deleted;
        };
        tensor.dl_tensor = {data,
                            {OPTIRS_DL_CPU, 0},
                            static_cast<int32_t>(shape.size()),
                            {OPTIRS_DL_FLOAT, 32, 1},
                            shape.data(),
                            strides.empty() ? nullptr : strides.data(),
                            0};
    }
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    Failure import(uint64_t alignment = 0) {
        optirs_buffer* imported = nullptr;
        Failure failure = take(optirs_buffer_from_dlpack(&tensor, alignment, &imported, &view));
        buffer.reset(imported);
        return failure;
    }

    Owned<optirs_buffer> buffer;
    optirs_dlpack_view view{};
};

std::vector<float> floats(const optirs_buffer* buffer) {
    std::vector<float> values(optirs_buffer_size(buffer) / sizeof(float));
    std::memcpy(values.data(), optirs_buffer_data(buffer), values.size() * sizeof(float));
    return values;
}

struct alignas(64) Numbers {
    Numbers() { std::iota(std::begin(value), std::end(value), 0.0f); }
    float value[24];
};

TEST(DlpackExport, SharesMemoryAndKeepsItAlive) {
    const auto before = liveObjects();
    auto buffer = createBuffer(64);
    const int64_t dims[] = {2, 3};
    optirs_dl_managed_tensor* raw = nullptr;
    EXPECT_OK(optirs_buffer_to_dlpack(buffer.get(), 8, OPTIRS_DTYPE_F32, dims, 2, &raw));
    Owned<optirs_dl_managed_tensor> tensor(raw);
    EXPECT_EQ(tensor->version.major, 1u);
    EXPECT_EQ(tensor->flags, 0u);
    EXPECT_EQ(tensor->dl_tensor.data, optirs_buffer_data(buffer.get()));
    EXPECT_EQ(tensor->dl_tensor.byte_offset, 8u);
    EXPECT_EQ(tensor->dl_tensor.ndim, 2);
    EXPECT_EQ(tensor->dl_tensor.dtype.code, OPTIRS_DL_FLOAT);
    EXPECT_EQ(tensor->dl_tensor.dtype.bits, 32);
    EXPECT_EQ(tensor->dl_tensor.shape[1], 3);
    EXPECT_EQ(tensor->dl_tensor.strides[0], 3);
    EXPECT_EQ(tensor->dl_tensor.strides[1], 1);
    buffer.reset();
    static_cast<char*>(tensor->dl_tensor.data)[63] = 1;  // still there
    std::thread([&] { tensor.reset(); }).join();         // from any thread
    EXPECT_EQ(liveObjects(), before);
}

TEST(DlpackExport, EveryWholeByteTypeComesBack) {
    const auto buffer = createBuffer(64);
    const int64_t dims[] = {4};
    for (optirs_dtype dtype = 0; dtype <= OPTIRS_DTYPE_F6E3M2FN + 1; ++dtype) {
        optirs_dl_managed_tensor* tensor = nullptr;
        const Failure failure = take(optirs_buffer_to_dlpack(buffer.get(), 0, dtype, dims, 1, &tensor));
        const bool whole_bytes = optirs_dtype_bits(dtype) != 0 && optirs_dtype_bits(dtype) % 8 == 0;
        EXPECT_EQ(failure.code, whole_bytes ? OPTIRS_OK : OPTIRS_INVALID_ARGUMENT)
            << optirs_dtype_name(dtype, nullptr);
        EXPECT_EQ(tensor != nullptr, whole_bytes);
        if (tensor != nullptr) {
            optirs_buffer* imported = nullptr;
            optirs_dlpack_view view{};
            EXPECT_OK(optirs_buffer_from_dlpack(tensor, 0, &imported, &view));
            EXPECT_EQ(view.dtype, dtype);
            EXPECT_EQ(view.is_copied, 0);
            optirs_buffer_release(imported);
        }
    }
}

TEST(DlpackExport, RefusesWhatDoesNotFit) {
    const auto buffer = createBuffer(64);
    optirs_dl_managed_tensor* tensor = nullptr;
    const auto code = [&](uint64_t offset, std::vector<int64_t> dims) {
        const auto rank = static_cast<int32_t>(dims.size());
        return take(optirs_buffer_to_dlpack(buffer.get(), offset, OPTIRS_DTYPE_F32, dims.data(), rank,
                                            &tensor))
            .code;
    };
    EXPECT_EQ(code(0, {17}), OPTIRS_OUT_OF_RANGE);
    EXPECT_EQ(code(68, {}), OPTIRS_OUT_OF_RANGE);
    EXPECT_EQ(code(2, {1}), OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(code(0, {-1}), OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(code(0, {int64_t{1} << 62, 16}), OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(take(optirs_buffer_to_dlpack(buffer.get(), 0, OPTIRS_DTYPE_F32, nullptr, 1, &tensor)).code,
              OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(take(optirs_buffer_to_dlpack(buffer.get(), 0, OPTIRS_DTYPE_F32, nullptr, -1, &tensor)).code,
              OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(tensor, nullptr);
}

TEST(DlpackImport, SharesDenseMemory) {
    Numbers numbers;
    Producer producer(numbers.value, {2, 3, 4});
    EXPECT_EQ(producer.import(64).code, OPTIRS_OK);
    EXPECT_EQ(optirs_buffer_data(producer.buffer.get()), numbers.value);
    EXPECT_EQ(producer.view.is_copied, 0);
    EXPECT_EQ(producer.view.rank, 3);
    EXPECT_EQ(producer.view.dims[2], 4);
    EXPECT_EQ(producer.view.dtype, OPTIRS_DTYPE_F32);
    EXPECT_EQ(producer.deleted, 0);
    producer.buffer.reset();
    EXPECT_EQ(producer.deleted, 1);
}

TEST(DlpackImport, CopiesTransposedMemoryIntoRowMajorOrder) {
    Numbers numbers;
    Producer producer(numbers.value, {3, 2}, {1, 3});
    EXPECT_EQ(producer.import().code, OPTIRS_OK);
    EXPECT_EQ(producer.view.is_copied, 1);
    EXPECT_EQ(producer.deleted, 1);
    EXPECT_EQ(floats(producer.buffer.get()), (std::vector<float>{0, 3, 1, 4, 2, 5}));
}

TEST(DlpackImport, ReadsNegativeStridesAndBroadcasts) {
    Numbers numbers;
    Producer backwards(numbers.value + 3, {4}, {-1});
    EXPECT_EQ(backwards.import().code, OPTIRS_OK);
    EXPECT_EQ(floats(backwards.buffer.get()), (std::vector<float>{3, 2, 1, 0}));
    Producer broadcast(numbers.value + 1, {2, 2}, {0, 1});
    EXPECT_EQ(broadcast.import().code, OPTIRS_OK);
    EXPECT_EQ(floats(broadcast.buffer.get()), (std::vector<float>{1, 2, 1, 2}));
}

TEST(DlpackImport, CopiesWhereTheAlignmentIsNotEnough) {
    Numbers numbers;
    Producer producer(numbers.value, {4});
    producer.tensor.dl_tensor.byte_offset = 4;
    EXPECT_EQ(producer.import(64).code, OPTIRS_OK);
    EXPECT_EQ(producer.view.is_copied, 1);
    EXPECT_EQ(floats(producer.buffer.get()), (std::vector<float>{1, 2, 3, 4}));
    Producer natural(numbers.value + 1, {4});
    EXPECT_EQ(natural.import().code, OPTIRS_OK);
    EXPECT_EQ(natural.view.is_copied, 0);
}

TEST(DlpackImport, HonoursReadOnly) {
    Numbers numbers;
    Producer shared(numbers.value, {4});
    shared.tensor.flags = OPTIRS_DL_READ_ONLY;
    EXPECT_EQ(shared.import().code, OPTIRS_OK);
    EXPECT_EQ(optirs_buffer_is_read_only(shared.buffer.get()), 1);
    Producer copied(numbers.value, {2, 2}, {1, 2});
    copied.tensor.flags = OPTIRS_DL_READ_ONLY;
    EXPECT_EQ(copied.import().code, OPTIRS_OK);
    EXPECT_EQ(optirs_buffer_is_read_only(copied.buffer.get()), 0);
}

TEST(DlpackImport, AcceptsScalarsAndEmptyTensors) {
    Numbers numbers;
    Producer scalar(numbers.value + 5, {});
    EXPECT_EQ(scalar.import().code, OPTIRS_OK);
    EXPECT_EQ(floats(scalar.buffer.get()), std::vector<float>{5});
    Producer empty(nullptr, {3, 0});
    EXPECT_EQ(empty.import().code, OPTIRS_OK);
    EXPECT_EQ(optirs_buffer_size(empty.buffer.get()), 0u);
    EXPECT_EQ(empty.view.dims[1], 0);
}

TEST(DlpackImport, AFailureLeavesTheTensorWithTheCaller) {
    Numbers numbers;
    const auto expect = [&](optirs_status code, auto change, uint64_t alignment = 0) {
        Producer producer(numbers.value, {2, 3});
        change(producer.tensor);
        const Failure failure = producer.import(alignment);
        EXPECT_EQ(failure.code, code) << failure.message;
        EXPECT_EQ(producer.buffer, nullptr);
        EXPECT_EQ(producer.deleted, 0);
        optirs_dl_managed_tensor_release(&producer.tensor);
        EXPECT_EQ(producer.deleted, 1);
    };
    using Tensor = optirs_dl_managed_tensor;
    expect(OPTIRS_INVALID_ARGUMENT, [](Tensor& t) { t.version.major = 2; });
    expect(OPTIRS_INVALID_ARGUMENT, [](Tensor& t) { t.dl_tensor.device.device_type = OPTIRS_DL_CUDA; });
    expect(OPTIRS_INVALID_ARGUMENT, [](Tensor& t) { t.dl_tensor.ndim = -1; });
    expect(OPTIRS_INVALID_ARGUMENT, [](Tensor& t) { t.dl_tensor.shape = nullptr; });
    expect(OPTIRS_INVALID_ARGUMENT, [](Tensor& t) { t.dl_tensor.shape[0] = -2; });
    expect(OPTIRS_UNIMPLEMENTED, [](Tensor& t) { t.dl_tensor.dtype.lanes = 4; });
    expect(OPTIRS_UNIMPLEMENTED, [](Tensor& t) { t.dl_tensor.dtype.code = OPTIRS_DL_OPAQUE; });
    expect(OPTIRS_INVALID_ARGUMENT, [](Tensor&) {}, 48);
    expect(OPTIRS_INVALID_ARGUMENT, [](Tensor&) {}, 128);
}

TEST(DlpackRelease, NullAndMissingDeletersAreFine) {
    optirs_dl_managed_tensor_release(nullptr);
    optirs_dl_managed_tensor tensor{};
    optirs_dl_managed_tensor_release(&tensor);
}

}  // namespace
}  // namespace optirs::test
