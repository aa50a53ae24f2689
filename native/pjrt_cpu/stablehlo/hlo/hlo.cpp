#include "pjrt_cpu/stablehlo/hlo/hlo.h"

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/hlo/converter.h"
#include "pjrt_cpu/stablehlo/hlo/fields.h"

namespace optirs::plugin {
namespace hlo {
namespace {

/// Numbers of the first argument of each parameter; arguments are the parameters' leaves.
class EntryArguments {
 public:
    explicit EntryArguments(const Computation& entry) : entry_(entry) {
        size_t count = 0;
        for (const Instruction* parameter : entry.parameters) {
            first_.push_back(count);
            count += parameter->shape.leafCount();
        }
        count_ = count;
    }

    size_t count() const { return count_; }
    /// Of a part of a parameter, as HloInputOutputAliasProto and HloBufferDonorProto name it.
    size_t numberOf(int64_t parameter, const std::vector<int64_t>& index) const {
        if (parameter < 0 || static_cast<size_t>(parameter) >= first_.size())
            throw invalidArgument("HLO: an alias of parameter " + std::to_string(parameter));
        const auto i = static_cast<size_t>(parameter);
        return first_[i] + entry_.parameters[i]->shape.leafAt(index);
    }

 private:
    const Computation& entry_;
    std::vector<size_t> first_;
    size_t count_;
};

/// One sharding, or one for each leaf of a tuple, on the attributes of arguments or results.
void addSharding(const Instruction& in, std::vector<NamedAttributes>& attributes, size_t first) {
    if (!in.proto.has(InstructionField::kSharding)) return;
    const ProtoMessage sharding = in.proto.message(InstructionField::kSharding, "OpSharding");
    const size_t leaves = in.shape.leafCount();
    const auto parts = sharding.messages(ShardingField::kTupleShardings, "OpSharding");
    if (!parts.empty() && parts.size() != leaves)
        in.fail(std::to_string(parts.size()) + " shardings for " + std::to_string(leaves) + " values");
    for (size_t i = 0; i < leaves; ++i) {
        attributes[first + i].set("mhlo.sharding",
                                  Attribute(shardingText(parts.empty() ? sharding : parts[i])));
    }
}

void addAliases(const ProtoMessage& module, const EntryArguments& arguments, const Shape& result,
                std::vector<NamedAttributes>& attributes) {
    const auto aliases = module.message(ModuleField::kInputOutputAlias, "HloInputOutputAliasProto");
    for (const ProtoMessage& entry : aliases.messages(1, "AliasEntryProto")) {
        const size_t argument = arguments.numberOf(entry.integer(2), entry.integers(3));
        const size_t output = result.leafAt(entry.integers(1));
        if (argument >= attributes.size() || output >= result.leafCount())
            entry.fail("an alias of a tuple, not of a part of it");
        attributes[argument].set("tf.aliasing_output",
                                 Attribute::integer(static_cast<int64_t>(output), ElementType::kI32));
    }
    const auto donors = module.message(ModuleField::kBufferDonor, "HloBufferDonorProto");
    for (const ProtoMessage& entry : donors.messages(1, "BufferDonorEntryProto")) {
        const size_t argument = arguments.numberOf(entry.integer(1), entry.integers(2));
        if (argument >= attributes.size()) entry.fail("a donor that is a tuple, not a part of it");
        attributes[argument].set("jax.buffer_donor", Attribute(true));
    }
}

}  // namespace
}  // namespace hlo

std::unique_ptr<Module> parseHlo(std::string_view program) {
    using namespace hlo;  // NOLINT(google-build-using-namespace): this file's other half
    const ProtoMessage message(program.substr(kHloMagic.size()), "HloModuleProto", 0);
    const Computations computations = readComputations(message);
    auto module = std::make_unique<Module>();
    module->others().addBlock();
    module->setName(message.text(ModuleField::kName));
    addFrontendAttributes(message, ModuleField::kFrontendAttributes, module->attributes());
    Converter converter(computations, *module);
    const Computation& entry = converter.computation(message.integer(ModuleField::kEntryComputationId));
    const Instruction& root = entry.rootInstruction();
    const EntryArguments numbers(entry);

    FunctionType type;
    for (const Instruction* parameter : entry.parameters) parameter->shape.appendLeaves(type.inputs);
    root.shape.appendLeaves(type.results);
    auto function = std::make_unique<Function>("main", type);
    function->argumentAttributes().resize(type.inputs.size());
    function->resultAttributes().resize(type.results.size());
    Block& body = function->region().addBlock();
    std::vector<Leaves> arguments;
    for (const Instruction* parameter : entry.parameters) {
        Leaves& leaves = arguments.emplace_back();
        const size_t first = body.argumentCount();
        std::vector<Type> types;
        parameter->shape.appendLeaves(types);
        for (Type& each : types) leaves.push_back(body.addArgument(std::move(each)));
        addSharding(*parameter, function->argumentAttributes(), first);
        // Of one value: those of a tuple's parts have no names here.
        if (!parameter->shape.is_tuple)
            addFrontendAttributes(parameter->proto, InstructionField::kFrontendAttributes,
                                  function->argumentAttributes()[first]);
    }
    addSharding(root, function->resultAttributes(), 0);
    addAliases(message, numbers, root.shape, function->argumentAttributes());

    Builder builder(body);
    const Leaves results = converter.inlineComputation(entry, arguments, builder);
    builder.create(OpKind::kReturn, results, {});

    module->addFunction(std::move(function));
    return module;
}

}  // namespace optirs::plugin
