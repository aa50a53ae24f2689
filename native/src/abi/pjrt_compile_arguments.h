// The options of a compilation, as the C ABI has them.
#pragma once

#include <optirs/pjrt_executable.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/compile_options.h"

namespace optirs::abi {

/// Checked; borrows the arrays of the caller.
struct CompileArguments {
    /// Throws INVALID_ARGUMENT for a format that is none, and for arrays without elements.
    explicit CompileArguments(const optirs_pjrt_compile_options* given_options) {
        const auto given =
            readOptions(given_options, optirs_pjrt_compile_options OPTIRS_PJRT_COMPILE_OPTIONS_INIT);
        if (given.format != OPTIRS_PJRT_PROGRAM_MLIR && given.format != OPTIRS_PJRT_PROGRAM_HLO) {
            throw Error(Code::kInvalidArgument,
                        concat("format ", given.format, " is not one of OPTIRS_PJRT_PROGRAM_*"));
        }
        format = given.format == OPTIRS_PJRT_PROGRAM_HLO ? "hlo" : "mlir";
        options.num_replicas = given.num_replicas;
        options.num_partitions = given.num_partitions;
        options.device_assignment =
            requiredArray(given.device_assignment, given.device_assignment_size, "device_assignment");
        options.use_spmd_partitioning = given.use_spmd_partitioning != 0;
        options.extra = requiredText(reinterpret_cast<const char*>(given.extra_options),
                                     given.extra_options_size, "extra_options");
    }

    pjrt::CompileOptions options;
    std::string_view format;
};

}  // namespace optirs::abi
