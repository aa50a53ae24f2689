// Attributes of VHLO, StableHLO's versioned form. They are decoded to what StableHLO means by them.
#include <array>

#include "pjrt_cpu/stablehlo/bytecode/entities.h"

namespace optirs::plugin::bytecode {
namespace {

enum AttributeCode : uint8_t {
    kArray = 1,
    kBoolean,
    kComparisonDirection,
    kComparisonType,
    kCustomCallApiVersion,
    kDictionary,
    kFftType,
    kFloat,
    kInteger,
    kOutputOperandAlias,
    kPrecision,
    kRngAlgorithm,
    kRngDistribution,
    kString,
    kTensor,
    kTranspose,
    kType,
    kTypeExtensions,
    kResultAccuracyMode,
    kResultAccuracy,
    kSubAxisInfo,
    kAxisRef,
    kReplicaGroupMeshAxes,
    kMeshAxis,
    kMesh,
};

std::string_view enumerator(std::string_view kind, uint64_t value) {
    using Names = std::vector<std::string_view>;
    static const std::vector<std::pair<std::string_view, Names>> names = {
        {"comparison_direction", {"EQ", "NE", "GE", "GT", "LE", "LT"}},
        {"comparison_type", {"NOTYPE", "FLOAT", "TOTALORDER", "SIGNED", "UNSIGNED"}},
        {"fft_type", {"FFT", "IFFT", "RFFT", "IRFFT"}},
        {"precision", {"DEFAULT", "HIGH", "HIGHEST"}},
        {"result_accuracy_mode", {"DEFAULT", "HIGHEST", "TOLERANCE"}},
        {"rng_algorithm", {"DEFAULT", "THREE_FRY", "PHILOX"}},
        {"rng_distribution", {"", "UNIFORM", "NORMAL"}},
        {"transpose", {"TRANSPOSE_INVALID", "NO_TRANSPOSE", "TRANSPOSE", "ADJOINT"}},
    };
    for (const auto& [name, values] : names) {
        if (name == kind) return value < values.size() ? values[value] : std::string_view();
    }
    return {};
}

}  // namespace

// VHLO, StableHLO and CHLO number their enumerations alike.
Attribute Entities::enumeration(const char* kind, ByteReader& in) {
    const uint64_t value = in.varint(kind);
    const std::string_view name = enumerator(kind, value);
    if (name.empty()) in.fail("enumeration " + std::string(kind) + " has no case " + std::to_string(value));
    return EnumAttribute{kind, std::string(name)};
}

Attribute Entities::vhloAttribute(ByteReader& in) {
    const uint64_t code = in.varint("the code of an attribute");
    switch (code) {
        case kArray:
            return attributeList(in, "attributes");
        case kBoolean:
            return in.varint("a boolean") != 0;
        case kComparisonDirection:
            return enumeration("comparison_direction", in);
        case kComparisonType:
            return enumeration("comparison_type", in);
        case kCustomCallApiVersion: {
            constexpr uint64_t kLastApiVersion = 4;
            const uint64_t version = in.varint("an API version");
            if (version > kLastApiVersion)
                in.fail("custom calls have no API version " + std::to_string(version));
            return IntegerAttribute{static_cast<int64_t>(version), ElementType::kI32};
        }
        case kDictionary:
            return dictionary(in, "named attributes");
        case kFftType:
            return enumeration("fft_type", in);
        case kFloat:
            return floatAttribute(in);
        case kInteger:
            return integerAttribute(in);
        case kOutputOperandAlias: {
            OutputOperandAlias out;
            out.output_tuple_indices = in.signedVarints("output tuple indices");
            out.operand_index = in.signedVarint("an operand index");
            out.operand_tuple_indices = in.signedVarints("operand tuple indices");
            return out;
        }
        case kPrecision:
            return enumeration("precision", in);
        case kRngAlgorithm:
            return enumeration("rng_algorithm", in);
        case kRngDistribution:
            return enumeration("rng_distribution", in);
        case kString:
            return std::string(container_.string(in, "a string"));
        case kTensor: {
            const Type of = type(in).type;
            const TensorType* tensor_type = of.tensorOrNull();
            if (tensor_type == nullptr) in.fail("a constant has a tensor type, got " + of.toString());
            return literal(*tensor_type, in.blob("a constant"), in);
        }
        case kTranspose:
            return enumeration("transpose", in);
        case kType:
            return type(in).type;
        case kTypeExtensions:
            return Attribute::integers(in.signedVarints("bounds"));
        case kResultAccuracyMode:
            return enumeration("result_accuracy_mode", in);
        case kResultAccuracy:
            return resultAccuracy(in);
        case kSubAxisInfo: {
            const int64_t pre = in.signedVarint("a pre-size");
            return OpaqueAttribute{"(" + std::to_string(pre) + ")" +
                                   std::to_string(in.signedVarint("a size"))};
        }
        case kAxisRef: {
            std::string out = "#stablehlo.axis_ref<name = " + quoted(text(in, "the name of an axis"));
            if (in.varint("whether there is a part of the axis") != 0) {
                out += ", sub_axis_info = " + attributeOf<OpaqueAttribute>(in, "a part of an axis").text;
            }
            return OpaqueAttribute{out + ">"};
        }
        case kMeshAxis: {
            const std::string name = quoted(text(in, "the name of an axis"));
            return OpaqueAttribute{"#stablehlo.mesh_axis<name = " + name + ", size = " +
                                   std::to_string(in.signedVarint("the size of an axis")) + ">"};
        }
        case kMesh: {
            std::string out = "#stablehlo.mesh<axes = " + attribute(in).toString();
            if (const auto ids = optionalAttribute(in)) out += ", device_ids = " + ids->toString();
            return OpaqueAttribute{out + ">"};
        }
        case kReplicaGroupMeshAxes: {
            const Attribute mesh = attribute(in);
            const auto* name = mesh.get<std::string>();
            std::string out = "#stablehlo.replica_group_mesh_axes<mesh = ";
            out += name != nullptr ? symbolToString(*name) : mesh.toString();
            return OpaqueAttribute{out + ", axes = " + attribute(in).toString() + ">"};
        }
        default:
            unknownCode(code, "vhlo attribute", in);
    }
}

}  // namespace optirs::plugin::bytecode
