// Every kernel as data: a small call that is right, from which kernel_walk_test.cpp makes those that are not.
#pragma once

#include <optirs/optirs.h>

#include <cstddef>
#include <string>
#include <vector>

namespace optirs::test {

enum class WalkUse : uint8_t { kRead, kWritten, kUpdated };

struct WalkTensor {
    const char* name;
    size_t offset;
    optirs_dl_data_type type;
    /// Extents with spaces between: "2w" is twice the extent w, "c/32" the number of blocks of 32, "1"
    /// itself.
    const char* shape;
    WalkUse use = WalkUse::kRead;
    int value = 1;  // of the first element that the kernel reads,
    int step = 0;   // and what is added for each after it
};

struct WalkNumber {
    enum class Kind : uint8_t { kReal, kInt32, kInt64 };
    const char* name;
    size_t offset;
    Kind kind;
    double value;
};

/// A call. Extents are letters, the same in all its tensors.
struct WalkCall {
    const char* kernel;
    optirs_kernel number;
    size_t size;  // of the argument struct
    optirs_error* (*run)(optirs_stream* stream, const void* args);
    std::vector<WalkTensor> tensors;
    std::vector<WalkNumber> numbers;
    /// Of optimizers: where the arguments point at the lists, whose fields `tensors` are, each list of one.
    size_t lists = 0;
};

std::vector<WalkCall> castCalls();
std::vector<WalkCall> normCalls();
std::vector<WalkCall> pointwiseCalls();
std::vector<WalkCall> productCalls();
std::vector<WalkCall> attentionCalls();
std::vector<WalkCall> optimizerCalls();

}  // namespace optirs::test
