#include "pjrt_cpu/stablehlo/hlo/converter.h"

#include <unordered_map>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/hlo/fields.h"

namespace optirs::plugin::hlo {
namespace {

// A computation that calls another one twice, which calls another one twice, ... has no end in sight.
// Operands count as operations do: those of a large tuple are what takes the memory.
constexpr int64_t kMaxWritten = int64_t{1} << 22;
constexpr int kMaxDepth = 64;

}  // namespace

Value* Site::operand(size_t i) const {
    if (i >= operands.size()) in.fail("operand " + std::to_string(i) + " is missing");
    if (operands[i].size() != 1 || operand_instructions[i]->shape.is_tuple)
        in.fail("operand " + std::to_string(i) + " should not be a tuple");
    return operands[i][0];
}

void Site::requireOperands(size_t count) const {
    if (operands.size() != count)
        in.fail("should have " + std::to_string(count) + " operands, got " + std::to_string(operands.size()));
}

Leaves Site::allOperands() const {
    Leaves all;
    for (const Leaves& each : operands) all.insert(all.end(), each.begin(), each.end());
    return all;
}

std::vector<Type> Site::resultTypes() const {
    std::vector<Type> types;
    in.shape.appendLeaves(types);
    return types;
}

/// Opcodes whose instructions say nothing but their operands and the type of their result.
OpKind Converter::plainKindOf(std::string_view opcode) {
    static const std::unordered_map<std::string_view, OpKind> kinds = [] {
        using enum OpKind;
        std::unordered_map<std::string_view, OpKind> map = {
            {"acos", kChloAcos},   {"acosh", kChloAcosh}, {"asin", kChloAsin}, {"asinh", kChloAsinh},
            {"atanh", kChloAtanh}, {"cosh", kChloCosh},   {"sinh", kChloSinh}, {"erf", kChloErf},
        };
        static const std::string_view same[] = {
            "abs",
            "add",
            "and",
            "atan2",
            "bitcast-convert",
            "cbrt",
            "ceil",
            "clamp",
            "complex",
            "convert",
            "cosine",
            "count-leading-zeros",
            "divide",
            "dynamic-update-slice",
            "exponential",
            "exponential-minus-one",
            "floor",
            "imag",
            "is-finite",
            "log",
            "log-plus-one",
            "logistic",
            "maximum",
            "minimum",
            "multiply",
            "negate",
            "not",
            "or",
            "partition-id",
            "popcnt",
            "power",
            "real",
            "remainder",
            "replica-id",
            "reshape",
            "round-nearest-afz",
            "round-nearest-even",
            "rsqrt",
            "select",
            "shift-left",
            "shift-right-arithmetic",
            "shift-right-logical",
            "sign",
            "sine",
            "sqrt",
            "subtract",
            "tan",
            "tanh",
            "xor",
        };
        for (const std::string_view name : same) {
            std::string full = "stablehlo." + std::string(name);
            for (char& c : full) c = c == '-' ? '_' : c;
            map.emplace(name, opKindFromName(full));
        }
        return map;
    }();
    const auto found = kinds.find(opcode);
    return found == kinds.end() ? OpKind::kUnknown : found->second;
}

Converter::Handler Converter::handlerOf(std::string_view opcode) {
    using C = Converter;
    static const std::unordered_map<std::string_view, Handler> handlers = {
        {"add-dependency", &C::identity},
        {"after-all", &C::afterAll},
        {"all-gather", &C::collective},
        {"all-reduce", &C::collective},
        {"all-to-all", &C::collective},
        {"batch-norm-grad", &C::batchNorm},
        {"batch-norm-inference", &C::batchNorm},
        {"batch-norm-training", &C::batchNorm},
        {"bitcast", &C::bitcast},
        {"broadcast", &C::broadcast},
        {"call", &C::call},
        {"cholesky", &C::cholesky},
        {"collective-broadcast", &C::collective},
        {"collective-permute", &C::permute},
        {"compare", &C::compare},
        {"concatenate", &C::concatenate},
        {"conditional", &C::conditional},
        {"constant", &C::constant},
        {"convolution", &C::convolution},
        {"copy", &C::identity},
        {"custom-call", &C::customCall},
        {"domain", &C::identity},
        {"dot", &C::dot},
        {"dynamic-slice", &C::dynamicSlice},
        {"fft", &C::fft},
        {"fusion", &C::call},
        {"gather", &C::gather},
        {"get-dimension-size", &C::dimensionSize},
        {"get-tuple-element", &C::getTupleElement},
        {"infeed", &C::infeed},
        {"iota", &C::iota},
        {"map", &C::map},
        {"opt-barrier", &C::barrier},
        {"outfeed", &C::outfeed},
        {"pad", &C::pad},
        {"recv", &C::receive},
        {"recv-done", &C::done},
        {"reduce", &C::reduce},
        {"reduce-precision", &C::reducePrecision},
        {"reduce-scatter", &C::collective},
        {"reduce-window", &C::reduceWindow},
        {"reverse", &C::reverse},
        {"rng", &C::rng},
        {"rng-bit-generator", &C::rngBitGenerator},
        {"scatter", &C::scatter},
        {"select-and-scatter", &C::selectAndScatter},
        {"send", &C::send},
        {"send-done", &C::done},
        {"set-dimension-size", &C::dimensionSize},
        {"slice", &C::slice},
        {"sort", &C::sort},
        {"topk", &C::topK},
        {"transpose", &C::transpose},
        {"triangular-solve", &C::triangularSolve},
        {"tuple", &C::tuple},
        {"while", &C::whileLoop},
    };
    const auto found = handlers.find(opcode);
    return found == handlers.end() ? nullptr : found->second;
}

const Computation& Converter::computation(int64_t id) const {
    const auto found = computations_.find(id);
    if (found == computations_.end())
        throw invalidArgument("HLO: there is no computation with the id " + std::to_string(id));
    return found->second;
}

const Computation& Converter::called(const Site& site, size_t i) const {
    if (i >= site.in.called.size()) site.in.fail("calls no computation " + std::to_string(i));
    return computation(site.in.called[i]);
}

void Converter::convert(Site& site) {
    const OpKind plain = plainKindOf(site.in.opcode);
    if (plain != OpKind::kUnknown) {
        emit(site, plain);
    } else if (const Handler handler = handlerOf(site.in.opcode)) {
        (this->*handler)(site);
    } else {
        site.in.failUnimplemented("StableHLO has no such operation, or this plugin does not map it");
    }
}

Operation& Converter::emit(Site& site, OpKind kind, NamedAttributes attributes, size_t regions) {
    const Leaves operands = site.allOperands();
    if (site.in.proto.has(InstructionField::kSharding)) {
        attributes.set(
            "mhlo.sharding",
            Attribute(shardingText(site.in.proto.message(InstructionField::kSharding, "OpSharding"))));
    }
    addFrontendAttributes(site.in.proto, InstructionField::kFrontendAttributes, attributes);
    Operation* op = site.builder.create(kind, operands, site.resultTypes(), std::move(attributes), regions);
    for (size_t i = 0; i < op->resultCount(); ++i) site.results.push_back(op->result(i));
    return *op;
}

Leaves Converter::inlineComputation(const Computation& computation, const std::vector<Leaves>& arguments,
                                    Builder& builder) {
    if (++depth_ > kMaxDepth)
        throw invalidArgument("HLO computation " + computation.name +
                              ": calls inside each other, more than " + std::to_string(kMaxDepth));
    struct Converted {
        const Instruction* instruction;
        Leaves leaves;
    };
    std::unordered_map<int64_t, Converted> values;
    for (const Instruction& in : computation.instructions) {
        builder.setLocation(Location::inBytecode(in.proto.offset(),
                                                 std::make_shared<const std::string>("\"" + in.name + "\"")));
        Site site{in, builder, {}, {}, {}};
        for (const int64_t id : in.operands) {
            const auto found = values.find(id);
            if (found == values.end())
                in.fail("operand " + std::to_string(id) + " is no instruction before it");
            site.operand_instructions.push_back(found->second.instruction);
            site.operands.push_back(found->second.leaves);
            written_ += static_cast<int64_t>(found->second.leaves.size());
        }
        if (++written_ > kMaxWritten)
            throw resourceExhausted("HLO: with its calls written out, the program has more than " +
                                    std::to_string(kMaxWritten) + " operations and operands");
        if (in.opcode == "parameter") {
            const auto number = static_cast<size_t>(in.integer(InstructionField::kParameterNumber));
            if (number >= arguments.size()) in.fail("the caller gives no such argument");
            site.results = arguments[number];
        } else {
            convert(site);
        }
        const std::vector<Type> types = site.resultTypes();
        bool fits = types.size() == site.results.size();
        for (size_t i = 0; fits && i < types.size(); ++i) fits = types[i] == site.results[i]->type();
        if (!fits) in.fail("its shape is not that of what it gives");
        if (!values.try_emplace(in.id, Converted{&in, std::move(site.results)}).second)
            in.fail("another instruction has the id " + std::to_string(in.id));
    }
    const auto root = values.find(computation.root);
    if (root == values.end())
        throw invalidArgument("HLO computation " + computation.name +
                              ": its root is none of its instructions");
    --depth_;
    return root->second.leaves;
}

void Converter::fillBlock(const Computation& inner, Block& block, const Location& location,
                          const std::vector<Leaves>* captured) {
    std::vector<Leaves> arguments;
    if (captured != nullptr) {
        arguments = *captured;
    } else {
        for (const Instruction* parameter : inner.parameters) {
            std::vector<Type> types;
            parameter->shape.appendLeaves(types);
            Leaves& leaves = arguments.emplace_back();
            for (Type& type : types) leaves.push_back(block.addArgument(std::move(type)));
        }
    }
    Builder builder(block);
    builder.setLocation(location);
    const Leaves results = inlineComputation(inner, arguments, builder);
    builder.create(OpKind::kReturn, results, {});
}

void Converter::fillRegion(const Site& site, Region& region, size_t index,
                           const std::vector<Leaves>* captured) {
    fillBlock(called(site, index), region.addBlock(), site.builder.location(), captured);
}

}  // namespace optirs::plugin::hlo
