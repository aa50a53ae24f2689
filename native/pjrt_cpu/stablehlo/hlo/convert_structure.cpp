// Tuples, tokens, calls and control flow.
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/stablehlo/hlo/converter.h"
#include "pjrt_cpu/stablehlo/hlo/fields.h"
#include "pjrt_cpu/stablehlo/parser.h"

namespace optirs::plugin::hlo {

void Converter::identity(Site& site) {
    if (site.operands.empty()) site.in.fail("operand 0 is missing");
    site.results = site.operands[0];
}

void Converter::constant(Site& site) {
    if (site.in.shape.is_tuple) site.in.failUnimplemented("a tuple of constants");
    site.results = {site.builder.constant(
        readLiteral(site.in.proto.message(InstructionField::kLiteral, "LiteralProto")))};
}

void Converter::tuple(Site& site) { site.results = site.allOperands(); }

void Converter::getTupleElement(Site& site) {
    site.requireOperands(1);
    const Shape& shape = site.operand_instructions[0]->shape;
    const int64_t index = site.in.integer(InstructionField::kTupleIndex);
    if (!shape.is_tuple || index < 0 || static_cast<size_t>(index) >= shape.parts.size())
        site.in.fail("its operand has no element " + std::to_string(index));
    const auto first = static_cast<std::ptrdiff_t>(shape.leafAt({index}));
    const auto count = static_cast<std::ptrdiff_t>(shape.parts[static_cast<size_t>(index)].leafCount());
    const Leaves& leaves = site.operands[0];
    site.results.assign(leaves.begin() + first, leaves.begin() + first + count);
}

void Converter::afterAll(Site& site) {
    emit(site, site.operands.empty() ? OpKind::kCreateToken : OpKind::kAfterAll);
}

void Converter::barrier(Site& site) { emit(site, OpKind::kOptimizationBarrier); }

void Converter::call(Site& site) {
    const Computation& inner = called(site, 0);
    if (inner.parameters.size() != site.operands.size())
        site.in.fail(inner.name + " takes " + std::to_string(inner.parameters.size()) + " arguments, got " +
                     std::to_string(site.operands.size()));
    if (inner.name.find("manual_computation_body") != std::string::npos) return callOfManualBody(site, inner);
    const Location here = site.builder.location();
    site.results = inlineComputation(inner, site.operands, site.builder);
    site.builder.setLocation(here);
}

/// The body of Shardy's manual computation: where it has no operands or no results, only the call says where
/// it begins and ends.
void Converter::callOfManualBody(Site& site, const Computation& body) {
    if (module_.function(body.name) == nullptr) {
        FunctionType type;
        for (const Instruction* parameter : body.parameters) parameter->shape.appendLeaves(type.inputs);
        body.rootInstruction().shape.appendLeaves(type.results);
        Function& function = module_.addFunction(std::make_unique<Function>(body.name, std::move(type)));
        function.setVisibility("private");
        fillBlock(body, function.region().addBlock(), site.builder.location());
    }
    NamedAttributes attributes;
    attributes.set("callee", SymbolAttribute{body.name, {}});
    emit(site, OpKind::kCall, std::move(attributes));
}

void Converter::conditional(Site& site) {
    const size_t branches = site.in.called.size();
    Value* index = site.operand(0);
    site.requireOperands(branches + 1);
    const bool is_predicate = index->type().isTensor() && isBoolean(index->tensor().element());
    if (branches == 0 || (is_predicate && branches != 2))
        site.in.fail("calls " + std::to_string(branches) + " computations");
    Operation* op = site.builder.create(is_predicate ? OpKind::kIf : OpKind::kCase, {&index, 1},
                                        site.resultTypes(), {}, branches);
    for (size_t i = 0; i < branches; ++i) {
        const std::vector<Leaves> argument = {site.operands[i + 1]};
        fillRegion(site, op->region(i), i, &argument);
    }
    for (size_t i = 0; i < op->resultCount(); ++i) site.results.push_back(op->result(i));
}

void Converter::whileLoop(Site& site) {
    site.requireOperands(1);
    Operation& op = emit(site, OpKind::kWhile, {}, 2);
    // HLO names the body first, StableHLO the condition.
    fillRegion(site, op.region(0), 1);
    fillRegion(site, op.region(1), 0);
}

void Converter::map(Site& site) {
    NamedAttributes attributes;
    const Type& type = site.operand(0)->type();
    if (!type.isTensor()) site.in.fail("its operands should be tensors");
    std::vector<int64_t> dims(static_cast<size_t>(type.tensor().rank()));
    for (size_t i = 0; i < dims.size(); ++i) dims[i] = static_cast<int64_t>(i);
    attributes.set("dimensions", Attribute::integers(std::move(dims)));
    fillRegion(site, emit(site, OpKind::kMap, std::move(attributes), 1).region(0), 0);
}

void Converter::customCall(Site& site) {
    constexpr int64_t kTypedFfi = 4;
    const Instruction& in = site.in;
    const std::string target = in.proto.text(InstructionField::kCustomCallTarget);
    if (!in.called.empty() && !callStandsForBody(target))
        in.failUnimplemented("a custom call of \"" + target + "\" that calls computations");
    NamedAttributes attributes;
    attributes.set("call_target_name", Attribute(target));
    if (in.proto.flag(InstructionField::kHasSideEffect)) attributes.set("has_side_effect", Attribute(true));
    const int64_t version = in.integer(InstructionField::kCustomCallApiVersion);
    if (version > 1) attributes.set("api_version", Attribute::integer(version, ElementType::kI32));
    const std::string config = in.proto.text(InstructionField::kBackendConfig);
    if (!config.empty()) {
        // Calls of the typed interface have a dictionary of attributes there, as text.
        attributes.set("backend_config",
                       version == kTypedFfi ? parseAttributeText(config) : Attribute(config));
    }
    Operation& op = emit(site, OpKind::kCustomCall, std::move(attributes), in.called.size());
    for (size_t i = 0; i < in.called.size(); ++i) fillRegion(site, op.region(i), i);
}

void Converter::bitcast(Site& site) {
    const Value* from = site.operand(0);
    const Shape& from_shape = site.operand_instructions[0]->shape;
    const Type& to = site.in.shape.type;
    if (!from->type().isTensor() || !to.isTensor() || from->tensor().element() != to.tensor().element() ||
        !from_shape.isRowMajor() || !site.in.shape.isRowMajor())
        site.in.failUnimplemented("a bitcast that changes more than the dimensions");
    emit(site, OpKind::kReshape);
}

}  // namespace optirs::plugin::hlo
