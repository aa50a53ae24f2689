// The program around the steps: arguments, outputs, donation, code.
#include <algorithm>
#include <fstream>

#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

Lowering::Lowering(const Function& entry, const CompileOptions& options, Program& program)
    : entry_(entry), options_(options), program_(program) {}

void Lowering::addCost(const Group& group) {
    double elements = 0;
    for (const Value* root : group.roots) {
        elements = std::max(elements, static_cast<double>(root->tensor().elementCount()));
        program_.cost.bytes_accessed += 3.0 * static_cast<double>(root->tensor().byteCount());
    }
    for (const Operation* op : group.reductions)
        elements = std::max(elements, static_cast<double>(op->operand(0)->tensor().elementCount()));
    program_.cost.flops += 4 * elements;
    if (group.kind == GroupKind::kControl && group.op->kind() == OpKind::kWhile)
        program_.cost.has_loops = true;
}

/// The arguments' allocations come first: allocation i is argument i. Returns which argument each output
/// takes the memory of.
std::map<int64_t, int32_t> Lowering::declareArguments() {
    const Block& block = entry_.body();
    const auto& attributes = entry_.argumentAttributes();
    std::map<int64_t, int32_t> argument_of_output;
    for (size_t i = 0; i < block.argumentCount(); ++i) {
        const Value* argument = block.argument(i);
        Allocation allocation;
        allocation.kind = Allocation::Kind::kArgument;
        allocation.index = static_cast<int32_t>(i);
        allocation.bytes = argument->tensor().byteCount();
        program_.allocations.push_back(allocation);
        program_.arguments.push_back(argument->tensor());
        slots_[argument] = static_cast<int32_t>(i);
        in_memory_.insert(argument);
        if (i >= attributes.size()) continue;
        if (const Attribute* alias = attributes[i].find("tf.aliasing_output")) {
            if (const auto* output = alias->get<IntegerAttribute>())
                argument_of_output[output->value] = static_cast<int32_t>(i);
        } else if (attributes[i].find("jax.buffer_donor") != nullptr) {
            program_.donor_arguments.push_back(static_cast<int32_t>(i));
        }
    }
    for (const int32_t donated : options_.donated_arguments) program_.donor_arguments.push_back(donated);
    return argument_of_output;
}

std::vector<Target> Lowering::declareOutputs(const std::map<int64_t, int32_t>& argument_of_output) {
    std::vector<Target> targets;
    const auto returned = entry_.returned();
    for (size_t i = 0; i < returned.size(); ++i) {
        if (!returned[i]->type().isTensor())
            throw unimplemented("the program returns " + returned[i]->type().toString());
        Allocation allocation;
        allocation.kind = Allocation::Kind::kOutput;
        allocation.index = static_cast<int32_t>(i);
        allocation.bytes = returned[i]->tensor().byteCount();
        Target target;
        const auto donated = argument_of_output.find(static_cast<int64_t>(i));
        if (donated != argument_of_output.end()) {
            const Allocation& argument = program_.allocations[static_cast<size_t>(donated->second)];
            if (argument.bytes != allocation.bytes) {
                throw invalidArgument("argument " + std::to_string(donated->second) +
                                      " is donated to output " + std::to_string(i) +
                                      ", which has another size");
            }
            allocation.aliased_argument = donated->second;
            target.overwrites = entry_.body().argument(static_cast<size_t>(donated->second));
        }
        target.slot = static_cast<int32_t>(program_.allocations.size());
        program_.allocations.push_back(allocation);
        program_.outputs.push_back(returned[i]->tensor());
        targets.push_back(target);
    }
    return targets;
}

void Lowering::run(const std::string& dump_folder) {
    const std::vector<Target> targets = declareOutputs(declareArguments());
    lowerBlock(entry_.body(), targets, program_.steps);
    place();
    struct Owned {
        MachineCode machine;
        std::vector<std::unique_ptr<std::vector<std::byte>>> constants;
    };
    auto code = std::make_shared<Owned>();
    code->constants = std::move(constants_);
    kernels_.compile(code->machine, dump_folder);
    program_.generated_code_bytes = code->machine.codeBytes();
    program_.code = std::move(code);
    if (!dump_folder.empty()) dumpPlan(dump_folder);
}

void Lowering::dumpPlan(const std::string& folder) const {
    std::ofstream plan(folder + "/" + program_.name + ".plan.txt");
    plan << "arena " << program_.arena_bytes << " bytes, " << kernels_.uniqueCount() << " kernels\n";
    for (size_t i = 0; i < program_.allocations.size(); ++i) {
        const Allocation& a = program_.allocations[i];
        static constexpr const char* kKinds[] = {"argument", "constant", "output", "temporary"};
        plan << "@" << i << " " << kKinds[static_cast<size_t>(a.kind)] << " " << a.index << " offset "
             << a.offset << " bytes " << a.bytes
             << (a.aliased_argument >= 0 ? " in argument " + std::to_string(a.aliased_argument) : "") << "\n";
    }
    for (const auto& step : program_.steps) plan << step->describe() << "\n";
}

}  // namespace optirs::plugin
