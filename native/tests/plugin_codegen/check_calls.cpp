#include "tests/plugin_codegen/check_calls.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <mutex>

#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/ir/float_format.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/runtime/custom_call.h"

namespace optirs::plugin::testing {
namespace {

enum class Rule : uint8_t { kEqual, kClose, kAlmost };

/// Floats as integers in the order of their values.
int64_t ordered(const std::byte* element, ElementType type) {
    uint64_t bits = 0;
    std::memcpy(&bits, element, static_cast<size_t>(byteWidth(type)));
    const int width = bitWidth(type);
    const uint64_t sign = uint64_t{1} << (width - 1);
    return bits & sign ? -static_cast<int64_t>(bits ^ sign) : static_cast<int64_t>(bits);
}

bool sameReal(const std::byte* a, const std::byte* b, ElementType type, Rule rule, double bound) {
    if (!isFloat(type)) return std::memcmp(a, b, static_cast<size_t>(byteWidth(type))) == 0;
    const double x = loadReal(a, type);
    const double y = loadReal(b, type);
    switch (rule) {
        case Rule::kEqual:
            return x == y;
        case Rule::kAlmost:
            return x == y || std::fabs(x - y) <= bound || (std::isnan(x) && std::isnan(y));
        case Rule::kClose:
            if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
            return x == y || std::fabs(static_cast<double>(ordered(a, type)) -
                                       static_cast<double>(ordered(b, type))) <= bound;
    }
    return false;
}

bool same(const std::byte* a, const std::byte* b, ElementType type, Rule rule, double bound) {
    if (!isComplex(type)) return sameReal(a, b, type, rule, bound);
    const ElementType part = realType(type);
    const int64_t bytes = byteWidth(part);
    return sameReal(a, b, part, rule, bound) && sameReal(a + bytes, b + bytes, part, rule, bound);
}

std::string text(const std::byte* element, ElementType type) {
    if (isComplex(type)) {
        const ElementType part = realType(type);
        return "(" + text(element, part) + ", " + text(element + byteWidth(part), part) + ")";
    }
    if (isFloat(type)) return floatToString(loadReal(element, type), type);
    return std::to_string(loadInteger(element, type));
}

void compare(const CustomCallArguments& call, Rule rule, double bound) {
    const CustomCallBuffer& got = call.operands[0];
    const CustomCallBuffer& want = call.operands[1];
    if (!call.backend_config.empty()) bound = std::stod(std::string(call.backend_config));
    const ElementType type = got.type->element();
    const int64_t bytes = byteWidth(type);
    int64_t wrong = 0;
    std::string first;
    for (int64_t i = 0; i < got.type->elementCount(); ++i) {
        const std::byte* a = got.data + i * bytes;
        const std::byte* b = want.data + i * bytes;
        if (same(a, b, type, rule, bound)) continue;
        if (wrong++ == 0)
            first = "element " + std::to_string(i) + " is " + text(a, type) + ", expected " + text(b, type);
    }
    if (wrong > 0) throw Error(Code::kDataLoss, std::to_string(wrong) + " wrong: " + first);
}

}  // namespace

void registerChecks() {
    static std::once_flag once;
    std::call_once(once, [] {
        auto& registry = CustomCallRegistry::instance();
        registry.add("check.expect_eq", [](const CustomCallArguments& c) { compare(c, Rule::kEqual, 0); });
        registry.add("check.expect_close", [](const CustomCallArguments& c) { compare(c, Rule::kClose, 3); });
        registry.add("check.expect_almost_eq",
                     [](const CustomCallArguments& c) { compare(c, Rule::kAlmost, 1e-3); });
    });
}

void lowerChecks(Module& module) {
    const auto visit = [](Operation& op) {
        const char* target = nullptr;
        std::string bound;
        switch (op.kind()) {
            case OpKind::kCheckExpectEq:
            case OpKind::kCheckExpectEqConst:
                target = "check.expect_eq";
                break;
            case OpKind::kCheckExpectClose:
                target = "check.expect_close";
                break;
            case OpKind::kCheckExpectAlmostEq:
                target = "check.expect_almost_eq";
                break;
            case OpKind::kCheckExpectAlmostEqConst:
                target = "check.expect_almost_eq";
                bound = "1e-4";
                break;
            default:
                return;
        }
        if (const Attribute* tolerance = op.attribute("tolerance")) {
            if (const auto* value = tolerance->get<FloatAttribute>()) bound = std::to_string(value->value);
        }
        if (const Attribute* limit = op.attribute("max_ulp_difference")) {
            if (const auto* value = limit->get<IntegerAttribute>()) bound = std::to_string(value->value);
        }
        Builder builder(op);
        std::vector<Value*> operands = op.operands();
        if (operands.size() == 1) operands.push_back(builder.constant(literalAttribute(op, "value")));
        NamedAttributes attributes;
        attributes.set("call_target_name", Attribute(std::string(target)));
        attributes.set("has_side_effect", Attribute(true));
        attributes.set("backend_config", Attribute(bound));
        builder.create(OpKind::kCustomCall, operands, {}, attributes);
        op.erase();
    };
    for (const auto& function : module.functions()) walk(function->body(), visit);
}

}  // namespace optirs::plugin::testing
