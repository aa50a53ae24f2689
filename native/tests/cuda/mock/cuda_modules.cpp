// Modules and kernels of the mock driver: kernels are the project's own, compiled for the host
// (emulation/emulation.h), and run block by block when their stream does.
#include <cstring>

#include "cuda_calls.h"
#include "emulation/kernels.h"

namespace optirs::cuda {

struct CUmod_st {
    std::string image;
};
struct CUfunc_st {
    optirs::emulation::Kernel kernel;
    unsigned shared_limit = 48 * 1024;
};

}  // namespace optirs::cuda

namespace {

constexpr int kMaxGridYZ = 65535;
constexpr int kSharedOptin = 227 * 1024;  // as the device attribute has it

}  // namespace

OPTIRS_MOCK_EXPORT CUresult cuModuleLoadData(CUmodule* module, const void* image) {
    CALL("cuModuleLoadData")
    REQUIRE(image != nullptr, CUDA_ERROR_INVALID_VALUE)
    *module = new CUmod_st{static_cast<const char*>(image)};
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuModuleUnload(CUmodule module) {
    CALL("cuModuleUnload")
    delete module;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
    CALL("cuModuleGetFunction", Named{"name", name})
    const auto kernel = optirs::emulation::findKernel(module->image, name);
    if (!kernel) {
        return CUDA_ERROR_NOT_FOUND;
    }
    *function = new CUfunc_st{*kernel};  // lives as long as its module: for ever
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuFuncSetAttribute(CUfunction function, int32_t attribute, int value) {
    CALL("cuFuncSetAttribute", Named{"name", function->kernel.name}, Named{"value", value})
    REQUIRE(
        attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES && value >= 0 && value <= kSharedOptin,
        CUDA_ERROR_INVALID_VALUE)
    function->shared_limit = static_cast<unsigned>(value);
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y,
                                           unsigned grid_z, unsigned block_x, unsigned block_y,
                                           unsigned block_z, unsigned shared_bytes, CUstream stream,
                                           void** parameters, void** extra) {
    CALL("cuLaunchKernel", Named{"name", function->kernel.name}, Named{"grid_x", grid_x},
         Named{"grid_y", grid_y}, Named{"block_x", block_x}, Named{"shared", shared_bytes})
    REQUIRE(grid_x > 0 && grid_x <= 0x7fffffffU && grid_y > 0 && grid_y <= kMaxGridYZ && grid_z > 0 &&
                grid_z <= kMaxGridYZ,
            CUDA_ERROR_INVALID_VALUE)
    REQUIRE(block_x > 0 && block_x <= function->kernel.max_threads && block_y == 1 && block_z == 1,
            CUDA_ERROR_INVALID_VALUE)
    REQUIRE(machine().streams.contains(stream) && extra == nullptr, CUDA_ERROR_INVALID_VALUE)
    REQUIRE(shared_bytes <= function->shared_limit, CUDA_ERROR_INVALID_VALUE)
    std::string argument(static_cast<const char*>(parameters[0]), function->kernel.argument_bytes);
    machine().give(stream, [=, kernel = function->kernel] {
        optirs::emulation::run(kernel, argument.data(), {grid_x, grid_y, grid_z}, block_x, shared_bytes);
    });
    return CUDA_SUCCESS;
}
