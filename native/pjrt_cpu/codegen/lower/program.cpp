// The program around the steps: arguments, outputs, donation, code.
#include <algorithm>
#include <set>
#include <sstream>
#include <utility>

#include "pjrt_cpu/codegen/lower/kernel_group.h"
#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/codegen/plan/reads.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/runtime/pack_step.h"
#include "pjrt_cpu/runtime/random_numbers.h"

namespace optirs::plugin {
namespace {

std::string shardingText(const NamedAttributes& attributes) {
    const Attribute* sharding = attributes.find("mhlo.sharding");
    const auto* text = sharding != nullptr ? sharding->get<std::string>() : nullptr;
    return text != nullptr ? *text : std::string();
}

TensorType storedType(const Type& type, const char* what) {
    if (type.isTensor()) return type.tensor();
    throw unimplemented("the program " + std::string(what) + " " + type.toString());
}

/// Adds the dimensions that a list of sizes is of, if the value with these attributes is one. The executor
/// has memory of its own for such a list.
bool readSizes(const NamedAttributes& attributes, const std::vector<TensorType>& arrays,
               std::vector<SizedDimension>& sized) {
    const Attribute* sizes = attributes.find(kSizesAttribute);
    const auto* list = sizes != nullptr ? sizes->get<ArrayListAttribute>() : nullptr;
    if (list == nullptr) return false;
    for (size_t i = 0; i + 1 < list->integers.size(); i += 2) {
        const int64_t array = list->integers[i];
        const int64_t dim = list->integers[i + 1];
        if (array < 0 || array >= static_cast<int64_t>(arrays.size()) || dim < 0 ||
            dim >= arrays[static_cast<size_t>(array)].rank())
            throw invalidArgument(std::string(kSizesAttribute) + " names dimension " + std::to_string(dim) +
                                  " of array " + std::to_string(array) + ", which does not exist");
        sized.push_back({static_cast<int32_t>(array), static_cast<int32_t>(dim)});
    }
    return true;
}

/// The arrays that have sized dimensions, by number; their allocations are still to be said.
std::map<size_t, SizedArray> sizedArrays(const std::vector<TensorType>& types,
                                         const std::vector<SizedDimension>& sized) {
    std::map<size_t, SizedArray> arrays;
    for (size_t i = 0; i < sized.size(); ++i) {
        const auto number = static_cast<size_t>(sized[i].array);
        SizedArray& array = arrays[number];
        array.type = types[number];
        array.sizes.resize(static_cast<size_t>(array.type.rank()), -1);
        array.sizes[static_cast<size_t>(sized[i].dim)] = static_cast<int32_t>(i);
    }
    return arrays;
}

/// The type with the sized dimensions unknown, and their sizes as bounds.
TensorType withBounds(const SizedArray& array) {
    const auto whole = array.type.dims();
    std::vector<int64_t> dims(whole.begin(), whole.end());
    std::vector<int64_t> bounds(dims.size(), kDynamic);
    for (size_t d = 0; d < dims.size(); ++d) {
        if (array.sizes[d] >= 0) bounds[d] = std::exchange(dims[d], kDynamic);
    }
    TensorType type = array.type.withDims(std::move(dims));
    type.setBounds(std::move(bounds));
    return type;
}

}  // namespace

Lowering::Lowering(const Module& module, const Function& entry, const CompileOptions& options,
                   Program& program)
    : module_(module), entry_(entry), options_(options), program_(program) {}

/// Each array that a kernel or library call reads or writes counts once.
void Lowering::addBytesAccessed(const Group& group, const Scope& scope) {
    std::set<const Value*> values;
    for (const Value* root : group.roots) values.insert(base(root));
    if (group.kind == GroupKind::kControl) return;  // what is inside counts for itself
    if (group.kind == GroupKind::kTiles) {
        for (const Value* value : tileOperands(group, scope)) values.insert(base(value));
    } else if (group.kind == GroupKind::kLibrary) {
        for (const Value* operand : group.op->operands()) values.insert(base(operand));
    } else {
        for (const Value* value : scope.reads[static_cast<size_t>(scope.group)]) values.insert(base(value));
    }
    for (const Value* value : values) {
        if (value->type().isTensor())
            program_.cost.bytes_accessed += static_cast<double>(value->tensor().byteCount());
    }
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
        const TensorType type = storedType(argument->type(), "takes");
        allocation.bytes = type.byteCount();
        program_.allocations.push_back(allocation);
        slots_[argument] = static_cast<int32_t>(i);
        in_memory_.insert(argument);
        if (i < attributes.size() && readSizes(attributes[i], program_.arguments, program_.sized_arguments))
            continue;
        program_.arguments.push_back(type);
        program_.argument_shardings.push_back(i < attributes.size() ? shardingText(attributes[i]) : "");
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

/// Arguments that may be smaller than their memory inside come together, and are copied there at the start.
void Lowering::unpackArguments() {
    std::vector<SizedArray> used;
    for (auto& [number, array] : sizedArrays(program_.arguments, program_.sized_arguments)) {
        program_.arguments[number] = withBounds(array);
        const Value* argument = entry_.body().argument(number);
        if (!argument->hasUses()) continue;
        array.packed = static_cast<int32_t>(number);
        array.spread = newTemporary(array.type.byteCount());
        slots_[argument] = array.spread;
        touch(array.spread);
        program_.cost.bytes_accessed += 2 * static_cast<double>(array.type.byteCount());
        used.push_back(std::move(array));
    }
    if (used.empty()) return;
    program_.steps.push_back(
        makeUnpackStep(std::move(used), static_cast<int32_t>(program_.arguments.size())));
}

std::vector<Target> Lowering::declareOutputs(const std::map<int64_t, int32_t>& argument_of_output) {
    std::vector<Target> targets;
    const auto returned = entry_.returned();
    for (size_t i = 0; i < returned.size(); ++i) {
        const TensorType type = storedType(returned[i]->type(), "returns");
        Allocation allocation;
        allocation.kind = Allocation::Kind::kOutput;
        allocation.index = static_cast<int32_t>(i);
        allocation.bytes = type.byteCount();
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
        if (returned[i]->type().isTensor()) target.slot = static_cast<int32_t>(program_.allocations.size());
        program_.allocations.push_back(allocation);
        targets.push_back(target);
        const auto& attributes = entry_.resultAttributes();
        if (i < attributes.size() && readSizes(attributes[i], program_.outputs, program_.sized_outputs))
            continue;
        program_.outputs.push_back(type);
        program_.output_shardings.push_back(i < attributes.size() ? shardingText(attributes[i]) : "");
    }
    return targets;
}

/// What is there of outputs with sizes is moved together, once it has been computed.
void Lowering::packOutputs(const std::vector<Target>& targets) {
    std::vector<SizedArray> list;
    for (auto& [number, array] : sizedArrays(program_.outputs, program_.sized_outputs)) {
        array.packed = array.spread = targets[number].slot;
        list.push_back(std::move(array));
    }
    if (!list.empty()) program_.steps.push_back(makePackStep(std::move(list), targets.back().slot));
}

void Lowering::run(const Dump& dump) {
    const std::vector<Target> targets = declareOutputs(declareArguments());
    unpackArguments();
    lowerBlock(entry_.body(), targets, program_.steps);
    packOutputs(targets);
    if (random_state_ >= 0) program_.steps.insert(program_.steps.begin(), makeRandomStateStep(random_state_));
    place();
    joinKernels(program_.steps, program_.allocations);
    struct Owned {
        MachineCode machine;
        std::vector<std::unique_ptr<std::vector<std::byte>>> constants;
    };
    auto code = std::make_shared<Owned>();
    code->constants = std::move(constants_);
    kernels_.compile(code->machine, options_.known_objects, dump.folder());
    program_.generated_code_bytes = code->machine.codeBytes();
    program_.compiled_modules = code->machine.compiledModules();
    program_.object_files = code->machine.objects();
    program_.code = std::move(code);
    if (dump.wanted()) dump.write("plan.txt", describePlan());
}

std::string Lowering::describePlan() const {
    std::vector<int64_t> bytes;
    bytes.reserve(program_.allocations.size());
    for (const Allocation& allocation : program_.allocations) bytes.push_back(allocation.bytes);
    std::map<int32_t, Arena::Life> lives;
    for (const Arena::Life& life : arena_.lives(bytes)) lives.emplace(life.id, life);
    std::ostringstream plan;
    plan << "temporaries: " << program_.arena_bytes << " bytes; most alive at once: " << arena_lower_bound_
         << " bytes; ratio "
         << (arena_lower_bound_ == 0
                 ? 1.0
                 : static_cast<double>(program_.arena_bytes) / static_cast<double>(arena_lower_bound_))
         << "\n"
         << kernels_.uniqueCount() << " kernels, " << program_.generated_code_bytes << " bytes of code, "
         << program_.constant_bytes << " bytes of constants\n\n"
         << "allocation kind index offset bytes lifetime\n";
    for (size_t i = 0; i < program_.allocations.size(); ++i) {
        const Allocation& a = program_.allocations[i];
        static constexpr const char* kKinds[] = {"argument", "constant", "output", "temporary"};
        plan << "@" << i << " " << kKinds[static_cast<size_t>(a.kind)] << " " << a.index << " " << a.offset
             << " " << a.bytes;
        const auto life = lives.find(static_cast<int32_t>(i));
        if (life != lives.end()) plan << " " << life->second.first << ".." << life->second.last;
        if (a.aliased_argument >= 0) plan << " in argument " << a.aliased_argument;
        plan << "\n";
    }
    plan << "\nsteps\n";
    for (const auto& step : program_.steps) plan << step->describe() << "\n";
    return plan.str();
}

}  // namespace optirs::plugin
