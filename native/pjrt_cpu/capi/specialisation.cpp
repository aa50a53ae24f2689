#include "pjrt_cpu/capi/specialisation.h"

#include <utility>
#include <vector>

#include "pjrt_cpu/capi/executable.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {
namespace {

constexpr size_t kMaxEntries = 64;
// A list of sizes is short; larger arguments are data.
constexpr int64_t kMaxShapeElements = 64;

using Values = std::vector<std::pair<size_t, Literal>>;

/// The integer arguments that may be sizes.
Values shapeValues(std::span<const TensorType> types, const Specialisations::ReadArgument& read) {
    Values values;
    for (size_t i = 0; i < types.size(); ++i) {
        const TensorType& type = types[i];
        if (!isInteger(type.element()) || type.rank() > 1 || type.elementCount() > kMaxShapeElements)
            continue;
        const std::byte* data = read(i);
        values.emplace_back(i, Literal(type, {data, data + type.byteCount()}));
    }
    return values;
}

std::string keyOf(std::span<const TensorType> types, const Values& values) {
    std::string key;
    for (const TensorType& type : types) key += type.toString() + ";";
    for (const auto& [index, literal] : values) key += std::to_string(index) + literal.toString() + ";";
    return key;
}

}  // namespace

std::shared_ptr<const CompiledProgram> Specialisations::find(const CompiledProgram& generic,
                                                             std::span<const TensorType> types,
                                                             const ReadArgument& read) {
    const std::lock_guard lock(mutex_);
    Values values;
    if (depends_on_values_) values = shapeValues(types, read);
    std::string key = keyOf(types, values);
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
        if (entry->key != key) continue;
        entries_.splice(entries_.begin(), entries_, entry);
        return entry->compiled;
    }
    const auto module = parseModule(generic.source);
    verify(*module);
    specialiseArguments(*module, types);
    if (!depends_on_values_ && !shapesAreKnown(*module)) {
        depends_on_values_ = true;
        values = shapeValues(types, read);
        key = keyOf(types, values);
    }
    if (!values.empty()) bindArguments(*module, values);
    auto compiled =
        std::make_shared<const CompiledProgram>(ProgramImage{print(*module), generic.options_bytes, {}, {}});
    entries_.push_front({std::move(key), compiled});
    if (entries_.size() > kMaxEntries) entries_.pop_back();
    return compiled;
}

}  // namespace optirs::plugin
