// Calls of the runtime's library steps.
#include <algorithm>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/codegen/plan/reads.h"
#include "pjrt_cpu/codegen/plan/tiles.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/runtime/contraction.h"
#include "pjrt_cpu/runtime/convolution.h"
#include "pjrt_cpu/runtime/custom_call.h"
#include "pjrt_cpu/runtime/sort.h"

namespace optirs::plugin {

void Lowering::lowerLibrary(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    switch (op.kind()) {
        case OpKind::kDotGeneral:
            return lowerContraction(group, scope);
        case OpKind::kConvolution:
            return lowerConvolution(group, scope);
        case OpKind::kSort:
            return lowerSort(group, scope);
        case OpKind::kCustomCall:
            return lowerCustomCall(group, scope);
        case OpKind::kFft:
            return lowerFft(group, scope);
        case OpKind::kCholesky:
            return lowerCholesky(group, scope);
        case OpKind::kTriangularSolve:
            return lowerTriangularSolve(group, scope);
        case OpKind::kRng:
            return lowerRandomNumbers(group, scope);
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
        case OpKind::kAllGather:
        case OpKind::kAllReduce:
        case OpKind::kAllToAll:
        case OpKind::kCollectiveBroadcast:
        case OpKind::kCollectivePermute:
        case OpKind::kCollectiveReduce:
        case OpKind::kReduceScatter:
            return lowerCollective(group, scope);
        case OpKind::kSend:
        case OpKind::kRecv:
            return lowerMessage(group, scope);
        case OpKind::kInfeed:
        case OpKind::kOutfeed:
            return lowerFeed(group, scope);
        case OpKind::kInterpreterRunParallel:
            return lowerRunParallel(group, scope);
        default:
            throw unimplementedOperation(op, "this operation is not compiled");
    }
}

void Lowering::lowerContraction(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    const std::vector<View>& views = scope.plan->views.at(&op);
    const Value* target = group.roots[0];
    ContractionSpec spec = contractionSpec(op, views, target);
    spec.lhs_allocation = read(views[0].base);
    spec.rhs_allocation = read(views[1].base);
    spec.out_allocation = makeSlot(target, scope);
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
    spec.is_exact =
        operandPrecision(op, 0) != Precision::kDefault || operandPrecision(op, 1) != Precision::kDefault;
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
    scope.reads[static_cast<size_t>(scope.group)] =
        valuesRead(group, [this](const Value* v) { return inMemory(v); });
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
    spec.location = op.location().toString();
    spec.attributes = op.attributes();
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
        program_.calls_out = true;
    } catch (const Error& error) {
        if (error.code() != Code::kUnimplemented) throw;
        throw unimplementedOperation(op, error.message());
    }
}

}  // namespace optirs::plugin
