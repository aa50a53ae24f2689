// Calls of the runtime's library steps.
#include <algorithm>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/runtime/contraction.h"
#include "pjrt_cpu/runtime/convolution.h"
#include "pjrt_cpu/runtime/custom_call.h"
#include "pjrt_cpu/runtime/sort.h"

namespace optirs::plugin {

void Lowering::lowerLibrary(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    switch (op.kind()) {
        case OpKind::kDot:
        case OpKind::kDotGeneral:
            return lowerContraction(group, scope);
        case OpKind::kConvolution:
            return lowerConvolution(group, scope);
        case OpKind::kSort:
            return lowerSort(group, scope);
        case OpKind::kCustomCall:
            return lowerCustomCall(group, scope);
        case OpKind::kRngBitGenerator: {
            const int32_t state = read(op.operand(0));
            const int32_t out_state = makeSlot(op.result(0), scope);
            const int32_t out = makeSlot(op.result(1), scope);
            scope.steps->push_back(makeRngStep(op, state, out_state, out));
            return;
        }
        case OpKind::kReplicaId:
        case OpKind::kPartitionId: {
            const int32_t slot = makeSlot(op.result(), scope);
            scope.steps->push_back(std::make_unique<DeviceNumberStep>(slot, op.kind() == OpKind::kReplicaId));
            return;
        }
        default:
            throw unimplementedOperation(op, "this operation is not compiled");
    }
}

void Lowering::lowerContraction(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    const std::vector<View>& views = scope.plan->views.at(&op);
    const std::vector<int64_t> lhs_dims = dimsOf(*op.operand(0));
    const std::vector<int64_t> rhs_dims = dimsOf(*op.operand(1));
    DotDimensions numbers;
    if (op.kind() == OpKind::kDotGeneral) {
        numbers = dotDimensions(op);
    } else {
        numbers.lhs_contracting = {static_cast<int64_t>(lhs_dims.size()) - 1};
        numbers.rhs_contracting = {0};
    }
    // Strides of the operation's own result in what is stored: the target may be a transpose of it.
    const std::vector<int64_t> result_dims = dimsOf(*op.result());
    const Value* target = group.roots[0];
    std::vector<int64_t> dense(result_dims.size());
    const std::vector<int64_t> target_dims = dimsOf(*target);
    int64_t stride = 1;
    for (size_t d = target_dims.size(); d-- > 0;) {
        dense[d] = stride;
        stride *= target_dims[d];
    }
    std::vector<int64_t> out_strides = dense;
    if (target != op.result()) {
        const auto order = permutation(*target->definition());
        for (size_t d = 0; d < order.size(); ++d) out_strides[static_cast<size_t>(order[d])] = dense[d];
    }
    ContractionSpec spec;
    spec.lhs = op.operand(0)->tensor().element();
    spec.rhs = op.operand(1)->tensor().element();
    spec.out = op.result()->tensor().element();
    size_t next = 0;
    for (size_t k = 0; k < numbers.lhs_batch.size(); ++k) {
        const auto l = static_cast<size_t>(numbers.lhs_batch[k]);
        const auto r = static_cast<size_t>(numbers.rhs_batch[k]);
        spec.dims.push_back({lhs_dims[l], ContractionSpec::Kind::kBatch, views[0].strides[l],
                             views[1].strides[r], out_strides[next++]});
    }
    const auto isIn = [](const std::vector<int64_t>& list, size_t d) {
        return std::ranges::find(list, static_cast<int64_t>(d)) != list.end();
    };
    for (size_t d = 0; d < lhs_dims.size(); ++d) {
        if (isIn(numbers.lhs_batch, d) || isIn(numbers.lhs_contracting, d)) continue;
        spec.dims.push_back(
            {lhs_dims[d], ContractionSpec::Kind::kM, views[0].strides[d], 0, out_strides[next++]});
    }
    for (size_t d = 0; d < rhs_dims.size(); ++d) {
        if (isIn(numbers.rhs_batch, d) || isIn(numbers.rhs_contracting, d)) continue;
        spec.dims.push_back(
            {rhs_dims[d], ContractionSpec::Kind::kN, 0, views[1].strides[d], out_strides[next++]});
    }
    for (size_t k = 0; k < numbers.lhs_contracting.size(); ++k) {
        const auto l = static_cast<size_t>(numbers.lhs_contracting[k]);
        const auto r = static_cast<size_t>(numbers.rhs_contracting[k]);
        spec.dims.push_back(
            {lhs_dims[l], ContractionSpec::Kind::kK, views[0].strides[l], views[1].strides[r], 0});
    }
    spec.lhs_allocation = read(views[0].base);
    spec.rhs_allocation = read(views[1].base);
    spec.lhs_offset = views[0].offset;
    spec.rhs_offset = views[1].offset;
    spec.out_allocation = makeSlot(target, scope);
    double flops = 2;
    for (const auto& dim : spec.dims) flops *= static_cast<double>(dim.size);
    program_.cost.flops += flops;
    auto step = makeContractionStep(spec);
    if (step == nullptr)
        throw unimplementedOperation(op, "the contraction library does not take these types");
    scope.steps->push_back(std::move(step));
}

void Lowering::lowerConvolution(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    const ConvolutionDimensions& n = convolutionDimensions(op);
    ConvolutionSpec spec;
    spec.lhs = op.operand(0)->tensor().element();
    spec.rhs = op.operand(1)->tensor().element();
    spec.out = op.result()->tensor().element();
    spec.lhs_shape = dimsOf(*op.operand(0));
    spec.rhs_shape = dimsOf(*op.operand(1));
    spec.out_shape = dimsOf(*op.result());
    spec.input_batch_dimension = n.input_batch;
    spec.input_feature_dimension = n.input_feature;
    spec.input_spatial_dimensions = n.input_spatial;
    spec.kernel_input_feature_dimension = n.kernel_input_feature;
    spec.kernel_output_feature_dimension = n.kernel_output_feature;
    spec.kernel_spatial_dimensions = n.kernel_spatial;
    spec.output_batch_dimension = n.output_batch;
    spec.output_feature_dimension = n.output_feature;
    spec.output_spatial_dimensions = n.output_spatial;
    for (const WindowDimension& w : window(op)) {
        spec.window_strides.push_back(w.stride);
        spec.padding_low.push_back(w.padding_low);
        spec.padding_high.push_back(w.padding_high);
        spec.lhs_dilation.push_back(w.base_dilation);
        spec.rhs_dilation.push_back(w.window_dilation);
        spec.window_reversal.push_back(w.reversal);
    }
    spec.feature_group_count = featureGroupCount(op);
    spec.batch_group_count = batchGroupCount(op);
    const bool empty = op.operand(0)->tensor().elementCount() == 0 ||
                       op.operand(1)->tensor().elementCount() == 0 ||
                       op.result()->tensor().elementCount() == 0;
    if (!empty) {
        spec.lhs_allocation = read(op.operand(0));
        spec.rhs_allocation = read(op.operand(1));
        spec.out_allocation = makeSlot(op.result(), scope);
        if (auto step = makeConvolutionStep(spec)) {
            scope.steps->push_back(std::move(step));
            return;
        }
    }
    // What the library does not take becomes a loop nest.
    group.kind = GroupKind::kLoop;
    group.op = nullptr;
    group.shape = dimsOf(*group.roots[0]);
    lowerKernel(group, scope);
}

void Lowering::lowerSort(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    auto spec = std::make_shared<SortSpec>();
    spec->shape = dimsOf(*op.operand(0));
    spec->dimension = dimension(op);
    for (size_t i = 0; i < op.operandCount(); ++i) {
        SortSpec::Operand operand;
        operand.in_allocation = read(op.operand(i));
        operand.element_bytes = byteWidth(op.operand(i)->tensor().element());
        // An output that nobody asked for is sorted all the same.
        operand.out_allocation = makeSlot(op.result(i), scope);
        spec->operands.push_back(operand);
    }
    for (const Value* value : capturedValues(op)) {
        if (value->definition() != nullptr && fusionRole(*value->definition()) == FusionRole::kSource)
            continue;
        spec->captured_allocations.push_back(read(value));
    }
    auto step = std::make_unique<DeferredStep>();
    kernels_.addComparator(op, [spec, sort = step.get()](void* function) {
        spec->comparator = reinterpret_cast<SortComparator>(function);
        sort->set(makeSortStep(*spec));
    });
    scope.steps->push_back(std::move(step));
}

void Lowering::lowerCustomCall(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    CustomCallSpec spec;
    spec.target = callee(op);
    if (const Attribute* config = op.attribute("backend_config")) {
        const auto* text = config->get<std::string>();
        spec.backend_config = text != nullptr ? *text : config->toString();
    }
    for (const Value* operand : op.operands()) {
        if (!operand->type().isTensor()) continue;
        spec.operand_types.push_back(operand->tensor());
        spec.operand_allocations.push_back(read(operand));
    }
    for (const Value& result : op.results()) {
        if (!result.type().isTensor()) continue;
        spec.result_types.push_back(result.tensor());
        spec.result_allocations.push_back(makeSlot(&result, scope));
    }
    try {
        scope.steps->push_back(makeCustomCallStep(spec));
    } catch (const Error& error) {
        if (error.code() != Code::kUnimplemented) throw;
        throw unimplementedOperation(op, error.message());
    }
}

}  // namespace optirs::plugin
