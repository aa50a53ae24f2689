// interpreter.run_parallel: the programs it names, compiled on their own.
#include <map>

#include "pjrt_cpu/codegen/dump.h"
#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/codegen/plan/split_concatenations.h"
#include "pjrt_cpu/codegen/plan/split_reductions.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/runtime/run_parallel.h"

namespace optirs::plugin {
namespace {

constexpr size_t kMaxProcesses = 1024;

std::string nameOf(const Operation& op, const Attribute& attribute) {
    if (const auto* symbol = attribute.get<SymbolAttribute>()) return symbol->name;
    if (const auto* text = attribute.get<std::string>()) return *text;
    throw invalidOperation(op, "should name functions, got " + attribute.toString());
}

/// A token that a program takes or gives is an array without elements to it.
bool fits(const Type& outside, const Type& inside) {
    return outside == inside || (outside.isToken() && inside == Type(TensorType(ElementType::kI1, {0})));
}

const Attribute::List& listOf(const Operation& op, const Attribute& attribute) {
    const auto* list = attribute.get<Attribute::List>();
    if (list == nullptr) throw invalidOperation(op, "should be a list, got " + attribute.toString());
    return *list;
}

}  // namespace

std::shared_ptr<const Program> Lowering::compileProcess(const Operation& op, const std::string& name,
                                                        const CompileOptions& options) {
    Function* function = module_.function(name);
    if (function == nullptr || function->isDeclaration())
        throw invalidOperation(op, "there is no function " + symbolToString(name));
    auto program = std::make_shared<Program>();
    program->name = name;
    program->num_replicas = options.num_replicas;
    program->num_partitions = options.num_partitions;
    splitLargeReductions(*function);
    splitWideConcatenations(*function);
    Lowering lowering(module_, *function, options, *program);
    lowering.is_process_ = true;
    lowering.run(Dump(options.dump_folder, name));
    return program;
}

void Lowering::lowerRunParallel(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    if (is_process_) throw unimplementedOperation(op, "a grid of processes inside of a process");
    const Attribute* programs = op.attribute("programs");
    if (programs == nullptr) throw invalidOperation(op, "attribute programs is missing");
    std::vector<std::vector<std::string>> grid;
    for (const Attribute& row : listOf(op, *programs)) {
        std::vector<std::string>& names = grid.emplace_back();
        for (const Attribute& name : listOf(op, row)) names.push_back(nameOf(op, name));
        if (names.empty() || names.size() != grid[0].size())
            throw invalidOperation(op, "each replica should have as many programs as the others");
    }
    if (grid.empty() || grid.size() * grid[0].size() > kMaxProcesses)
        throw invalidOperation(op, "programs should be 1 to " + std::to_string(kMaxProcesses));

    RunParallelSpec spec;
    spec.text = std::string(op.name()) + " at " + op.location().toString();
    spec.num_replicas = static_cast<int32_t>(grid.size());
    spec.num_partitions = static_cast<int32_t>(grid[0].size());
    CompileOptions options = options_;
    options.num_replicas = spec.num_replicas;
    options.num_partitions = spec.num_partitions;
    options.donated_arguments.clear();
    std::map<std::string, std::shared_ptr<const Program>> compiled;
    size_t next_operand = 0;
    size_t next_result = 0;
    for (const auto& row : grid) {
        for (const std::string& name : row) {
            std::shared_ptr<const Program>& program = compiled[name];
            if (program == nullptr) program = compileProcess(op, name, options);
            spec.programs.push_back(program);
            const FunctionType& type = module_.function(name)->type();
            std::vector<int32_t>& arguments = spec.arguments.emplace_back();
            for (const Type& input : type.inputs) {
                if (next_operand >= op.operandCount() || !fits(op.operand(next_operand)->type(), input)) {
                    throw invalidOperation(op, "operand " + std::to_string(next_operand) + " should be " +
                                                   input.toString() + ", which " + symbolToString(name) +
                                                   " takes; " + signatureToString(op));
                }
                const Value* operand = op.operand(next_operand++);
                arguments.push_back(operand->type().isTensor() ? read(operand) : newTemporary(0));
            }
            std::vector<int32_t>& results = spec.results.emplace_back();
            for (const Type& output : type.results) {
                if (next_result >= op.resultCount() || !fits(op.result(next_result)->type(), output)) {
                    throw invalidOperation(op, "result " + std::to_string(next_result) + " should be " +
                                                   output.toString() + ", which " + symbolToString(name) +
                                                   " gives; " + signatureToString(op));
                }
                const Value* result = op.result(next_result++);
                results.push_back(result->type().isTensor() ? makeSlot(result, scope) : newTemporary(0));
            }
        }
    }
    if (next_operand != op.operandCount() || next_result != op.resultCount())
        throw invalidOperation(
            op, "the programs take fewer operands, or give fewer results; " + signatureToString(op));
    if (const Attribute* infeed = op.attribute("infeed")) {
        for (const Attribute& name : listOf(op, *infeed)) {
            spec.infeed.push_back(compileProcess(op, nameOf(op, name), options));
            if (!spec.infeed.back()->arguments.empty())
                throw invalidOperation(op, "a program of infeed should take no arguments");
        }
    }
    program_.has_collectives = true;
    scope.steps->push_back(makeRunParallelStep(std::move(spec)));
}

}  // namespace optirs::plugin
