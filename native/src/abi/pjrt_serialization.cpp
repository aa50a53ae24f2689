// optirs/pjrt_serialization.h: validation and translation only.
#include <optirs/pjrt_serialization.h>

#include "src/abi/pjrt_arguments.h"
#include "src/abi/pjrt_compile_arguments.h"
#include "src/pjrt/executable.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

optirs_error* optirs_pjrt_executable_serialize(const optirs_pjrt_executable* executable,
                                               optirs_pjrt_bytes** out_bytes) {
    return guard("optirs_pjrt_executable_serialize", [&] {
        Out out(out_bytes, "out_bytes");
        out = required(executable, "executable")->serialize();
    });
}
optirs_error* optirs_pjrt_executable_deserialize(optirs_pjrt_client* client, const uint8_t* bytes,
                                                 uint64_t size, const uint8_t* options, uint64_t options_size,
                                                 optirs_pjrt_executable** out_executable) {
    return guard("optirs_pjrt_executable_deserialize", [&] {
        Out out(out_executable, "out_executable");
        out = pjrt::deserialize(
            *required(client, "client"), requiredText(reinterpret_cast<const char*>(bytes), size, "bytes"),
            requiredText(reinterpret_cast<const char*>(options), options_size, "options"));
    });
}
optirs_error* optirs_pjrt_executable_load(optirs_pjrt_client* client, optirs_pjrt_executable* executable,
                                          const optirs_pjrt_compile_options* options,
                                          optirs_pjrt_executable** out_executable) {
    return guard("optirs_pjrt_executable_load", [&] {
        Out out(out_executable, "out_executable");
        const CompileArguments arguments(options);
        out = pjrt::load(*required(client, "client"), *required(executable, "executable"), arguments.options);
    });
}
