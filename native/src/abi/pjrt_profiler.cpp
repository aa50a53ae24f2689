// optirs/pjrt_profiler.h: validation and translation only.
#include <optirs/pjrt_profiler.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/profiler.h"

using namespace optirs::abi;  // the helpers of every file of this kind

optirs_error* optirs_pjrt_profiler_create(optirs_pjrt_plugin* plugin, const uint8_t* options,
                                          uint64_t options_size, optirs_pjrt_profiler** out_profiler) {
    return guard("optirs_pjrt_profiler_create", [&] {
        Out out(out_profiler, "out_profiler");
        out = optirs::core::makeObject<optirs_pjrt_profiler>(
            required(plugin, "plugin")->library(),
            requiredText(reinterpret_cast<const char*>(options), options_size, "options"));
    });
}
void optirs_pjrt_profiler_retain(optirs_pjrt_profiler* profiler) { optirs::core::retainHandle(profiler); }
void optirs_pjrt_profiler_release(optirs_pjrt_profiler* profiler) { optirs::core::releaseHandle(profiler); }
optirs_error* optirs_pjrt_profiler_start(optirs_pjrt_profiler* profiler) {
    return guard("optirs_pjrt_profiler_start", [&] { required(profiler, "profiler")->start(); });
}
optirs_error* optirs_pjrt_profiler_stop(optirs_pjrt_profiler* profiler) {
    return guard("optirs_pjrt_profiler_stop", [&] { required(profiler, "profiler")->stop(); });
}
optirs_error* optirs_pjrt_profiler_collect(optirs_pjrt_profiler* profiler, optirs_pjrt_bytes** out_space) {
    return guard("optirs_pjrt_profiler_collect", [&] {
        Out out(out_space, "out_space");
        out = required(profiler, "profiler")->collect();
    });
}
