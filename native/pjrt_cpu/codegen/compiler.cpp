#include "pjrt_cpu/codegen/compiler.h"

#include "pjrt_cpu/codegen/cost.h"
#include "pjrt_cpu/codegen/dump.h"
#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/codegen/plan/recompute_scores.h"
#include "pjrt_cpu/codegen/plan/split_concatenations.h"
#include "pjrt_cpu/codegen/plan/split_reductions.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {
namespace {

/// What is known of a program before its arguments are: their types and those of the outputs.
void describeDynamic(const Module& module, Program& program) {
    const auto append = [](const std::vector<Type>& types, std::vector<TensorType>& out) {
        for (const Type& type : types) {
            const TensorType* tensor = type.tensorOrNull();
            if (tensor == nullptr) throw unimplemented("a program of unknown shapes with " + type.toString());
            const QuantizedType* quantized = tensor->quantized();
            out.push_back(quantized != nullptr ? tensor->withElement(quantized->storage) : *tensor);
        }
    };
    append(module.entry().type().inputs, program.arguments);
    append(module.entry().type().results, program.outputs);
    program.optimized_text = print(module);
}

std::unique_ptr<Program> emptyProgram(const Module& module, const CompileOptions& options) {
    auto program = std::make_unique<Program>();
    program->name = module.name().empty() ? "main" : module.name();
    program->num_replicas = options.num_replicas;
    program->num_partitions = options.num_partitions;
    return program;
}

std::unique_ptr<Program> dynamicProgram(const Module& module, const CompileOptions& options) {
    auto program = emptyProgram(module, options);
    describeDynamic(module, *program);
    return program;
}

/// `optimised_text` empty: the passes have not run yet.
std::unique_ptr<Program> staticProgram(Module& module, std::string optimised_text,
                                       const CompileOptions& options) {
    auto program = emptyProgram(module, options);
    Dump dump(options.dump_folder, program->name);
    if (dump.wanted()) dump.writePass("input", print(module));
    if (optimised_text.empty()) {
        PassLimits limits;
        limits.max_folded_elements = options.max_folded_elements;
        if (dump.wanted()) {
            limits.after_pass = [&](std::string_view pass, const Function& function) {
                dump.writePass(pass, print(function));
            };
        }
        inlineCalls(module, limits);
        partition(module, options.num_replicas, options.num_partitions);
        runPasses(module, limits);
        optimised_text = print(module);
    }
    dump.write("optimised.mlir", optimised_text);
    program->optimized_text = std::move(optimised_text);
    countOperations(module.entry().body(), program->cost);
    if (recomputeScores(module.entry()) && dump.wanted())
        dump.writePass("recompute_scores", print(module.entry()));
    splitLargeReductions(module.entry());
    splitWideConcatenations(module.entry());
    if (dump.wanted()) dump.writePass("split", print(module.entry()));
    Lowering(module, module.entry(), options, *program).run(dump);
    if (dump.wanted()) program->timeline = std::make_unique<Timeline>(dump.folder() + "/timeline.json");
    return program;
}

std::unique_ptr<Program> compileModule(Module& module, const std::string& optimised_text,
                                       const CompileOptions& options) {
    if (!hasDynamicArguments(module)) return staticProgram(module, optimised_text, options);
    if (!optimised_text.empty() || !argumentsHaveBounds(module.entry()))
        return dynamicProgram(module, options);
    // One program for all sizes; where an operation cannot keep a size, one for each, as without bounds. Not
    // of partitions: what they are given says nothing of the size of the whole.
    const std::string text = print(module);
    try {
        return staticProgram(module, {}, options);
    } catch (const Error& error) {
        if (error.code() != Code::kUnimplemented || options.num_partitions > 1) throw;
        return dynamicProgram(*parseModule(text), options);
    }
}

}  // namespace

std::unique_ptr<Program> compile(std::unique_ptr<Module> module, const CompileOptions& options) {
    return compileModule(*module, {}, options);
}

std::unique_ptr<Program> compile(std::string_view stablehlo_text, const CompileOptions& options) {
    const auto module = parseModule(stablehlo_text);
    verify(*module);
    return compileModule(*module, {}, options);
}

std::unique_ptr<Program> compileOptimised(const std::string& optimised_text, const CompileOptions& options) {
    // It was printed from a verified module: that is not asked again.
    return compileModule(*parseModule(optimised_text), optimised_text, options);
}

}  // namespace optirs::plugin
