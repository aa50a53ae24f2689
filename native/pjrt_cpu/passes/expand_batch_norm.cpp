// Batch normalisation, per feature (a dimension f), over all other dimensions; N elements a feature:
//   training:  mean = sum(x)/N, var = sum((x-mean)^2)/N, y = (x-mean)/sqrt(var+eps)*scale + offset
//   inference: the same y from given mean and var
//   gradient:  xhat = (x-mean)/sqrt(var+eps), dscale = sum(dy*xhat), doffset = sum(dy),
//              dx = scale/sqrt(var+eps) * (dy - doffset/N - xhat*dscale/N)
#include "pjrt_cpu/passes/expand.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

class BatchNorm {
 public:
    explicit BatchNorm(Operation& op)
        : builder_(op),
          type_(op.operand(0)->tensor()),
          feature_(integerAttribute(op, "feature_index")),
          epsilon_(floatAttribute(op, "epsilon")) {
        for (int64_t i = 0; i < type_.rank(); ++i) {
            if (i != feature_) others_.push_back(i);
        }
    }

    Value* broadcast(Value* per_feature) { return builder_.broadcastInDim(per_feature, dims(), {feature_}); }
    Value* sum(Value* x) {
        return builder_.reduce(OpKind::kAdd, x, builder_.constant(type_.withDims({}), 0), others_);
    }
    Value* mean(Value* x) {
        Value* total = sum(x);
        Value* count = builder_.convert(elementsPerFeature(x), type_.element());
        return binary(OpKind::kDivide, total, builder_.broadcastInDim(count, dimsOf(total), {}));
    }
    Value* deviation(Value* variance) {
        Value* shifted = binary(OpKind::kAdd, variance, builder_.constant(variance->tensor(), epsilon_));
        return builder_.unary(OpKind::kSqrt, shifted);
    }
    Value* normalised(Value* x, Value* mean, Value* variance) {
        return binary(OpKind::kDivide, binary(OpKind::kSubtract, x, broadcast(mean)),
                      broadcast(deviation(variance)));
    }
    Value* scaled(Value* xhat, Value* scale, Value* offset) {
        return binary(OpKind::kAdd, binary(OpKind::kMultiply, xhat, broadcast(scale)), broadcast(offset));
    }
    Value* binary(OpKind kind, Value* lhs, Value* rhs) { return builder_.binary(kind, lhs, rhs); }
    /// In f64. Dimensions may have a size that is known only at run time.
    Value* elementsPerFeature(Value* x) {
        const TensorType number(ElementType::kF64, {});
        Value* count = builder_.constant(number, 1);
        for (const int64_t dim : others_) {
            NamedAttributes attributes;
            attributes.set("dimension", Attribute::integer(dim));
            Value* size = builder_.create(OpKind::kGetDimensionSize, {x}, TensorType(ElementType::kI32, {}),
                                          std::move(attributes));
            count = binary(OpKind::kMultiply, count, builder_.convert(size, ElementType::kF64));
        }
        return count;
    }

 private:
    std::vector<int64_t> dims() const { return {type_.dims().begin(), type_.dims().end()}; }

    Builder builder_;
    TensorType type_;
    int64_t feature_;
    double epsilon_;
    std::vector<int64_t> others_;
};

}  // namespace

std::vector<Value*> expandBatchNorm(Operation& op) {
    using enum OpKind;
    BatchNorm norm(op);
    Value* x = op.operand(0);
    Value* scale = op.operand(1);
    if (op.kind() == kBatchNormInference) {
        return {norm.scaled(norm.normalised(x, op.operand(3), op.operand(4)), scale, op.operand(2))};
    }
    if (op.kind() == kBatchNormTraining) {
        Value* mean = norm.mean(x);
        Value* centred = norm.binary(kSubtract, x, norm.broadcast(mean));
        Value* variance = norm.mean(norm.binary(kMultiply, centred, centred));
        return {norm.scaled(norm.normalised(x, mean, variance), scale, op.operand(2)), mean, variance};
    }
    Value* variance = op.operand(3);
    Value* dy = op.operand(4);
    Value* xhat = norm.normalised(x, op.operand(2), variance);
    Value* dscale = norm.sum(norm.binary(kMultiply, dy, xhat));
    Value* doffset = norm.sum(dy);
    Value* mean_dy = norm.broadcast(norm.mean(dy));
    Value* projection = norm.broadcast(norm.mean(norm.binary(kMultiply, dy, xhat)));
    Value* inner =
        norm.binary(kSubtract, norm.binary(kSubtract, dy, mean_dy), norm.binary(kMultiply, xhat, projection));
    Value* factor = norm.broadcast(norm.binary(kDivide, scale, norm.deviation(variance)));
    return {norm.binary(kMultiply, factor, inner), dscale, doffset};
}

}  // namespace optirs::plugin
