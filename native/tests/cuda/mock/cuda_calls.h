// What the functions of the mock driver have in common.
#pragma once

#include "cuda_state.h"

using namespace optirs::cuda;
using optirs::mock::currentContext;
using optirs::mock::Machine;
using optirs::mock::Named;

inline Machine& machine() { return Machine::instance(); }
inline bool isStream(CUstream stream) { return machine().streams.contains(stream); }
inline std::byte* bytesAt(CUdeviceptr address) { return reinterpret_cast<std::byte*>(address); }

/// Every function but cuInit begins so.
#define CALL(...)                          \
    OPTIRS_MOCK_CALL(__VA_ARGS__)          \
    if (!machine().is_started) {           \
        return CUDA_ERROR_NOT_INITIALIZED; \
    }
#define REQUIRE(condition, code) OPTIRS_MOCK_REQUIRE(condition, code)
