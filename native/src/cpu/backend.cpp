// liboptirs_cpu.so: the CPU kernels in the form that every backend has.
#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <string>

#include "src/core/backend_table.h"
#include "src/cpu/kernel_error.h"
#include "src/cpu/kernels.h"
#include "src/cpu/thread_pool.h"

namespace optirs::cpu {
namespace {

/// Never destroyed: other threads may still run kernels while the process ends.
ThreadPool& pool() {
    static ThreadPool& instance = *std::make_unique<ThreadPool>().release();
    return instance;
}

int32_t report(optirs_backend_status& status, int32_t code, const char* message) noexcept {
    status.code = code;
    std::snprintf(status.message, sizeof(status.message), "%s", message);
    return code;
}

int32_t score(void* /*self*/, optirs_backend_status* /*status*/) noexcept { return 1; }

int32_t kernel(void* /*self*/, int32_t number, const void* args, void* /*stream*/,
               optirs_backend_status* status) noexcept {
    try {
        if (runKernel(number, args, pool())) {
            return OPTIRS_OK;
        }
        return report(*status, OPTIRS_UNIMPLEMENTED, "the CPU backend does not have this kernel");
    } catch (const KernelError& error) {
        return report(*status, error.code(), error.what());
    } catch (const std::bad_alloc&) {
        return report(*status, OPTIRS_RESOURCE_EXHAUSTED, "out of host memory");
    } catch (const std::exception& error) {
        return report(*status, OPTIRS_INTERNAL, error.what());
    } catch (...) {
        return report(*status, OPTIRS_INTERNAL, "an unknown exception");
    }
}

int32_t workspace(void* /*self*/, int32_t number, const void* args, uint64_t* out_bytes,
                  optirs_backend_status* /*status*/) noexcept {
    *out_bytes = kernelWorkspace(number, args);
    return OPTIRS_OK;
}

}  // namespace
}  // namespace optirs::cpu

extern "C" __attribute__((visibility("default"))) const optirs_backend_table* optirs_backend_get(
    uint32_t host_abi) {
    static const std::string version =
        std::string("cpu: kernels for ") + optirs::cpu::targetName() + " (chosen for this machine)";
    static const optirs_backend_table table = {.struct_size = sizeof(optirs_backend_table),
                                               .abi = kOptirsBackendAbi,
                                               .reserved = 0,
                                               .name = "cpu",
                                               .version = version.c_str(),
                                               .self = nullptr,
                                               .score = optirs::cpu::score,
                                               .copy_start = nullptr,
                                               .operation_resume = nullptr,
                                               .operation_cancel = nullptr,
                                               .operation_release = nullptr,
                                               .kernel = optirs::cpu::kernel,
                                               .kernel_workspace = optirs::cpu::workspace};
    return host_abi == kOptirsBackendAbi ? &table : nullptr;
}
