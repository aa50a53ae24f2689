// Types of VHLO, StableHLO's versioned form.
#include "pjrt_cpu/stablehlo/bytecode/entities.h"

namespace optirs::plugin::bytecode {
namespace {

enum TypeCode : uint8_t {
    kBooleanType,
    kComplexType,
    kFunctionType = 8,
    kRankedTensorType = 20,
    kRankedTensorTypeWithEncoding,
    kTokenType,
    kTupleType,
    kUniformQuantizedType,
    kUnrankedTensorType,
    kWitnessType,
    kUniformQuantizedPerAxisType = 30,
    kNoneType = 33,
    kTF32Type = 34,
    kRankedBufferType = 41,
    kFutureType,
};

/// The types that are one element, by code.
std::optional<ElementType> elementOfCode(uint64_t code) {
    using enum ElementType;
    switch (code) {
        case kBooleanType:
            return kI1;
        case 2:
            return kBF16;
        case 3:
            return kF16;
        case 4:
            return kF32;
        case 5:
            return kF64;
        case 6:
            return kF8E4M3FN;
        case 7:
            return kF8E5M2;
        case 9:
            return kIndex;
        case 10:
            return kI4;
        case 11:
            return kI8;
        case 12:
            return kI16;
        case 13:
            return kI32;
        case 14:
            return kI64;
        case 15:
            return kUi4;
        case 16:
            return kUi8;
        case 17:
            return kUi16;
        case 18:
            return kUi32;
        case 19:
            return kUi64;
        case 27:
            return kF8E4M3FNUZ;
        case 28:
            return kF8E5M2FNUZ;
        case 29:
            return kF8E4M3B11FNUZ;
        case 31:
            return kI2;
        case 32:
            return kUi2;
        case 35:
            return kF8E4M3;
        case 36:
            return kF8E3M4;
        case 37:
            return kF4E2M1FN;
        case 38:
            return kF6E2M3FN;
        case 39:
            return kF6E3M2FN;
        case 40:
            return kF8E8M0FNU;
        default:
            return std::nullopt;
    }
}

}  // namespace

DecodedType Entities::quantized(ByteReader& in, bool per_axis) {
    auto out = std::make_shared<QuantizedType>();
    const uint64_t flags = in.varint("the flags of a quantized type");
    ElementType storage = element(in).element();
    if ((flags & 1) == 0 && isSignedInteger(storage)) {
        // The storage type is signless in the program; the flag says how it is read.
        if (const auto found = elementTypeFromName("u" + std::string(elementTypeName(storage))))
            storage = *found;
    }
    constexpr int kWidest = 32;
    if (!isInteger(storage) || bitWidth(storage) > kWidest) {
        in.fail("quantized values are stored in integers of up to 32 bits, got " +
                std::string(elementTypeName(storage)));
    }
    out->storage = storage;
    out->expressed = element(in).element();
    if (!isFloat(out->expressed)) in.fail("quantized values express floats");
    if (per_axis) {
        const uint64_t axis = in.varint("the quantized dimension");
        if (axis > static_cast<uint64_t>(limits_.max_rank))
            in.fail("quantized dimension " + std::to_string(axis));
        out->axis = static_cast<int64_t>(axis);
        out->storage_min = in.signedVarint("the smallest stored value");
        out->storage_max = in.signedVarint("the largest stored value");
        const size_t scales = in.count("scales");
        for (size_t i = 0; i < scales; ++i) out->scales.push_back(in.float64("a scale"));
        out->zero_points = in.signedVarints("zero points");
    } else {
        out->scales = {in.float64("a scale")};
        out->zero_points = {in.signedVarint("a zero point")};
        out->storage_min = in.signedVarint("the smallest stored value");
        out->storage_max = in.signedVarint("the largest stored value");
    }
    if (out->scales.size() != out->zero_points.size()) in.fail("scales and zero points differ in number");
    for (const double scale : out->scales) {
        if (!(scale > 0)) in.fail("a scale is a positive number");
    }
    TensorType of(ElementType::kF32, {});
    of.setQuantized(std::move(out));
    std::string text = of.toString();  // tensor<!quant...>
    return {OpaqueType{text.substr(7, text.size() - 8)}, std::move(of)};
}

DecodedType Entities::vhloType(ByteReader& in) {
    const uint64_t code = in.varint("the code of a type");
    if (const auto of = elementOfCode(code)) return scalar(*of);
    switch (code) {
        case kComplexType: {
            const ElementType part = element(in).element();
            if (part == ElementType::kF32) return scalar(ElementType::kC64);
            if (part == ElementType::kF64) return scalar(ElementType::kC128);
            in.fail("complex numbers are of f32 or f64, got " + std::string(elementTypeName(part)));
        }
        case kFunctionType: {
            FunctionType out;
            out.inputs = typeList(in, "inputs of a function type");
            out.results = typeList(in, "results of a function type");
            return {std::move(out), {}};
        }
        case kRankedTensorType:
            return rankedTensor(in);
        case kRankedTensorTypeWithEncoding: {
            const Attribute encoding = attribute(in);
            return withEncoding(rankedTensor(in), encoding, in);
        }
        case kTokenType:
            return {TokenType{}, {}};
        case kTupleType:
            return {TupleType{typeList(in, "types of a tuple")}, {}};
        case kUniformQuantizedType:
            return quantized(in, false);
        case kUniformQuantizedPerAxisType:
            return quantized(in, true);
        case kUnrankedTensorType:
            in.fail("unranked tensors are not part of StableHLO");
        case kWitnessType:
            return {OpaqueType{"!shape.witness"}, {}};
        case kNoneType:
            return {OpaqueType{"none"}, {}};
        case kTF32Type:
            return {OpaqueType{"tf32"}, {}};
        case kRankedBufferType: {
            const std::vector<int64_t> dims = in.signedVarints("dimensions");
            const std::string of = type(in).type.toString();
            return {OpaqueType{"memref<" + shapeToString(dims) + (dims.empty() ? "" : "x") + of + ">"}, {}};
        }
        case kFutureType: {
            std::string of;
            for (const Type& each : typeList(in, "types of a future"))
                of += (of.empty() ? "" : ", ") + each.toString();
            return {OpaqueType{"!stablehlo.future<" + of + ">"}, {}};
        }
        default:
            unknownCode(code, "vhlo type", in);
    }
}

}  // namespace optirs::plugin::bytecode
