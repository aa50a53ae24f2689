#include "pjrt_cpu/codegen/index/access.h"

#include <algorithm>
#include <set>

#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

std::vector<int64_t> dimsOf(const Value& value) {
    const auto dims = value.tensor().dims();
    return {dims.begin(), dims.end()};
}

FusionRole fusionRole(const Operation& op) {
    switch (op.kind()) {
        case OpKind::kConstant:
            return constantValue(op).isSplat() || constantValue(op).elementCount() == 1 ? FusionRole::kSource
                                                                                        : FusionRole::kNone;
        case OpKind::kIota:
        case OpKind::kGetDimensionSize:
            return FusionRole::kSource;
        case OpKind::kReshape:
        case OpKind::kTranspose:
        case OpKind::kBroadcastInDim:
        case OpKind::kBroadcast:
        case OpKind::kSlice:
        case OpKind::kReverse:
            return FusionRole::kMovement;
        case OpKind::kPad:
        case OpKind::kConcatenate:
            return FusionRole::kGuarded;
        case OpKind::kGather:
        case OpKind::kDynamicSlice:
            return FusionRole::kComputed;
        case OpKind::kMap:
            return FusionRole::kElementwise;
        case OpKind::kBitcastConvert:
            return op.operand(0)->tensor().rank() == op.result()->tensor().rank() ? FusionRole::kElementwise
                                                                                  : FusionRole::kNone;
        default:
            break;
    }
    return isElementwise(op.kind()) ? FusionRole::kElementwise : FusionRole::kNone;
}

Index operandIndex(const Operation& op, const Index& index, IndexContext& context) {
    const std::vector<int64_t> in = dimsOf(*op.operand(0));
    const std::vector<int64_t> out = dimsOf(*op.result());
    Index result(in.size());
    switch (op.kind()) {
        case OpKind::kReshape:
            return context.delinear(context.linear(index, out), in);
        case OpKind::kTranspose: {
            const auto order = permutation(op);
            for (size_t d = 0; d < out.size(); ++d) result[static_cast<size_t>(order[d])] = index[d];
            return result;
        }
        case OpKind::kBroadcastInDim: {
            const auto mapping = broadcastDimensions(op);
            for (size_t d = 0; d < in.size(); ++d) {
                if (in[d] != 1) result[d] = index[static_cast<size_t>(mapping[d])];
            }
            return result;
        }
        case OpKind::kBroadcast: {
            const size_t added = out.size() - in.size();
            for (size_t d = 0; d < in.size(); ++d) result[d] = index[d + added];
            return result;
        }
        case OpKind::kSlice: {
            const SliceAttributes slice = sliceAttributes(op);
            for (size_t d = 0; d < in.size(); ++d) {
                result[d] = context.add(context.scale(index[d], slice.strides[d]), slice.start[d]);
            }
            return result;
        }
        case OpKind::kReverse: {
            result = index;
            for (const int64_t d : dimensions(op)) {
                const auto i = static_cast<size_t>(d);
                result[i] = context.add(context.scale(index[i], -1), in[i] - 1);
            }
            return result;
        }
        default:
            throw internalError("operandIndex of " + std::string(op.name()));
    }
}

bool isExpensive(const Operation& op) {
    switch (op.kind()) {
        case OpKind::kExponential:
        case OpKind::kExponentialMinusOne:
        case OpKind::kLog:
        case OpKind::kLogPlusOne:
        case OpKind::kLogistic:
        case OpKind::kTanh:
        case OpKind::kSine:
        case OpKind::kCosine:
        case OpKind::kTan:
        case OpKind::kPower:
        case OpKind::kCbrt:
        case OpKind::kSqrt:
        case OpKind::kRsqrt:
        case OpKind::kAtan2:
        case OpKind::kDivide:
        case OpKind::kRemainder:
        case OpKind::kChloAcos:
        case OpKind::kChloAcosh:
        case OpKind::kChloAsin:
        case OpKind::kChloAsinh:
        case OpKind::kChloAtan:
        case OpKind::kChloAtanh:
        case OpKind::kChloBesselI1e:
        case OpKind::kChloCosh:
        case OpKind::kChloDigamma:
        case OpKind::kChloErf:
        case OpKind::kChloErfInv:
        case OpKind::kChloErfc:
        case OpKind::kChloLgamma:
        case OpKind::kChloPolygamma:
        case OpKind::kChloSinh:
        case OpKind::kChloZeta:
        case OpKind::kMap:
        case OpKind::kGather:
            return true;
        default:
            return false;
    }
}

namespace {
void collectCaptured(const Block& block, std::set<const Block*>& inside, std::vector<Value*>& out) {
    inside.insert(&block);
    for (Operation& op : block) {
        for (size_t i = 0; i < op.operandCount(); ++i) {
            Value* value = op.operand(i);
            const Block* home = value->definition() ? value->definition()->block() : value->block();
            if (!inside.contains(home) && std::find(out.begin(), out.end(), value) == out.end()) {
                out.push_back(value);
            }
        }
        for (size_t r = 0; r < op.regionCount(); ++r) {
            for (const auto& inner : op.region(r).blocks()) collectCaptured(*inner, inside, out);
        }
    }
}
}  // namespace

std::vector<Value*> capturedValues(const Operation& op) {
    std::vector<Value*> result;
    std::set<const Block*> inside;
    for (size_t r = 0; r < op.regionCount(); ++r) {
        for (const auto& block : op.region(r).blocks()) collectCaptured(*block, inside, result);
    }
    return result;
}

}  // namespace optirs::plugin
