#include "pjrt_cpu/stablehlo/verify_attributes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace optirs::plugin {
namespace {

/// Lists of devices are written out: more than this is a mistake.
constexpr int64_t kMaxListed = int64_t{1} << 20;

void requireWord(const Rule& rule, const Attribute& attribute, std::string_view name,
                 std::initializer_list<std::string_view> words) {
    const auto* value = attribute.get<EnumAttribute>();
    rule.require(value != nullptr,
                 std::string(name) + " should be an enumeration, got " + attribute.toString());
    rule.require(std::ranges::find(words, value->value) != words.end(),
                 std::string(name) + " has no case " + value->value);
}

bool isDefault(const Attribute& precision) {
    const auto* value = precision.get<EnumAttribute>();
    return value != nullptr && value->value == "DEFAULT";
}

void checkPrecision(const Rule& rule) {
    const Attribute* algorithm = rule.op().attribute("algorithm");
    const auto* parts = algorithm != nullptr ? algorithm->get<DotAlgorithm>() : nullptr;
    if (parts != nullptr) {
        rule.require(
            parts->lhs_components >= 1 && parts->rhs_components >= 1 && parts->primitive_operations >= 1,
            "the algorithm's component counts and primitive operations should be positive, got " +
                algorithm->toString());
    }
    const Attribute* attribute = rule.op().attribute("precision_config");
    const auto* list = attribute != nullptr ? attribute->get<Attribute::List>() : nullptr;
    if (list == nullptr) return;
    rule.require(list->empty() || list->size() == 2,
                 "precision_config should have no or 2 values, got " + std::to_string(list->size()));
    for (const Attribute& each : *list) requireWord(rule, each, "precision", {"DEFAULT", "HIGH", "HIGHEST"});
    rule.require(parts == nullptr || std::ranges::all_of(*list, isDefault),
                 "the algorithm says what precision_config should then leave at DEFAULT");
}

void checkAccuracy(const Rule& rule) {
    const Attribute* attribute = rule.op().attribute("result_accuracy");
    const auto* accuracy = attribute != nullptr ? attribute->get<ResultAccuracy>() : nullptr;
    if (accuracy == nullptr) return;
    const bool known =
        accuracy->mode == "DEFAULT" || accuracy->mode == "HIGHEST" || accuracy->mode == "TOLERANCE";
    rule.require(
        known, "the mode of result_accuracy should be DEFAULT, HIGHEST or TOLERANCE, got " + accuracy->mode);
    rule.require(accuracy->atol >= 0 && accuracy->rtol >= 0 && accuracy->ulps >= 0,
                 "tolerances of result_accuracy should not be negative, got " + attribute->toString());
}

void checkGroups(const Rule& rule) {
    const Attribute* attribute = rule.op().attribute("replica_groups");
    const Literal* groups = attribute != nullptr ? attribute->get<Literal>() : nullptr;
    if (groups == nullptr) return;
    rule.require(groups->type().rank() == 2 && isInteger(groups->type().element()),
                 "replica_groups should be tensor<GxNxi64>, got " + groups->type().toString());
    rule.require(groups->elementCount() <= kMaxListed, "replica_groups names too many devices");
    std::set<int64_t> seen;
    for (const int64_t device : groups->integers()) {
        if (device == -1) continue;  // the end of a shorter group
        rule.require(device >= 0, "replica_groups names device " + std::to_string(device));
        rule.require(seen.insert(device).second,
                     "replica_groups names device " + std::to_string(device) + " twice");
    }
    if (boolAttribute(rule.op(), "use_global_device_ids")) {
        rule.require(channelHandle(rule.op()).handle > 0,
                     "use_global_device_ids needs a channel_handle with a positive handle");
    }
}

void checkPairs(const Rule& rule) {
    const OpKind kind = rule.op().kind();
    if (kind != OpKind::kCollectivePermute) return;
    const Literal& literal = literalAttribute(rule.op(), "source_target_pairs");
    rule.require(literal.elementCount() <= kMaxListed, "source_target_pairs names too many devices");
    std::set<int64_t> sources;
    std::set<int64_t> targets;
    for (const auto& [source, target] : sourceTargetPairs(rule.op())) {
        rule.require(source >= 0 && target >= 0, "source_target_pairs should not be negative, got (" +
                                                     std::to_string(source) + ", " + std::to_string(target) +
                                                     ")");
        rule.require(sources.insert(source).second,
                     "device " + std::to_string(source) + " is a source twice");
        rule.require(targets.insert(target).second,
                     "device " + std::to_string(target) + " is a target twice");
    }
}

/// The type of the channel says which way a message goes: from device to device (1), to the host (2), from
/// the host (3).
void checkChannel(const Rule& rule) {
    const OpKind kind = rule.op().kind();
    if (kind != OpKind::kSend && kind != OpKind::kRecv) return;
    const bool with_host = boolAttribute(rule.op(), "is_host_transfer");
    const int64_t wanted = !with_host ? 1 : kind == OpKind::kSend ? 2 : 3;
    const int64_t type = channelHandle(rule.op()).type;
    rule.require(type == wanted, "the channel's type should be " + std::to_string(wanted) +
                                     (with_host ? " for a transfer with the host" : " between devices") +
                                     ", got " + std::to_string(type));
}

/// Operations whose last operand, and last result, is a token.
void checkTokens(const Rule& rule) {
    using enum OpKind;
    const Operation& op = rule.op();
    const auto require = [&](const Value* value, const std::string& what) {
        rule.require(value->type().isToken(), what + " should be a token, got " + value->type().toString());
    };
    switch (op.kind()) {
        case kAfterAll:
            for (size_t i = 0; i < op.operandCount(); ++i)
                require(op.operand(i), "operand " + std::to_string(i));
            break;
        case kInfeed:
        case kOutfeed:
        case kSend:
        case kRecv:
            rule.require(op.operandCount() > 0 && op.resultCount() > 0, "a token is needed, and is given");
            require(op.operand(op.operandCount() - 1), "the last operand");
            require(op.result(op.resultCount() - 1), "the last result");
            break;
        default:
            break;
    }
}

}  // namespace

