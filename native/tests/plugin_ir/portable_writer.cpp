#include "portable_writer.h"

#include <bit>
#include <map>
#include <stdexcept>
#include <string_view>
#include <unordered_map>

#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/stablehlo/canonical_attributes.h"

namespace optirs::plugin::testing {
namespace {

enum Mask : uint8_t { kAttributes = 1, kResults = 2, kOperands = 4, kRegions = 16, kProperties = 64 };

uint64_t elementNumber(BytecodeWriter& out, ElementType element) {
    static const std::map<std::string_view, uint8_t> codes = {
        {"i1", 0},   {"f32", 4},  {"f64", 5},   {"index", 9}, {"i8", 11},
        {"i32", 13}, {"i64", 14}, {"ui32", 18}, {"ui64", 19},
    };
    if (isComplex(element)) return out.type("vhlo", Bytes({1, elementNumber(out, ElementType::kF32)}));
    return out.type("vhlo", Bytes({codes.at(elementTypeName(element))}));
}

void appendSizes(Bytes& out, std::span<const int64_t> sizes) {
    out.varint(sizes.size());
    for (const int64_t size : sizes) out.signedVarint(size);
}

uint64_t quantizedNumber(BytecodeWriter& out, const QuantizedType& of) {
    Bytes content({24, isSignedInteger(of.storage) ? 1U : 0U, elementNumber(out, of.storage),
                   elementNumber(out, of.expressed)});
    content.signedVarint(std::bit_cast<int64_t>(of.scales[0])).signedVarint(of.zero_points[0]);
    return out.type("vhlo", content.signedVarint(of.storage_min).signedVarint(of.storage_max));
}

uint64_t typeNumber(BytecodeWriter& out, const Type& of);

uint64_t typeList(BytecodeWriter& out, uint8_t code, std::span<const Type> of) {
    Bytes content({code, of.size()});
    for (const Type& each : of) content.varint(typeNumber(out, each));
    return out.type("vhlo", content);
}

uint64_t typeNumber(BytecodeWriter& out, const Type& of) {
    constexpr uint8_t kTuple = 23;
    constexpr uint8_t kFuture = 42;
    if (of.isToken()) return out.type("vhlo", Bytes({22}));
    if (const TupleType* tuple = of.tupleOrNull()) return typeList(out, kTuple, tuple->elements);
    if (of.opaqueOrNull() != nullptr) {
        const Type promised = TensorType(ElementType::kF32, {2});
        if (of.toString() != "!stablehlo.future<" + promised.toString() + ">")
            throw std::invalid_argument("no encoding for " + of.toString());
        return typeList(out, kFuture, {&promised, 1});
    }
    const TensorType& tensor = of.tensor();
    const uint64_t element = tensor.quantized() != nullptr ? quantizedNumber(out, *tensor.quantized())
                                                           : elementNumber(out, tensor.element());
    Bytes content({20});
    if (!tensor.bounds().empty()) {
        Bytes bounds({18});
        appendSizes(bounds, tensor.bounds());
        content = Bytes({21, out.attribute("vhlo", bounds)});
    }
    appendSizes(content, tensor.dims());
    return out.type("vhlo", content.varint(element));
}

uint64_t literalNumber(BytecodeWriter& out, const Literal& value) {
    const auto bytes = value.bytes();
    Bytes content({15, typeNumber(out, value.type()), bytes.size()});
    return out.attribute("vhlo", content.raw({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

Property tensorOf(std::vector<int64_t> dims, std::vector<int64_t> values) {
    return [dims = std::move(dims), values = std::move(values)](BytecodeWriter& out) {
        const TensorType of(ElementType::kI64, dims);
        Bytes content({15, typeNumber(out, of), values.size() * sizeof(int64_t)});
        return out.attribute("vhlo", content.raw({reinterpret_cast<const char*>(values.data()),
                                                  values.size() * sizeof(int64_t)}));
    };
}

std::vector<std::string> propertyNames(const std::string& operation) {
    static const std::map<std::string_view, std::string_view> lists = {
#define X(name, properties) {name, properties},
#include "pjrt_cpu/stablehlo/bytecode/vhlo_ops.def"
#undef X
    };
    std::vector<std::string> out;
    std::string_view rest = lists.at(operation);
    while (!rest.empty()) {
        const size_t end = std::min(rest.find(' '), rest.size());
        out.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
}

class Program {
 public:
    Program(const VersionedOperation& written, int format)
        : written_(written), format_(format), out_(format) {}

    std::string write(const Module& module) {
        unknown_ = out_.attribute("builtin", Bytes({15}));
        Bytes region({1, 0, module.functions().size() << 1});
        for (const auto& function : module.functions()) region.append(writeFunction(*function));
        Bytes operation({out_.op("builtin", "module")});
        operation.byte(static_cast<uint8_t>(kRegions | (hasProperties() ? kProperties : 0))).varint(unknown_);
        if (hasProperties()) operation.varint(out_.properties(Bytes({0, 0})));
        appendIsolated(operation, region);
        return out_.finish(Bytes({1 << 1}).append(operation));
    }

 private:
    bool hasProperties() const { return format_ >= 5; }

    uint64_t vhloOperation(const std::string& name) { return out_.op("vhlo", name); }

    void appendIsolated(Bytes& operation, const Bytes& region) const {
        constexpr uint8_t kIrSection = 4;
        operation.varint(1 << 1 | 1);
        format_ >= 2 ? operation.section(kIrSection, region) : operation.append(region);
    }

    /// Of an operation without attributes of its own: its mask, location and properties.
    void appendProperties(Bytes& operation, uint8_t mask, const std::string& name,
                          const std::vector<Property>& properties) {
        if (properties.empty()) {
            operation.byte(mask).varint(unknown_);
            return;
        }
        std::vector<uint64_t> numbers;
        for (const Property& property : properties) numbers.push_back(property(out_));
        operation.byte(static_cast<uint8_t>(mask | (hasProperties() ? kProperties : kAttributes)))
            .varint(unknown_);
        if (hasProperties()) {
            Bytes content;
            for (const uint64_t number : numbers) content.varint(number);
            operation.varint(out_.properties(content));
            return;
        }
        const std::vector<std::string> names = propertyNames(name);
        Bytes content({1, numbers.size()});
        for (size_t i = 0; i < numbers.size(); ++i) {
            content.varint(out_.attribute("builtin", Bytes({2, out_.string(names.at(i))})))
                .varint(numbers[i]);
        }
        operation.varint(out_.attribute("builtin", content));
    }

    Bytes writeFunction(const Function& function) {
        const Property type_of = [&](BytecodeWriter& out) {
            Bytes content({8});
            for (const auto* part : {&function.type().inputs, &function.type().results}) {
                content.varint(part->size());
                for (const Type& each : *part) content.varint(typeNumber(out, each));
            }
            return out.attribute("vhlo", Bytes({17, out.type("vhlo", content)}));
        };
        Bytes operation({vhloOperation("func_v1")});
        appendProperties(operation, kRegions, "func_v1",
                         {list({}), type_of, list({}), text(function.name()), text(function.visibility())});
        next_value_ = 0;
        appendIsolated(operation, writeRegion(function.region()));
        return operation;
    }

    /// Values are numbered region by region: all of a block, then those of the regions inside.
    Bytes writeRegion(const Region& region) {
        if (region.empty()) return Bytes({0});
        const Block& block = region.front();
        const uint64_t first = next_value_;
        for (const auto& argument : block.arguments()) values_[argument.get()] = next_value_++;
        for (const Operation& op : block) {
            for (const Value& result : op.results()) values_[&result] = next_value_++;
        }
        Bytes out({1, next_value_ - first});
        const bool has_arguments = block.argumentCount() != 0;
        out.varint(block.operationCount() << 1 | (has_arguments ? 1 : 0));
        if (has_arguments) {
            out.varint(block.argumentCount());
            for (const auto& argument : block.arguments()) {
                const uint64_t type_number = typeNumber(out_, argument->type());
                format_ >= 4 ? out.varint(type_number << 1) : out.varint(type_number).varint(unknown_);
            }
            if (format_ >= 3) out.byte(0);
        }
        const uint64_t inside = next_value_;
        for (const Operation& op : block) {
            next_value_ = inside;
            out.append(writeOperation(op));
        }
        return out;
    }

    Bytes writeOperation(const Operation& op) {
        const std::string name(op.kind() == OpKind::kCall || op.kind() == OpKind::kReturn
                                   ? (op.kind() == OpKind::kCall ? "call" : "return")
                                   : op.name().substr(std::string_view("stablehlo.").size()));
        VersionedOperation as{name + "_v1", {}};
        if (written_.name.substr(0, written_.name.rfind("_v")) == name) {
            as = written_;
        } else if (op.kind() == OpKind::kConstant) {
            as.properties = {[&](BytecodeWriter& out) { return literalNumber(out, constantValue(op)); }};
        }
        Bytes out({vhloOperation(as.name)});
        const auto mask = static_cast<uint8_t>((op.resultCount() != 0 ? kResults : 0) |
                                               (op.operandCount() != 0 ? kOperands : 0) |
                                               (op.regionCount() != 0 ? kRegions : 0));
        appendProperties(out, mask, as.name, as.properties);
        if (op.resultCount() != 0) {
            out.varint(op.resultCount());
            for (const Value& result : op.results()) out.varint(typeNumber(out_, result.type()));
        }
        if (op.operandCount() != 0) {
            out.varint(op.operandCount());
            for (const Value* operand : op.operands()) out.varint(values_.at(operand));
        }
        if (op.regionCount() != 0) {
            out.varint(op.regionCount() << 1);
            const uint64_t inside = next_value_;
            for (size_t i = 0; i < op.regionCount(); ++i) {
                next_value_ = inside;
                out.append(writeRegion(op.region(i)));
            }
        }
        return out;
    }

    const VersionedOperation& written_;
    const int format_;
    BytecodeWriter out_;
    uint64_t unknown_ = 0;
    uint64_t next_value_ = 0;
    std::unordered_map<const Value*, uint64_t> values_;
};

/// Code, type's code and number.
Property number(uint8_t code, uint8_t type_code, int64_t value) {
    return [=](BytecodeWriter& out) {
        return out.attribute("vhlo", Bytes({code, out.type("vhlo", Bytes({type_code}))}).signedVarint(value));
    };
}

}  // namespace

Property integer(int64_t value) { return number(9, 14, value); }
Property integer32(int32_t value) { return number(9, 13, value); }
Property floating(float value) { return number(8, 4, std::bit_cast<int32_t>(value)); }
Property boolean(bool value) { return enumeration(2, value ? 1 : 0); }
Property enumeration(uint8_t code, uint64_t value) {
    return [=](BytecodeWriter& out) { return out.attribute("vhlo", Bytes({code, value})); };
}
Property text(std::string value) {
    return [value = std::move(value)](BytecodeWriter& out) {
        return out.attribute("vhlo", Bytes({14, out.string(value)}));
    };
}
Property integers(std::vector<int64_t> values) {
    const auto size = static_cast<int64_t>(values.size());
    return tensorOf({size}, std::move(values));
}
Property rows(std::vector<std::vector<int64_t>> values) {
    std::vector<int64_t> all;
    for (const auto& row : values) all.insert(all.end(), row.begin(), row.end());
    const size_t columns = values.empty() ? 2 : values[0].size();
    return tensorOf({static_cast<int64_t>(values.size()), static_cast<int64_t>(columns)}, std::move(all));
}
Property list(std::vector<Property> items) {
    return [items = std::move(items)](BytecodeWriter& out) {
        Bytes content({1, items.size()});
        for (const Property& item : items) content.varint(item(out));
        return out.attribute("vhlo", content);
    };
}
Property dictionary(std::vector<std::pair<std::string, Property>> items) {
    return [items = std::move(items)](BytecodeWriter& out) {
        Bytes content({6, items.size()});
        for (const auto& [name, value] : items) content.varint(text(name)(out)).varint(value(out));
        return out.attribute("vhlo", content);
    };
}
Property type(uint8_t code) {
    return [=](BytecodeWriter& out) {
        return out.attribute("vhlo", Bytes({17, out.type("vhlo", Bytes({code}))}));
    };
}
Property defaultAccuracy() {
    return [](BytecodeWriter& out) {
        Bytes content({20});
        content.signedVarint(0).signedVarint(0).signedVarint(0);
        return out.attribute("vhlo", content.varint(out.attribute("vhlo", Bytes({19, 0}))));
    };
}

void dropDefaults(Module& module) {
    for (const auto& function : module.functions()) {
        if (function->isDeclaration()) continue;
        walk(function->body(), [](Operation& op) { withoutDefaults(op); });
    }
}

std::string writePortable(const Module& module, const VersionedOperation& written, int format) {
    return Program(written, format).write(module);
}

}  // namespace optirs::plugin::testing
