// dot, dot_general, convolution, fft, cholesky, triangular_solve, batch normalisation.
#include <algorithm>

#include "pjrt_cpu/stablehlo/shape_rules.h"

namespace optirs::plugin {
namespace {

bool contains(std::span<const int64_t> values, int64_t value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

TensorType withResultElement(const Rule& rule, const TensorType& from, std::vector<int64_t> dims) {
    // Contractions may accumulate in, and give, another type than their operands'.
    return from.withDims(std::move(dims)).withElement(rule.result().element());
}

std::vector<Type> inferDot(const Rule& rule) {
    const TensorType& lhs = rule.operand(0);
    const TensorType& rhs = rule.operand(1);
    rule.require(lhs.rank() >= 1 && lhs.rank() <= 2 && rhs.rank() >= 1 && rhs.rank() <= 2,
                 "operands should have rank 1 or 2, got " + lhs.toString() + " and " + rhs.toString());
    rule.requireSameSize(lhs.dim(lhs.rank() - 1), rhs.dim(0), "contracted dimensions");
    std::vector<int64_t> dims;
    if (lhs.rank() == 2) dims.push_back(lhs.dim(0));
    if (rhs.rank() == 2) dims.push_back(rhs.dim(1));
    return {rule.typed(withResultElement(rule, lhs, std::move(dims)))};
}

std::vector<Type> inferDotGeneral(const Rule& rule) {
    const TensorType& lhs = rule.operand(0);
    const TensorType& rhs = rule.operand(1);
    const DotDimensions& d = dotDimensions(rule.op());
    rule.requireCount(d.rhs_batch, static_cast<int64_t>(d.lhs_batch.size()), "rhs_batching_dimensions");
    rule.requireCount(d.rhs_contracting, static_cast<int64_t>(d.lhs_contracting.size()),
                      "rhs_contracting_dimensions");
    std::vector<int64_t> dims;
    const auto side = [&](const TensorType& type, const std::vector<int64_t>& batch,
                          const std::vector<int64_t>& contracting, const char* name,
                          std::vector<int64_t>& free) {
        std::vector<int64_t> used = batch;
        used.insert(used.end(), contracting.begin(), contracting.end());
        rule.requireDimensions(used, type.rank(), name);
        for (int64_t i = 0; i < type.rank(); ++i) {
            if (!contains(used, i)) free.push_back(type.dim(i));
        }
    };
    std::vector<int64_t> lhs_free;
    std::vector<int64_t> rhs_free;
    side(lhs, d.lhs_batch, d.lhs_contracting, "lhs dimension", lhs_free);
    side(rhs, d.rhs_batch, d.rhs_contracting, "rhs dimension", rhs_free);
    for (size_t i = 0; i < d.lhs_batch.size(); ++i) {
        rule.requireSameSize(lhs.dim(d.lhs_batch[i]), rhs.dim(d.rhs_batch[i]), "batching dimensions");
        dims.push_back(mergeSize(lhs.dim(d.lhs_batch[i]), rhs.dim(d.rhs_batch[i])));
    }
    for (size_t i = 0; i < d.lhs_contracting.size(); ++i) {
        rule.requireSameSize(lhs.dim(d.lhs_contracting[i]), rhs.dim(d.rhs_contracting[i]),
                             "contracting dimensions");
    }
    dims.insert(dims.end(), lhs_free.begin(), lhs_free.end());
    dims.insert(dims.end(), rhs_free.begin(), rhs_free.end());
    return {rule.typed(withResultElement(rule, lhs, std::move(dims)))};
}

std::vector<Type> inferConvolution(const Rule& rule) {
    const Operation& op = rule.op();
    const TensorType& lhs = rule.operand(0);
    const TensorType& rhs = rule.operand(1);
    const ConvolutionDimensions& d = convolutionDimensions(op);
    rule.require(
        lhs.rank() == rhs.rank() && lhs.rank() >= 2,
        "operands should have one rank of at least 2, got " + lhs.toString() + " and " + rhs.toString());
    rule.requireSameElement(lhs, rhs, "operands");
    const auto part = [&](int64_t first, int64_t second, const std::vector<int64_t>& spatial,
                          const char* name) {
        std::vector<int64_t> all = spatial;
        all.push_back(first);
        all.push_back(second);
        rule.requireCount(all, lhs.rank(), name);
        rule.requireDimensions(all, lhs.rank(), name);
    };
    part(d.input_batch, d.input_feature, d.input_spatial, "input dimension");
    part(d.kernel_input_feature, d.kernel_output_feature, d.kernel_spatial, "kernel dimension");
    part(d.output_batch, d.output_feature, d.output_spatial, "output dimension");
    const int64_t feature_groups = featureGroupCount(op);
    const int64_t batch_groups = batchGroupCount(op);
    rule.require(feature_groups >= 1 && batch_groups >= 1 && (feature_groups == 1 || batch_groups == 1),
                 "feature_group_count " + std::to_string(feature_groups) + " and batch_group_count " +
                     std::to_string(batch_groups) + " should be positive, and one of them 1");
    const int64_t batch = lhs.dim(d.input_batch);
    const int64_t features = lhs.dim(d.input_feature);
    const int64_t kernel_in = rhs.dim(d.kernel_input_feature);
    const int64_t kernel_out = rhs.dim(d.kernel_output_feature);
    if (features != kDynamic) {
        rule.require(features % feature_groups == 0, std::to_string(features) +
                                                         " input features do not divide into " +
                                                         std::to_string(feature_groups) + " groups");
        rule.requireSameSize(features / feature_groups, kernel_in,
                             "input features of a group and of the kernel");
    }
    if (batch != kDynamic)
        rule.require(batch % batch_groups == 0, "a batch of " + std::to_string(batch) +
                                                    " does not divide into " + std::to_string(batch_groups) +
                                                    " groups");
    if (kernel_out != kDynamic) {
        rule.require(kernel_out % feature_groups == 0 && kernel_out % batch_groups == 0,
                     std::to_string(kernel_out) + " output features do not divide into the groups");
    }
    const std::vector<WindowDimension> windows = window(op);
    if (op.kind() == OpKind::kDynamicConv) {
        const TensorType& padding = rule.operand(2);
        const int64_t wanted[] = {static_cast<int64_t>(windows.size()), 2};
        rule.require(isInteger(padding.element()) && compatibleShapes(padding.dims(), wanted),
                     "the padding should be integers of shape " + listToString(wanted) + ", got " +
                         padding.toString());
    }
    std::vector<int64_t> dims(static_cast<size_t>(lhs.rank()));
    dims[static_cast<size_t>(d.output_batch)] = batch == kDynamic ? kDynamic : batch / batch_groups;
    dims[static_cast<size_t>(d.output_feature)] = kernel_out;
    for (size_t i = 0; i < windows.size(); ++i) {
        const WindowDimension& w = windows[i];
        rule.require(w.stride >= 1 && w.base_dilation >= 1 && w.window_dilation >= 1,
                     "strides and dilations should be positive");
        // dynamic_conv has its padding in an operand.
        const bool unknown = op.kind() == OpKind::kDynamicConv;
        dims[static_cast<size_t>(d.output_spatial[i])] =
            unknown ? kDynamic : windowedSize(lhs.dim(d.input_spatial[i]), w);
    }
    return {rule.typed(withResultElement(rule, lhs, std::move(dims)))};
}

std::vector<Type> inferFft(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    const auto length = integersAttribute(rule.op(), "fft_length");
    const FftType type = fftType(rule.op());
    const auto count = static_cast<int64_t>(length.size());
    rule.require(count >= 1 && count <= 3,
                 "fft_length " + listToString(length) + " should have 1 to 3 values");
    rule.require(count <= from.rank(), "fft_length " + listToString(length) + " has more values than " +
                                           from.toString() + " dimensions");
    for (const int64_t each : length)
        rule.require(each >= 0, "fft_length " + listToString(length) + " should not be negative");
    const bool real_in = type == FftType::kRfft;
    rule.require(real_in ? from.element() == ElementType::kF32 || from.element() == ElementType::kF64
                         : isComplex(from.element()),
                 std::string(real_in ? "RFFT takes f32 or f64" : "this transform takes complex numbers") +
                     ", got " + from.toString());
    std::vector<int64_t> dims(from.dims().begin(), from.dims().end());
    const size_t first = dims.size() - length.size();
    for (size_t i = 0; i < length.size(); ++i) {
        int64_t& size = dims[first + i];
        const bool last = i + 1 == length.size();
        const int64_t wanted = last && type == FftType::kIrfft ? length[i] / 2 + 1 : length[i];
        // An empty transform keeps whatever it is given.
        rule.require(size == kDynamic || size == wanted || (size == 0 && last),
                     "dimension " + std::to_string(first + i) + " of " + from.toString() + " should be " +
                         std::to_string(wanted) + " for fft_length " + listToString(length));
        if (last && type == FftType::kRfft && length[i] != 0) size = length[i] / 2 + 1;
        if (last && type == FftType::kIrfft) size = length[i];
    }
    ElementType element = from.element();
    if (type == FftType::kRfft)
        element = element == ElementType::kF32 ? ElementType::kC64 : ElementType::kC128;
    if (type == FftType::kIrfft) element = realType(element);
    return {from.withDims(std::move(dims)).withElement(element)};
}

void requireMatrices(const Rule& rule, size_t i) {
    const TensorType& type = rule.operand(i);
    rule.require(type.rank() >= 2,
                 "operand " + std::to_string(i) + " should have rank 2 or more, got " + type.toString());
}

std::vector<Type> inferTriangularSolve(const Rule& rule) {
    const TensorType& a = rule.operand(0);
    const TensorType& b = rule.operand(1);
    requireMatrices(rule, 0);
    rule.require(a.rank() == b.rank(),
                 "operands should have the same rank, got " + a.toString() + " and " + b.toString());
    rule.requireSameElement(a, b, "operands");
    rule.requireSameSize(a.dim(a.rank() - 2), a.dim(a.rank() - 1), "the matrix should be square");
    for (int64_t i = 0; i + 2 < a.rank(); ++i) rule.requireSameSize(a.dim(i), b.dim(i), "batch dimensions");
    const int64_t side = b.rank() - (boolAttribute(rule.op(), "left_side") ? 2 : 1);
    rule.requireSameSize(a.dim(a.rank() - 1), b.dim(side), "matrix and right-hand side");
    transposeA(rule.op());
    return {rule.typed(b)};
}

}  // namespace

std::vector<Type> inferContraction(const Rule& rule) {
    switch (rule.op().kind()) {
        case OpKind::kDot:
            return inferDot(rule);
        case OpKind::kDotGeneral:
            return inferDotGeneral(rule);
        case OpKind::kConvolution:
        case OpKind::kDynamicConv:
            return inferConvolution(rule);
        case OpKind::kFft:
            return inferFft(rule);
        case OpKind::kTriangularSolve:
            return inferTriangularSolve(rule);
        case OpKind::kCholesky: {
            requireMatrices(rule, 0);
            const TensorType& a = rule.operand(0);
            rule.requireSameSize(a.dim(a.rank() - 2), a.dim(a.rank() - 1), "the matrix should be square");
            return {rule.typed(a)};
        }
        default:
            return {};
    }
}

std::vector<Type> inferNormalisation(const Rule& rule) {
    const TensorType& from = rule.operand(0);
    const int64_t feature = integerAttribute(rule.op(), "feature_index");
    rule.requireInRange(feature, 0, from.rank(), "feature_index");
    floatAttribute(rule.op(), "epsilon");
    for (size_t i = 1; i < rule.op().operandCount(); ++i) {
        const TensorType& each = rule.operand(i);
        if (rule.op().kind() == OpKind::kBatchNormGrad && i == 4) {
            rule.requireSameShape(from, each, "operand and grad_output");
            continue;
        }
        rule.requireRank(i, 1);
        rule.requireSameElement(from, each, "operands");
        rule.requireSameSize(each.dim(0), from.dim(feature),
                             "operand " + std::to_string(i) + " and the feature dimension");
    }
    std::vector<Type> out = {rule.typed(from)};
    while (out.size() < rule.op().resultCount())
        out.push_back(rule.typed(from.withDims({from.dim(feature)}), out.size()));
    return out;
}

}  // namespace optirs::plugin
