// Types of MLIR itself in bytecode.
#include "pjrt_cpu/stablehlo/bytecode/entities.h"

namespace optirs::plugin::bytecode {
namespace {

enum TypeCode : uint8_t {
    kIntegerType,
    kIndexType,
    kFunctionType,
    kBF16Type,
    kF16Type,
    kF32Type,
    kF64Type,
    kF80Type,
    kF128Type,
    kComplexType,
    kMemRefType,
    kMemRefTypeWithMemSpace,
    kNoneType,
    kRankedTensorType,
    kRankedTensorTypeWithEncoding,
    kTupleType,
    kUnrankedMemRefType,
    kUnrankedMemRefTypeWithMemSpace,
    kUnrankedTensorType,
    kVectorType,
    kVectorTypeWithScalableDims,
};

constexpr size_t kMaxShown = 512;

}  // namespace

DecodedType Entities::builtinType(ByteReader& in) {
    const uint64_t code = in.varint("the code of a type");
    switch (code) {
        case kIntegerType: {
            const uint64_t value = in.varint("an integer type");
            constexpr uint64_t kUnsignedCode = 2;
            const uint64_t width = value >> 2;
            const std::string digits = std::to_string(width);
            const bool is_unsigned = (value & 3) == kUnsignedCode;
            const auto found = elementTypeFromName((is_unsigned ? "ui" : "i") + digits);
            if (found) return scalar(*found);
            return {OpaqueType{(is_unsigned ? "ui" : "i") + digits}, {}};
        }
        case kIndexType:
            return scalar(ElementType::kIndex);
        case kFunctionType: {
            FunctionType out;
            out.inputs = typeList(in, "inputs of a function type");
            out.results = typeList(in, "results of a function type");
            return {std::move(out), {}};
        }
        case kBF16Type:
            return scalar(ElementType::kBF16);
        case kF16Type:
            return scalar(ElementType::kF16);
        case kF32Type:
            return scalar(ElementType::kF32);
        case kF64Type:
            return scalar(ElementType::kF64);
        case kF80Type:
            return {OpaqueType{"f80"}, {}};
        case kF128Type:
            return {OpaqueType{"f128"}, {}};
        case kComplexType: {
            const ElementType part = element(in).element();
            if (part == ElementType::kF32) return scalar(ElementType::kC64);
            if (part == ElementType::kF64) return scalar(ElementType::kC128);
            in.fail("complex numbers are of f32 or f64, got " + std::string(elementTypeName(part)));
        }
        case kNoneType:
            return {OpaqueType{"none"}, {}};
        case kRankedTensorType:
            return rankedTensor(in);
        case kRankedTensorTypeWithEncoding: {
            const Attribute encoding = attribute(in);
            return withEncoding(rankedTensor(in), encoding, in);
        }
        case kTupleType:
            return {TupleType{typeList(in, "types of a tuple")}, {}};
        case kMemRefType: {
            const std::vector<int64_t> dims = in.signedVarints("dimensions");
            const std::string of = type(in).type.toString();
            attribute(in);
            return {OpaqueType{"memref<" + shapeToString(dims) + (dims.empty() ? "" : "x") + of + ">"}, {}};
        }
        case kUnrankedTensorType:
            in.fail("unranked tensors are not part of StableHLO");
        case kVectorType: {
            const std::vector<int64_t> dims = in.signedVarints("dimensions");
            return {OpaqueType{"vector<" + shapeToString(dims) + "x" + type(in).type.toString() + ">"}, {}};
        }
        default:
            unknownCode(code, "builtin type", in);
    }
}

DecodedType Entities::rankedTensor(ByteReader& in) {
    std::vector<int64_t> dims = in.signedVarints("dimensions");
    return tensor(element(in), std::move(dims), in);
}

DecodedType Entities::withEncoding(DecodedType decoded, const Attribute& encoding,
                                   const ByteReader& in) const {
    TensorType out = decoded.type.tensor();
    // Bounds arrive as a list of sizes; other encodings do not change what the program computes.
    const auto* bounds = encoding.get<ArrayListAttribute>();
    if (bounds == nullptr) {
        const auto* opaque = encoding.get<OpaqueAttribute>();
        if (opaque != nullptr && opaque->text.starts_with("#sparse_tensor")) {
            throw unimplemented("bytecode, byte " + std::to_string(in.position()) + ": sparse tensors (" +
                                opaque->text.substr(0, kMaxShown) + ") are not supported: make them dense");
        }
        return decoded;
    }
    if (bounds->integers.size() != static_cast<size_t>(out.rank())) {
        in.fail(std::to_string(bounds->integers.size()) + " bounds for " + std::to_string(out.rank()) +
                " dimensions");
    }
    for (int64_t i = 0; i < out.rank(); ++i) {
        const int64_t bound = bounds->integers[static_cast<size_t>(i)];
        if (bound != kDynamic && (bound < 0 || out.dim(i) != kDynamic)) {
            in.fail("dimension " + std::to_string(i) + " cannot have bound " + std::to_string(bound));
        }
    }
    out.setBounds(bounds->integers);
    if (!out.sizeFits()) in.fail("the size of " + out.toString() + " does not fit 64 bits");
    return {std::move(out), {}};
}

}  // namespace optirs::plugin::bytecode
