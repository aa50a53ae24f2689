#include <optirs/tune.h>

#include <algorithm>

#include "src/core/guard.h"
#include "src/kernels/all.h"
#include "src/kernels/tune.h"

using namespace optirs;

namespace {

template <class Shape>
void tune(const char* kernel, optirs_stream* stream, const Shape* shape, optirs_timing* timings,
          int64_t capacity, int64_t* out_count) {
    core::Out count(out_count, "out_count");
    const auto room = core::requiredSpan(timings, capacity, "timings", "capacity");
    if (room.size() < OPTIRS_MAX_TIMINGS) {
        throw core::Error(
            core::Code::kInvalidArgument,
            core::concat("there is room for ", room.size(), " timings, expected ", OPTIRS_MAX_TIMINGS));
    }
    core::required(stream, "stream");
    const auto read = kernels::readStruct(shape, "shape");
    const std::vector<optirs_timing> found =
        kernels::named(kernel, [&] { return kernels::tune(*stream, read); });
    std::ranges::copy(found, room.begin());
    count = static_cast<int64_t>(found.size());
}

}  // namespace

optirs_error* optirs_tune_matmul(optirs_stream* stream, const optirs_matmul_shape* shape,
                                 optirs_timing* timings, int64_t capacity, int64_t* out_count) {
    return core::guard("optirs_tune_matmul",
                       [&] { tune("matmul", stream, shape, timings, capacity, out_count); });
}

optirs_error* optirs_tune_attention(optirs_stream* stream, const optirs_attention_shape* shape,
                                    optirs_timing* timings, int64_t capacity, int64_t* out_count) {
    return core::guard("optirs_tune_attention",
                       [&] { tune("attention", stream, shape, timings, capacity, out_count); });
}