void checkAttributes(const Rule& rule) {
    checkTokens(rule);
    checkChannel(rule);
    checkPairs(rule);
    if (rule.op().attributes().empty()) return;
    checkPrecision(rule);
    checkAccuracy(rule);
    checkGroups(rule);
    const Attribute* compare_type = rule.op().attribute("compare_type");
    if (compare_type != nullptr)
        requireWord(rule, *compare_type, "compare_type", {"FLOAT", "TOTALORDER", "SIGNED", "UNSIGNED"});
}

std::optional<std::string> quantizationError(const Type& type) {
    const TensorType* tensor = type.tensorOrNull();
    const QuantizedType* q = tensor != nullptr ? tensor->quantized() : nullptr;
    if (q == nullptr) return std::nullopt;
    const auto error = [&](const std::string& what) { return type.toString() + ": " + what; };
    const int width = bitWidth(q->storage);
    const bool is_signed = isSignedInteger(q->storage);
    // Wider storage has every number there is.
    const int64_t least = !is_signed ? 0 : width >= 64 ? INT64_MIN : -(int64_t{1} << (width - 1));
    const int64_t most = width >= 63 ? INT64_MAX : (int64_t{1} << (is_signed ? width - 1 : width)) - 1;
    if (q->storage_min > q->storage_max || q->storage_min < least || q->storage_max > most)
        return error("the range " + std::to_string(q->storage_min) + " to " + std::to_string(q->storage_max) +
                     " is not one of " + std::string(elementTypeName(q->storage)));
    for (const double scale : q->scales) {
        if (!(scale > 0) || !std::isfinite(scale)) return error("a scale should be positive and finite");
    }
    for (const int64_t zero : q->zero_points) {
        if (zero < q->storage_min || zero > q->storage_max)
            return error("zero point " + std::to_string(zero) + " is outside of the stored range");
    }
    if (q->axis < 0) return std::nullopt;
    if (q->axis >= tensor->rank()) return error("there is no axis " + std::to_string(q->axis));
    const int64_t size = tensor->dim(q->axis);
    if (size != kDynamic && size != static_cast<int64_t>(q->scales.size()))
        return error(std::to_string(q->scales.size()) + " scales for a dimension of size " +
                     std::to_string(size));
    return std::nullopt;
}

bool isPromotable(const TensorType& from, const TensorType& to) {
    if (from.quantized() != nullptr || to.quantized() != nullptr) return true;
    const auto kind = [](ElementType type) {
        return isInteger(type) ? ElementClass::kSigned : elementClass(type);
    };
    return kind(from.element()) == kind(to.element()) && bitWidth(from.element()) <= bitWidth(to.element());
}

}  // namespace optirs::plugin
