#include "pjrt_cpu/passes/quantized_kinds.h"

namespace optirs::plugin {

bool worksOnStorage(OpKind kind) {
    switch (kind) {
        case OpKind::kAllGather:
        case OpKind::kAllReduce:
        case OpKind::kAllToAll:
        case OpKind::kAsyncDone:
        case OpKind::kAsyncStart:
        case OpKind::kBitcastConvert:
        case OpKind::kBroadcast:
        case OpKind::kBroadcastInDim:
        case OpKind::kCase:
        case OpKind::kCollectiveBroadcast:
        case OpKind::kCollectivePermute:
        case OpKind::kCollectiveReduce:
        case OpKind::kConcatenate:
        case OpKind::kCustomCall:
        case OpKind::kDynamicBroadcastInDim:
        case OpKind::kDynamicGather:
        case OpKind::kDynamicPad:
        case OpKind::kDynamicReshape:
        case OpKind::kDynamicSlice:
        case OpKind::kDynamicUpdateSlice:
        case OpKind::kGather:
        case OpKind::kGetDimensionSize:
        case OpKind::kIf:
        case OpKind::kInfeed:
        case OpKind::kMap:
        case OpKind::kOptimizationBarrier:
        case OpKind::kOutfeed:
        case OpKind::kPad:
        case OpKind::kRealDynamicSlice:
        case OpKind::kRecv:
        case OpKind::kReduce:
        case OpKind::kReduceScatter:
        case OpKind::kReduceWindow:
        case OpKind::kReshape:
        case OpKind::kReturn:
        case OpKind::kReverse:
        case OpKind::kScatter:
        case OpKind::kSelect:
        case OpKind::kSelectAndScatter:
        case OpKind::kSend:
        case OpKind::kSetDimensionSize:
        case OpKind::kSlice:
        case OpKind::kSort:
        case OpKind::kTorchIndexSelect:
        case OpKind::kTranspose:
        case OpKind::kWhile:
            return true;
        default:
            return false;
    }
}

bool keepsMeaning(OpKind kind) {
    switch (kind) {
        case OpKind::kBroadcast:
        case OpKind::kBroadcastInDim:
        case OpKind::kConcatenate:
        case OpKind::kDynamicBroadcastInDim:
        case OpKind::kDynamicGather:
        case OpKind::kDynamicPad:
        case OpKind::kDynamicReshape:
        case OpKind::kDynamicSlice:
        case OpKind::kDynamicUpdateSlice:
        case OpKind::kGather:
        case OpKind::kPad:
        case OpKind::kRealDynamicSlice:
        case OpKind::kReshape:
        case OpKind::kReverse:
        case OpKind::kSelect:
        case OpKind::kSlice:
        case OpKind::kTorchIndexSelect:
        case OpKind::kTranspose:
            return true;
        default:
            return false;
    }
}

bool sameMeaning(const QuantizedType& a, const QuantizedType& b) {
    return a.storage == b.storage && a.expressed == b.expressed && a.storage_min == b.storage_min &&
           a.storage_max == b.storage_max && a.scales == b.scales && a.zero_points == b.zero_points;
}

}  // namespace optirs::plugin
