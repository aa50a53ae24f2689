#include "src/core/device/architecture.h"

#include "src/core/guard.h"

using namespace optirs::core;

uint64_t optirs_architecture_count(void) { return architectures().size(); }

optirs_error* optirs_architecture_at(uint64_t index, optirs_architecture* out_architecture) {
    return guard("optirs_architecture_at", [&] {
        Out out(out_architecture, "out_architecture");
        if (index >= architectures().size()) {
            throw Error(Code::kOutOfRange,
                        concat("index is ", index, "; there are ", architectures().size(), " architectures"));
        }
        out = architectures()[index];
    });
}

optirs_error* optirs_architecture_find(int32_t major, int32_t minor, optirs_architecture* out_architecture) {
    return guard("optirs_architecture_find", [&] {
        Out out(out_architecture, "out_architecture");
        out = findArchitecture(major, minor);
    });
}
