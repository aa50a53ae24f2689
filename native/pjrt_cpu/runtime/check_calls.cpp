#include "pjrt_cpu/runtime/check_calls.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>

#include "pjrt_cpu/ir/attribute.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/probe.h"

namespace optirs::plugin {
namespace {

/// How two numbers are compared.
struct Rule {
    enum class Kind : uint8_t { kEqual, kUlps, kTolerance };
    Kind kind = Kind::kEqual;
    double tolerance = 0;
    uint64_t min_ulps = 0;
    uint64_t max_ulps = 3;
};

/// The bits of a float as a number in the order of the values; -0 and 0 are one.
int64_t ordered(const std::byte* element, ElementType type) {
    uint64_t bits = 0;
    std::memcpy(&bits, element, static_cast<size_t>(byteWidth(type)));
    if (type == ElementType::kF8E8M0FNU) return static_cast<int64_t>(bits);  // has no sign
    const uint64_t sign = uint64_t{1} << (bitWidth(type) - 1);
    return (bits & sign) != 0 ? -static_cast<int64_t>(bits ^ sign) : static_cast<int64_t>(bits);
}

uint64_t ulpsApart(const std::byte* a, const std::byte* b, ElementType type) {
    const int64_t x = ordered(a, type);
    const int64_t y = ordered(b, type);
    return x > y ? static_cast<uint64_t>(x) - static_cast<uint64_t>(y)
                 : static_cast<uint64_t>(y) - static_cast<uint64_t>(x);
}

bool holdsReal(const std::byte* a, const std::byte* b, ElementType type, const Rule& rule) {
    if (!isFloat(type)) return std::memcmp(a, b, static_cast<size_t>(byteWidth(type))) == 0;
    const double x = loadReal(a, type);
    const double y = loadReal(b, type);
    if (rule.kind == Rule::Kind::kEqual) return x == y;
    if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
    if (rule.kind == Rule::Kind::kTolerance) return x == y || std::fabs(x - y) <= rule.tolerance;
    // An infinity is no neighbour of the largest number.
    if (std::isinf(x) || std::isinf(y)) return x == y && rule.min_ulps == 0;
    const uint64_t apart = ulpsApart(a, b, type);
    return apart >= rule.min_ulps && apart <= rule.max_ulps;
}

bool holds(const std::byte* a, const std::byte* b, ElementType type, const Rule& rule) {
    if (!isComplex(type)) return holdsReal(a, b, type, rule);
    const ElementType part = realType(type);
    const int64_t bytes = byteWidth(part);
    return holdsReal(a, b, part, rule) && holdsReal(a + bytes, b + bytes, part, rule);
}

std::string text(const std::byte* element, ElementType type) {
    if (isComplex(type)) {
        const ElementType part = realType(type);
        return "(" + text(element, part) + ", " + text(element + byteWidth(part), part) + ")";
    }
    if (isBoolean(type)) return *element != std::byte{0} ? "true" : "false";
    if (isFloat(type)) {
        const double value = loadReal(element, type);
        if (std::isnan(value)) return "NaN";
        if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
        return floatToString(value, type);
    }
    const int64_t value = loadInteger(element, type);
    return isUnsignedInteger(type) ? std::to_string(static_cast<uint64_t>(value)) : std::to_string(value);
}

std::string indexText(int64_t position, std::span<const int64_t> dims) {
    std::vector<int64_t> index(dims.size());
    for (size_t d = dims.size(); d-- > 0;) {
        index[d] = position % dims[d];
        position /= dims[d];
    }
    return listToString(index);
}

/// How far apart, where that is a number.
std::string distance(const std::byte* a, const std::byte* b, ElementType type) {
    if (!isFloat(type) || std::isnan(loadReal(a, type)) || std::isnan(loadReal(b, type))) return "";
    return " (" + std::to_string(ulpsApart(a, b, type)) + " ULP)";
}

/// An attribute of the call, or an entry of its backend_config.
const Attribute* find(const CustomCallArguments& call, std::string_view name) {
    if (const Attribute* own = call.attributes.find(name)) return own;
    const Attribute* config = call.attributes.find("backend_config");
    const auto* entries = config != nullptr ? config->get<NamedAttributes>() : nullptr;
    return entries != nullptr ? entries->find(name) : nullptr;
}

std::string where(const CustomCallArguments& call) {
    return std::string(call.target) + " at " + std::string(call.location);
}

Error malformed(const CustomCallArguments& call, const std::string& what) {
    return invalidArgument(where(call) + ": " + what);
}

std::optional<uint64_t> ulpAttribute(const CustomCallArguments& call, std::string_view name) {
    const Attribute* attribute = find(call, name);
    if (attribute == nullptr) return std::nullopt;
    const auto* number = attribute->get<IntegerAttribute>();
    if (number == nullptr || number->value < 0) {
        throw malformed(
            call, std::string(name) + " is " + attribute->toString() + ", expected an integer of 0 or more");
    }
    return static_cast<uint64_t>(number->value);
}

double toleranceAttribute(const CustomCallArguments& call, double otherwise) {
    const Attribute* attribute = find(call, "tolerance");
    if (attribute == nullptr) return otherwise;
    const auto* number = attribute->get<FloatAttribute>();
    if (number == nullptr || !(number->value >= 0)) {
        throw malformed(call, "tolerance is " + attribute->toString() + ", expected a number of 0 or more");
    }
    return number->value;
}

void requireOperands(const CustomCallArguments& call, size_t operands, size_t results) {
    if (call.operands.size() == operands && call.results.size() == results) return;
    throw malformed(call, "takes " + std::to_string(operands) + " operands and gives " +
                              std::to_string(results) + " results, not " +
                              std::to_string(call.operands.size()) + " and " +
                              std::to_string(call.results.size()));
}

void compare(const CustomCallArguments& call, const Rule& rule) {
    const CustomCallBuffer& got = call.operands[0];
    const CustomCallBuffer& expected = call.operands[1];
    if (*got.type != *expected.type) {
        throw malformed(call, "compares " + got.type->toString() + " with " + expected.type->toString() +
                                  "; convert one of them");
    }
    const ElementType type = got.type->element();
    const int64_t bytes = byteWidth(type);
    const int64_t count = got.type->elementCount();
    int64_t wrong = 0;
    int64_t first = 0;
    for (int64_t i = 0; i < count; ++i) {
        if (holds(got.data + i * bytes, expected.data + i * bytes, type, rule)) continue;
        if (wrong++ == 0) first = i;
    }
    if (wrong == 0) return;
    const std::byte* a = got.data + first * bytes;
    const std::byte* b = expected.data + first * bytes;
    throw Error(Code::kFailedPrecondition, where(call) + ": " + std::to_string(wrong) + " of " +
                                               std::to_string(count) + " elements differ; element " +
                                               indexText(first, got.type->dims()) + " is " + text(a, type) +
                                               ", expected " + text(b, type) + distance(a, b, type));
}

void expectEqual(const CustomCallArguments& call) {
    requireOperands(call, 2, 0);
    compare(call, {});
}

void expectClose(const CustomCallArguments& call) {
    requireOperands(call, 2, 0);
    Rule rule;
    rule.kind = Rule::Kind::kUlps;
    rule.min_ulps = ulpAttribute(call, "min_ulp_difference").value_or(0);
    rule.max_ulps = ulpAttribute(call, "max_ulp_difference").value_or(3);
    compare(call, rule);
}

void expectAlmostEqual(const CustomCallArguments& call, double tolerance) {
    requireOperands(call, 2, 0);
    Rule rule;
    rule.kind = Rule::Kind::kTolerance;
    rule.tolerance = toleranceAttribute(call, tolerance);
    compare(call, rule);
}

void equal(const CustomCallArguments& call) {
    requireOperands(call, 2, 1);
    if (call.results[0].type->element() != ElementType::kI1 || call.results[0].type->elementCount() != 1)
        throw malformed(call, "gives " + call.results[0].type->toString() + ", expected tensor<i1>");
    Rule rule;
    rule.kind = Rule::Kind::kTolerance;
    rule.tolerance = 1e-4;
    compare(call, rule);
    *call.results[0].data = std::byte{1};
}

const std::string& probeOf(const CustomCallArguments& call) {
    const Attribute* attribute = find(call, "probe_id");
    const auto* name = attribute != nullptr ? attribute->get<std::string>() : nullptr;
    if (name == nullptr) throw malformed(call, "has no string attribute probe_id");
    return *name;
}

std::span<const std::byte> bytesOf(const CustomCallBuffer& buffer) {
    return {buffer.data, static_cast<size_t>(buffer.type->byteCount())};
}

ProbeRecord& recordOf(const CustomCallArguments& call) {
    if (call.frame.context.probes == nullptr) throw internalError(where(call) + ": no record of probes");
    return *call.frame.context.probes;
}

void expectSerializedEqual(const CustomCallArguments& call) {
    requireOperands(call, 1, 0);
    const auto iteration = ulpAttribute(call, "iteration").value_or(0);
    if (iteration > std::numeric_limits<int64_t>::max()) throw malformed(call, "iteration is too large");
    ProbeRecord::Entry entry;
    try {
        entry = recordOf(call).find(probeOf(call), static_cast<int64_t>(iteration));
    } catch (const Error& error) {
        throw Error(error.code(), where(call) + ": " + error.message());
    }
    const CustomCallBuffer& got = call.operands[0];
    if (*got.type != entry.type)
        throw malformed(call, "compares " + got.type->toString() + " with " + entry.type.toString());
    const int64_t bytes = byteWidth(entry.type.element());
    for (int64_t i = 0; i < entry.type.elementCount(); ++i) {
        const std::byte* expected = entry.bytes.data() + i * bytes;
        if (std::memcmp(got.data + i * bytes, expected, static_cast<size_t>(bytes)) == 0) continue;
        throw Error(Code::kFailedPrecondition, where(call) + ": element " + indexText(i, entry.type.dims()) +
                                                   " is " + text(got.data + i * bytes, entry.type.element()) +
                                                   ", the probe saw " + text(expected, entry.type.element()));
    }
}

void probe(const CustomCallArguments& call) {
    requireOperands(call, 1, 1);
    const std::span<const std::byte> bytes = bytesOf(call.operands[0]);
    recordOf(call).add(probeOf(call), *call.operands[0].type, bytes);
    if (!bytes.empty()) std::memmove(call.results[0].data, bytes.data(), bytes.size());
}

// The compiler has found those that depend on shapes alone; this one depends on values.
void assertShape(const CustomCallArguments& call) {
    if (call.operands.empty() || call.operands[0].type->element() != ElementType::kI1 ||
        call.operands[0].type->elementCount() != 1)
        throw malformed(call, "takes a tensor<i1> first");
    if (*call.operands[0].data != std::byte{0}) return;
    const Attribute* attribute = find(call, "error_message");
    const auto* message = attribute != nullptr ? attribute->get<std::string>() : nullptr;
    throw malformed(call, message != nullptr ? *message : "does not hold");
}

void print(const CustomCallArguments& call) {
    requireOperands(call, 1, 0);
    // On standard error: the output of the program that loads the plugin is its own.
    const CustomCallBuffer& value = call.operands[0];
    const ElementType type = value.type->element();
    std::string line = value.type->toString() + " {";
    for (int64_t i = 0; i < value.type->elementCount(); ++i)
        line += (i > 0 ? ", " : " ") + text(value.data + i * byteWidth(type), type);
    std::fprintf(stderr, "%s }\n", line.c_str());
}

}  // namespace

void registerCheckCalls(CustomCallRegistry& registry) {
    registry.add("check.expect_eq", expectEqual);
    registry.add("check.expect_eq_const", expectEqual);
    registry.add("check.expect_close", expectClose);
    registry.add("check.expect_almost_eq", [](const auto& call) { expectAlmostEqual(call, 1e-3); });
    registry.add("check.expect_almost_eq_const", [](const auto& call) { expectAlmostEqual(call, 1e-4); });
    registry.add("check.eq", equal);
    registry.add("check.expect_serialized_eq", expectSerializedEqual);
    registry.add("interpreter.probe", probe);
    registry.add("interpreter.print", print);
    registry.add("shape_assertion", assertShape);
}

}  // namespace optirs::plugin
