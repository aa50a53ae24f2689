// Attributes of the StableHLO and CHLO dialects in bytecode that is not VHLO.
#include "pjrt_cpu/stablehlo/bytecode/entities.h"

namespace optirs::plugin::bytecode {
namespace {

enum AttributeCode : uint8_t {
    kChannelHandle = 1,
    kComparisonDirection,
    kComparisonType,
    kConvDimensionNumbers,
    kDotDimensionNumbers,
    kFftType,
    kGatherDimensionNumbers,
    kPrecision,
    kRngAlgorithm,
    kRngDistribution,
    kScatterDimensionNumbers,
    kTranspose,
    kTypeExtensions,
    kOutputOperandAlias,
    kDotAlgorithm,
    kResultAccuracyMode,
    kResultAccuracy,
};

}  // namespace

Attribute Entities::stablehloAttribute(ByteReader& in) {
    const uint64_t code = in.varint("the code of an attribute");
    switch (code) {
        case kChannelHandle: {
            ChannelHandle out;
            out.handle = in.signedVarint("a channel handle");
            out.type = in.signedVarint("a channel type");
            return out;
        }
        case kComparisonDirection:
            return enumeration("comparison_direction", in);
        case kComparisonType:
            return enumeration("comparison_type", in);
        case kConvDimensionNumbers: {
            ConvolutionDimensions out;
            const char* what = "dimensions of a convolution";
            out.input_batch = in.signedVarint(what);
            out.input_feature = in.signedVarint(what);
            out.input_spatial = in.signedVarints(what);
            out.kernel_input_feature = in.signedVarint(what);
            out.kernel_output_feature = in.signedVarint(what);
            out.kernel_spatial = in.signedVarints(what);
            out.output_batch = in.signedVarint(what);
            out.output_feature = in.signedVarint(what);
            out.output_spatial = in.signedVarints(what);
            if (!wellFormed(out))
                in.fail("the dimension numbers of a convolution are not 0, 1, 2, ... each once");
            return out;
        }
        case kDotDimensionNumbers: {
            DotDimensions out;
            for (auto* dims : {&out.lhs_batch, &out.rhs_batch, &out.lhs_contracting, &out.rhs_contracting}) {
                *dims = in.signedVarints("dimensions of a dot");
            }
            return out;
        }
        case kFftType:
            return enumeration("fft_type", in);
        case kGatherDimensionNumbers: {
            GatherDimensions out;
            const char* what = "dimensions of a gather";
            out.offset_dims = in.signedVarints(what);
            out.collapsed_slice_dims = in.signedVarints(what);
            out.operand_batching_dims = in.signedVarints(what);
            out.start_indices_batching_dims = in.signedVarints(what);
            out.start_index_map = in.signedVarints(what);
            out.index_vector_dim = in.signedVarint(what);
            return out;
        }
        case kPrecision:
            return enumeration("precision", in);
        case kRngAlgorithm:
            return enumeration("rng_algorithm", in);
        case kRngDistribution:
            return enumeration("rng_distribution", in);
        case kScatterDimensionNumbers: {
            ScatterDimensions out;
            const char* what = "dimensions of a scatter";
            out.update_window_dims = in.signedVarints(what);
            out.inserted_window_dims = in.signedVarints(what);
            out.input_batching_dims = in.signedVarints(what);
            out.scatter_indices_batching_dims = in.signedVarints(what);
            out.scatter_dims_to_operand_dims = in.signedVarints(what);
            out.index_vector_dim = in.signedVarint(what);
            return out;
        }
        case kTranspose:
            return enumeration("transpose", in);
        case kTypeExtensions:
            return Attribute::integers(in.signedVarints("bounds"));
        case kOutputOperandAlias: {
            OutputOperandAlias out;
            out.output_tuple_indices = in.signedVarints("output tuple indices");
            out.operand_index = in.signedVarint("an operand index");
            out.operand_tuple_indices = in.signedVarints("operand tuple indices");
            return out;
        }
        case kDotAlgorithm: {
            DotAlgorithm out;
            out.lhs_precision = type(in).type.toString();
            out.rhs_precision = type(in).type.toString();
            out.accumulation = type(in).type.toString();
            out.lhs_components = in.signedVarint("a component count");
            out.rhs_components = in.signedVarint("a component count");
            out.primitive_operations = in.signedVarint("a number of operations");
            out.allow_imprecise_accumulation = in.signedVarint("whether accumulation is imprecise") != 0;
            return out;
        }
        case kResultAccuracyMode:
            return enumeration("result_accuracy_mode", in);
        case kResultAccuracy:
            return resultAccuracy(in);
        default:
            unknownCode(code, "stablehlo attribute", in);
    }
}

Attribute Entities::resultAccuracy(ByteReader& in) {
    ResultAccuracy out;
    out.atol = in.float64("atol");
    out.rtol = in.float64("rtol");
    out.ulps = in.signedVarint("ulps");
    out.mode = attributeOf<EnumAttribute>(in, "an accuracy mode").value;
    return out;
}

Attribute Entities::chloAttribute(ByteReader& in) {
    const uint64_t code = in.varint("the code of an attribute");
    constexpr uint64_t kDirection = 0;
    constexpr uint64_t kType = 1;
    constexpr uint64_t kChloPrecision = 2;
    if (code == kDirection) return enumeration("comparison_direction", in);
    if (code == kType) return enumeration("comparison_type", in);
    if (code == kChloPrecision) return enumeration("precision", in);
    unknownCode(code, "chlo attribute", in);
}

}  // namespace optirs::plugin::bytecode
