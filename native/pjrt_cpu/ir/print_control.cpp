// Pretty forms with regions.
#include <algorithm>

#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/text_printer.h"

namespace optirs::plugin {
namespace {

bool everyRegionHasOneBlock(const Operation& op, size_t count) {
    if (op.regionCount() != count) return false;
    for (size_t i = 0; i < count; ++i) {
        if (op.region(i).size() != 1) return false;
    }
    return true;
}

/// The operation of `reduce(...) applies op`: the whole body is op(first argument, second argument).
const Operation* appliedAlone(const Operation& op) {
    const Block& block = op.region(0).front();
    if (op.resultCount() != 1 || block.argumentCount() != 2 || block.empty()) return nullptr;
    const Operation* applied = block.first();
    const Operation* end = applied->next();
    const TensorType* result = op.result()->type().tensorOrNull();
    if (result == nullptr || end == nullptr || end->next() != nullptr || end->kind() != OpKind::kReturn)
        return nullptr;
    const Type scalar = result->withDims({});
    const bool fits = isElementwise(applied->kind()) && applied->attributes().empty() &&
                      end->attributes().empty() && applied->operandCount() == 2 &&
                      applied->resultCount() == 1 && applied->operand(0) == block.argument(0) &&
                      applied->operand(1) == block.argument(1) && end->operandCount() == 1 &&
                      end->operand(0) == applied->result() && block.argument(0)->type() == scalar &&
                      block.argument(1)->type() == scalar && applied->result()->type() == scalar;
    return fits ? applied : nullptr;
}

std::optional<std::string> shardings(const Operation& op, std::string_view name, std::string_view prefix) {
    const Attribute* attribute = op.attribute(name);
    const auto* opaque = attribute != nullptr ? attribute->get<OpaqueAttribute>() : nullptr;
    if (opaque == nullptr || !opaque->text.starts_with(prefix) || !opaque->text.ends_with(">"))
        return std::nullopt;
    return opaque->text.substr(prefix.size(), opaque->text.size() - prefix.size() - 1);
}

}  // namespace

bool TextPrinter::printComposite(const Operation& op) {
    const Attribute* attribute = op.attribute("name");
    const auto* name = attribute != nullptr ? attribute->get<std::string>() : nullptr;
    if (name == nullptr) return false;
    out_ += "stablehlo.composite " + quoted(*name);
    if (op.operandCount() > 0) out_ += " " + operandList(op);
    if (op.regionCount() > 0) printRegions(op);
    out_ += dictionary(op, {"name"}) + " : " + functionType(op);
    return true;
}

bool TextPrinter::printReduce(const Operation& op) {
    const Attribute* attribute = op.attribute("dimensions");
    const auto* dims = attribute != nullptr ? attribute->get<ArrayListAttribute>() : nullptr;
    const size_t n = op.operandCount() / 2;
    if (dims == nullptr || dims->type != ElementType::kI64 || n == 0 || op.operandCount() % 2 != 0 ||
        !everyRegionHasOneBlock(op, 1) || op.region(0).front().argumentCount() != 2 * n)
        return false;
    out_ += "stablehlo.reduce";
    for (size_t i = 0; i < n; ++i)
        out_ += (i > 0 ? ", (" : "(") + nameOf(op.operand(i)) + " init: " + nameOf(op.operand(n + i)) + ")";
    const Operation* applied = appliedAlone(op);
    if (applied != nullptr) out_ += " applies " + std::string(applied->name());
    out_ += " across dimensions = " + listToString(dims->integers) + dictionary(op, {"dimensions"}) + " : " +
            functionType(op);
    if (applied != nullptr) return true;
    // Pairs of a value so far and an element; the block has all of the former first.
    const Block& block = op.region(0).front();
    out_ += "\n";
    indent();
    out_ += " reducer";
    for (size_t i = 0; i < n; ++i) {
        const auto argument = [&](size_t at) {
            return defineArgument(block.argument(at)) + ": " + block.argument(at)->type().toString();
        };
        const std::string first = argument(i);
        out_ += (i > 0 ? " (" : "(") + first + ", " + argument(n + i) + ")";
    }
    out_ += " ";
    printBody(block);
    return true;
}

bool TextPrinter::printWhile(const Operation& op) {
    if (!everyRegionHasOneBlock(op, 2)) return false;
    const std::vector<Type> types_of_results = op.resultTypes();
    const size_t n = op.operandCount();
    if (types_of_results.size() != n) return false;
    for (size_t i = 0; i < n; ++i) {
        if (op.operand(i)->type() != types_of_results[i]) return false;
    }
    for (size_t r = 0; r < 2; ++r) {
        const Block& block = op.region(r).front();
        if (block.argumentCount() != n) return false;
        for (size_t i = 0; i < n; ++i) {
            if (block.argument(i)->type() != types_of_results[i]) return false;
        }
    }
    out_ += "stablehlo.while(";
    for (size_t i = 0; i < n; ++i) {
        const std::string name = unique("%iterArg");
        for (size_t r = 0; r < 2; ++r) names_[op.region(r).front().argument(i)] = name;
        out_ += (i > 0 ? ", " : "") + name + " = " + nameOf(op.operand(i));
    }
    out_ += ")";
    if (n > 0) out_ += " : " + types(op, TypeRule::kPairwise);
    const std::string attributes = dictionary(op, {});
    if (!attributes.empty()) out_ += " attributes" + attributes;
    out_ += "\n";
    indent();
    out_ += "cond ";
    printBody(op.region(0).front());
    out_ += " do ";
    printBody(op.region(1).front());
    return true;
}

bool TextPrinter::printScan(const Operation& op) {
    const Attribute* segments_attribute = op.attribute("operandSegmentSizes");
    const auto* segments =
        segments_attribute != nullptr ? segments_attribute->get<ArrayListAttribute>() : nullptr;
    const Attribute* dimension_attribute = op.attribute("dimension");
    const auto* along =
        dimension_attribute != nullptr ? dimension_attribute->get<IntegerAttribute>() : nullptr;
    if (segments == nullptr || along == nullptr || along->type != ElementType::kI64 || along->value < 0 ||
        op.regionCount() != 1 || segments->integers.size() != 2)
        return false;
    const auto inputs = static_cast<size_t>(segments->integers[0]);
    if (segments->integers[0] < 0 || segments->integers[1] < 0 || inputs > op.operandCount() ||
        op.operandCount() - inputs != static_cast<size_t>(segments->integers[1]))
        return false;
    out_ += "chlo.scan(" + operandList(op, 0, inputs) + ") inits (" + operandList(op, inputs) +
            ") dimension=" + std::to_string(along->value);
    const std::string attributes = dictionary(op, {"operandSegmentSizes", "dimension"});
    if (!attributes.empty()) out_ += " attributes" + attributes;
    out_ += " ";
    printRegion(op.region(0));
    out_ += " : " + functionType(op);
    return true;
}

bool TextPrinter::printShardyRegion(const Operation& op) {
    if (!everyRegionHasOneBlock(op, 1)) return false;
    const bool manual = op.kind() == OpKind::kSdyManualComputation;
    std::string head(op.name());
    if (!manual) {
        const Attribute* attribute = op.attribute("name");
        const auto* name = attribute != nullptr ? attribute->get<std::string>() : nullptr;
        if (name == nullptr) return false;
        head += "<" + quoted(*name) + ">";
    }
    head += "(" + operandList(op) + ")";
    for (const char* name : {"in_shardings", "out_shardings"}) {
        if (!manual && op.attribute(name) == nullptr) continue;
        const auto text = shardings(op, name, "#sdy.sharding_per_value<");
        if (!text) return false;
        head += " " + std::string(name) + "=" + *text;
    }
    if (manual) {
        const auto axes = shardings(op, "manual_axes", "#sdy<manual_axes");
        if (!axes) return false;
        head += " manual_axes=" + *axes;
    }
    out_ += head + " (";
    const Block& block = op.region(0).front();
    for (size_t i = 0; i < block.argumentCount(); ++i)
        out_ += (i > 0 ? ", " : "") + defineArgument(block.argument(i)) + ": " +
                block.argument(i)->type().toString();
    out_ += ") ";
    printBody(block);
    out_ += dictionary(op, manual ? Names{"in_shardings", "out_shardings", "manual_axes"}
                                  : Names{"in_shardings", "out_shardings", "name"}) +
            " : " + functionType(op);
    return true;
}

}  // namespace optirs::plugin
