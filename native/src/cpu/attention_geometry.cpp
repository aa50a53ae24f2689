#include "src/cpu/attention_geometry.h"

#include <string>

#include "src/cpu/kernel_error.h"

namespace optirs::cpu {

void checkStarts(const char* name, const optirs_dl_tensor* starts, int64_t total) {
    if (starts == nullptr) {
        return;
    }
    const auto* values = dataOf<int32_t>(*starts);
    const int64_t count = starts->shape[0];
    const auto refuse = [&](int64_t i, const std::string& wanted) {
        throw KernelError(OPTIRS_INVALID_ARGUMENT, std::string(name) + "[" + std::to_string(i) + "] is " +
                                                       std::to_string(values[i]) + "; " + wanted);
    };
    if (values[0] != 0) {
        refuse(0, "the first sequence starts at 0");
    }
    for (int64_t i = 1; i < count; ++i) {
        if (values[i] < values[i - 1]) {
            refuse(i, "starts may not decrease, and the one before is " + std::to_string(values[i - 1]));
        }
    }
    if (values[count - 1] != total) {
        refuse(count - 1, "the last is the number of packed rows, " + std::to_string(total));
    }
}

}  // namespace optirs::cpu
