#include "pjrt_cpu/codegen/compiler.h"

#include <cstdlib>
#include <fstream>

#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/codegen/plan/split_reductions.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {

std::unique_ptr<Program> compile(std::unique_ptr<Module> module, const CompileOptions& options) {
    PassLimits limits;
    limits.max_folded_elements = options.max_folded_elements;
    runPasses(*module, limits);
    std::string dump_folder = options.dump_folder;
    if (dump_folder.empty()) {
        if (const char* folder = std::getenv("OPTIRS_DUMP")) dump_folder = folder;
    }
    auto program = std::make_unique<Program>();
    program->name = module->name().empty() ? "main" : module->name();
    program->num_replicas = options.num_replicas;
    program->num_partitions = options.num_partitions;
    program->optimized_text = print(*module);
    if (!dump_folder.empty())
        std::ofstream(dump_folder + "/" + program->name + ".mlir") << program->optimized_text;
    splitLargeReductions(module->entry());
    Lowering(module->entry(), options, *program).run(dump_folder);
    return program;
}

std::unique_ptr<Program> compile(std::string_view stablehlo_text, const CompileOptions& options) {
    auto module = parseModule(stablehlo_text);
    verify(*module);
    return compile(std::move(module), options);
}

}  // namespace optirs::plugin
