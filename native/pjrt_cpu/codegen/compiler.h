/// @file
/// StableHLO -> Program: the compiler's front door.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pjrt_cpu/ir/module.h"
#include "pjrt_cpu/runtime/program.h"

namespace optirs::plugin {

struct CompileOptions {
    int32_t num_replicas = 1;
    int32_t num_partitions = 1;
    /// Arguments that the caller donates beside those the program's attributes name (buffer_donor).
    std::vector<int32_t> donated_arguments;
    /// Operations on constants are evaluated by the compiler when their result has at most this many
    /// elements.
    int64_t max_folded_elements = 1024;
    /// Folder for the program after each pass, the plan, LLVM's IR and a timeline; the environment variable
    /// OPTIRS_DUMP when empty.
    std::string dump_folder;
    /// Object code of earlier compilations by this build for this processor.
    ObjectFiles known_objects;
};

/// Parses, verifies, optimises and compiles. When arguments have unknown dimensions without a bound, or some
/// operation cannot keep the size of one with a bound, the program says what it takes and gives (kDynamic
/// where that is not known), and has no steps: specialiseArguments() in passes.h makes a module of it that
/// can be compiled.
/// @throws Error INVALID_ARGUMENT with line and column; UNIMPLEMENTED naming the operation, its types and its
/// line
std::unique_ptr<Program> compile(std::string_view stablehlo_text, const CompileOptions& options = {});

/// The same for a verified module, which it consumes.
std::unique_ptr<Program> compile(std::unique_ptr<Module> module, const CompileOptions& options = {});

/// Makes a program again from what this build left as Program::optimized_text. With the Program::object_files
/// as known objects nothing is compiled.
std::unique_ptr<Program> compileOptimised(const std::string& optimised_text, const CompileOptions& options);

}  // namespace optirs::plugin
