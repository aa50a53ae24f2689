// Operations that compute, but for the plain element-wise ones.
#include <cstring>

#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/stablehlo/hlo/converter.h"
#include "pjrt_cpu/stablehlo/hlo/fields.h"

namespace optirs::plugin::hlo {
namespace {

/// The name that an enumeration of the message has for its number.
std::string nameOf(const Instruction& in, uint32_t field, std::initializer_list<const char*> names) {
    const int64_t number = in.integer(field);
    if (number < 0 || static_cast<size_t>(number) >= names.size())
        in.fail("field " + std::to_string(field) + " is " + std::to_string(number));
    return names.begin()[number];
}

void addPrecision(const Instruction& in, NamedAttributes& attributes) {
    Attribute::List list;
    const ProtoMessage config = in.proto.message(InstructionField::kPrecisionConfig, "PrecisionConfig");
    for (const int64_t each : config.integers(1)) {
        if (each < 0 || each > 2) in.failUnimplemented("operand precision " + std::to_string(each));
        list.push_back(EnumAttribute{"precision", each == 0 ? "DEFAULT" : each == 1 ? "HIGH" : "HIGHEST"});
    }
    if (config.integer(2) != 0) in.failUnimplemented("dot algorithm " + std::to_string(config.integer(2)));
    if (list.size() == 2) attributes.set("precision_config", std::move(list));
}

struct Windows {
    std::vector<int64_t> sizes, strides, base_dilations, window_dilations, reversals;
    std::vector<int64_t> padding;  // low, high, low, high, ...
};

Windows readWindow(const Instruction& in) {
    Windows out;
    for (const ProtoMessage& each : in.proto.message(InstructionField::kWindow, "Window")
                                        .messages(WindowField::kDimensions, "WindowDimension")) {
        out.sizes.push_back(each.integer(WindowDimensionField::kSize));
        out.strides.push_back(each.integer(WindowDimensionField::kStride));
        out.padding.push_back(each.integer(WindowDimensionField::kPaddingLow));
        out.padding.push_back(each.integer(WindowDimensionField::kPaddingHigh));
        out.window_dilations.push_back(each.integer(WindowDimensionField::kWindowDilation));
        out.base_dilations.push_back(each.integer(WindowDimensionField::kBaseDilation));
        out.reversals.push_back(each.integer(WindowDimensionField::kReversal) != 0 ? 1 : 0);
    }
    return out;
}

Literal paddingOf(const Windows& windows) {
    TensorType type(ElementType::kI64, {static_cast<int64_t>(windows.padding.size() / 2), 2});
    if (windows.padding.empty()) return Literal::splatInteger(type, 0);
    std::vector<std::byte> bytes(windows.padding.size() * sizeof(int64_t));
    std::memcpy(bytes.data(), windows.padding.data(), bytes.size());
    return {std::move(type), std::move(bytes)};
}

NamedAttributes windowAttributes(const Windows& windows) {
    NamedAttributes attributes;
    attributes.set("window_dimensions", Attribute::integers(windows.sizes));
    attributes.set("window_strides", Attribute::integers(windows.strides));
    attributes.set("padding", paddingOf(windows));
    return attributes;
}

}  // namespace

void Converter::compare(Site& site) {
    NamedAttributes attributes;
    const std::string direction = site.in.proto.text(InstructionField::kComparisonDirection);
    attributes.set("comparison_direction", EnumAttribute{"comparison_direction", direction});
    const std::string type = site.in.proto.text(InstructionField::kComparisonType);
    if (!type.empty()) attributes.set("compare_type", EnumAttribute{"comparison_type", type});
    emit(site, OpKind::kCompare, std::move(attributes));
}

void Converter::dot(Site& site) {
    const Instruction& in = site.in;
    if (in.proto.has(InstructionField::kSparsity)) in.failUnimplemented("a sparse dot product");
    site.requireOperands(2);
    const ProtoMessage dims = in.proto.message(InstructionField::kDotDimensions, "DotDimensionNumbers");
    DotDimensions out;
    out.lhs_batch = dims.integers(DotField::kLhsBatch);
    out.rhs_batch = dims.integers(DotField::kRhsBatch);
    out.lhs_contracting = dims.integers(DotField::kLhsContracting);
    out.rhs_contracting = dims.integers(DotField::kRhsContracting);
    NamedAttributes attributes;
    attributes.set("dot_dimension_numbers", std::move(out));
    addPrecision(in, attributes);
    emit(site, OpKind::kDotGeneral, std::move(attributes));
}

void Converter::convolution(Site& site) {
    const Instruction& in = site.in;
    const ProtoMessage dims =
        in.proto.message(InstructionField::kConvolutionDimensions, "ConvolutionDimensionNumbers");
    ConvolutionDimensions out;
    out.input_batch = dims.integer(ConvolutionField::kInputBatch);
    out.input_feature = dims.integer(ConvolutionField::kInputFeature);
    out.input_spatial = dims.integers(ConvolutionField::kInputSpatial);
    out.kernel_input_feature = dims.integer(ConvolutionField::kKernelInputFeature);
    out.kernel_output_feature = dims.integer(ConvolutionField::kKernelOutputFeature);
    out.kernel_spatial = dims.integers(ConvolutionField::kKernelSpatial);
    out.output_batch = dims.integer(ConvolutionField::kOutputBatch);
    out.output_feature = dims.integer(ConvolutionField::kOutputFeature);
    out.output_spatial = dims.integers(ConvolutionField::kOutputSpatial);
    if (!wellFormed(out)) in.fail("its dimension numbers are none of a convolution");
    const Windows windows = readWindow(in);
    NamedAttributes attributes;
    attributes.set("dimension_numbers", std::move(out));
    attributes.set("window_strides", Attribute::integers(windows.strides));
    attributes.set("padding", paddingOf(windows));
    attributes.set("lhs_dilation", Attribute::integers(windows.base_dilations));
    attributes.set("rhs_dilation", Attribute::integers(windows.window_dilations));
    attributes.set("window_reversal", ArrayListAttribute{ElementType::kI1, windows.reversals, {}});
    // Not written, both are 1.
    const int64_t features = in.integer(InstructionField::kFeatureGroupCount);
    const int64_t batches = in.integer(InstructionField::kBatchGroupCount);
    attributes.set("feature_group_count", Attribute::integer(features == 0 ? 1 : features));
    attributes.set("batch_group_count", Attribute::integer(batches == 0 ? 1 : batches));
    addPrecision(in, attributes);
    emit(site, OpKind::kConvolution, std::move(attributes));
}

void Converter::reduce(Site& site) {
    NamedAttributes attributes;
    attributes.set("dimensions", Attribute::integers(site.in.integers(InstructionField::kDimensions)));
    fillRegion(site, emit(site, OpKind::kReduce, std::move(attributes), 1).region(0), 0);
}

void Converter::reduceWindow(Site& site) {
    const Windows windows = readWindow(site.in);
    NamedAttributes attributes = windowAttributes(windows);
    attributes.set("base_dilations", Attribute::integers(windows.base_dilations));
    attributes.set("window_dilations", Attribute::integers(windows.window_dilations));
    fillRegion(site, emit(site, OpKind::kReduceWindow, std::move(attributes), 1).region(0), 0);
}

void Converter::selectAndScatter(Site& site) {
    Operation& op = emit(site, OpKind::kSelectAndScatter, windowAttributes(readWindow(site.in)), 2);
    fillRegion(site, op.region(0), 0);
    fillRegion(site, op.region(1), 1);
}

void Converter::reducePrecision(Site& site) {
    NamedAttributes attributes;
    const auto bits = [&](uint32_t field) {
        return Attribute::integer(site.in.integer(field), ElementType::kI32);
    };
    attributes.set("exponent_bits", bits(InstructionField::kExponentBits));
    attributes.set("mantissa_bits", bits(InstructionField::kMantissaBits));
    emit(site, OpKind::kReducePrecision, std::move(attributes));
}

void Converter::fft(Site& site) {
    NamedAttributes attributes;
    attributes.set("fft_type", EnumAttribute{"fft_type", nameOf(site.in, InstructionField::kFftType,
                                                                {"FFT", "IFFT", "RFFT", "IRFFT"})});
    attributes.set("fft_length", Attribute::integers(site.in.integers(InstructionField::kFftLength)));
    emit(site, OpKind::kFft, std::move(attributes));
}

void Converter::cholesky(Site& site) {
    const ProtoMessage options = site.in.proto.message(InstructionField::kCholeskyOptions, "CholeskyOptions");
    NamedAttributes attributes;
    attributes.set("lower", Attribute(options.flag(1)));
    emit(site, OpKind::kCholesky, std::move(attributes));
}

void Converter::triangularSolve(Site& site) {
    const ProtoMessage options =
        site.in.proto.message(InstructionField::kTriangularSolveOptions, "TriangularSolveOptions");
    static constexpr const char* kTransposes[] = {nullptr, "NO_TRANSPOSE", "TRANSPOSE", "ADJOINT"};
    const int64_t transpose = options.integer(4);
    if (transpose < 1 || transpose > 3) site.in.fail("transpose_a is " + std::to_string(transpose));
    NamedAttributes attributes;
    attributes.set("left_side", Attribute(options.flag(1)));
    attributes.set("lower", Attribute(options.flag(2)));
    attributes.set("unit_diagonal", Attribute(options.flag(3)));
    attributes.set("transpose_a", EnumAttribute{"transpose", kTransposes[transpose]});
    emit(site, OpKind::kTriangularSolve, std::move(attributes));
}

void Converter::batchNorm(Site& site) {
    NamedAttributes attributes;
    attributes.set("epsilon",
                   FloatAttribute{site.in.proto.float32(InstructionField::kEpsilon), ElementType::kF32});
    attributes.set("feature_index", Attribute::integer(site.in.integer(InstructionField::kFeatureIndex)));
    emit(site,
         site.in.opcode == "batch-norm-grad"        ? OpKind::kBatchNormGrad
         : site.in.opcode == "batch-norm-inference" ? OpKind::kBatchNormInference
                                                    : OpKind::kBatchNormTraining,
         std::move(attributes));
}

void Converter::rng(Site& site) {
    const std::string distribution =
        nameOf(site.in, InstructionField::kDistribution, {"", "UNIFORM", "NORMAL"});
    if (distribution.empty()) site.in.fail("it has no distribution");
    site.requireOperands(2);
    if (!site.in.shape.type.isTensor() || site.in.shape.is_tuple) site.in.fail("it should give a tensor");
    const TensorType& type = site.in.shape.type.tensor();
    // StableHLO has the shape as an operand.
    std::vector<std::byte> dims(type.dims().size_bytes());
    if (!dims.empty()) std::memcpy(dims.data(), type.dims().data(), dims.size());
    TensorType shape(ElementType::kI64, {type.rank()});
    Value* sizes = site.builder.constant(dims.empty() ? Literal::splatInteger(shape, 0)
                                                      : Literal(shape, std::move(dims)));
    site.operands.push_back({sizes});
    NamedAttributes attributes;
    attributes.set("rng_distribution", EnumAttribute{"rng_distribution", distribution});
    emit(site, OpKind::kRng, std::move(attributes));
}

void Converter::rngBitGenerator(Site& site) {
    NamedAttributes attributes;
    attributes.set("rng_algorithm",
                   EnumAttribute{"rng_algorithm", nameOf(site.in, InstructionField::kRngAlgorithm,
                                                         {"DEFAULT", "THREE_FRY", "PHILOX"})});
    emit(site, OpKind::kRngBitGenerator, std::move(attributes));
}

}  // namespace optirs::plugin::hlo
