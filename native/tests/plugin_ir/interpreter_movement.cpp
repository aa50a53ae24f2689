// Operations that move elements, or make them of their position.
#include "interpreter_tensor.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin::testing {

bool isMovement(const Operation& op) {
    using enum OpKind;
    switch (op.kind()) {
        case kReshape:
        case kIota:
        case kBroadcastInDim:
        case kTranspose:
        case kReverse:
        case kSlice:
        case kDynamicSlice:
        case kDynamicUpdateSlice:
        case kConcatenate:
        case kPad:
        case kDynamicReshape:
        case kDynamicIota:
        case kDynamicBroadcastInDim:
        case kDynamicPad:
        case kRealDynamicSlice:
            return true;
        default:
            return false;
    }
}

void move(const Operation& op, const std::vector<Tensor>& in, Tensor& out, int64_t linear) {
    using enum OpKind;
    const auto i = static_cast<size_t>(linear);
    const auto dims = out.type.dims();
    Position index = unravel(linear, dims);
    Position source;
    switch (op.kind()) {
        case kReshape:
        case kDynamicReshape:
            copyElement(in[0], linear, out, linear);
            return;
        case kIota:
        case kDynamicIota: {
            const int64_t value = index[static_cast<size_t>(dimension(op))];
            if (isComplex(out.type.element())) return setComplex(out, linear, static_cast<double>(value), 0);
            isReal(out.type) ? void(out.reals[i] = roundTo(static_cast<double>(value), out.type.element()))
                             : void(out.integers[i] = wrapTo(value, out.type.element()));
            return;
        }
        case kBroadcastInDim:
        case kDynamicBroadcastInDim:
            for (size_t d = 0; d < in[0].type.dims().size(); ++d) {
                source.push_back(
                    in[0].type.dims()[d] == 1 ? 0 : index[static_cast<size_t>(broadcastDimensions(op)[d])]);
            }
            copyElement(in[0], ravel(source, in[0].type.dims()), out, linear);
            return;
        case kTranspose:
            source.resize(index.size());
            for (size_t d = 0; d < index.size(); ++d)
                source[static_cast<size_t>(permutation(op)[d])] = index[d];
            copyElement(in[0], ravel(source, in[0].type.dims()), out, linear);
            return;
        case kReverse:
            for (const int64_t d : dimensions(op))
                index[static_cast<size_t>(d)] =
                    dims[static_cast<size_t>(d)] - 1 - index[static_cast<size_t>(d)];
            copyElement(in[0], ravel(index, dims), out, linear);
            return;
        case kSlice:
            for (size_t d = 0; d < index.size(); ++d)
                index[d] = sliceAttributes(op).start[d] + index[d] * sliceAttributes(op).strides[d];
            copyElement(in[0], ravel(index, in[0].type.dims()), out, linear);
            return;
        case kDynamicSlice:
            for (size_t d = 0; d < index.size(); ++d) {
                const int64_t last = in[0].type.dims()[d] - dims[d];
                index[d] += std::clamp<int64_t>(indexAt(in[d + 1], 0), 0, last);
            }
            copyElement(in[0], ravel(index, in[0].type.dims()), out, linear);
            return;
        case kDynamicUpdateSlice: {
            const auto update = in[1].type.dims();
            for (size_t d = 0; d < index.size(); ++d)
                source.push_back(index[d] -
                                 std::clamp<int64_t>(indexAt(in[d + 2], 0), 0, dims[d] - update[d]));
            isInside(source, update) ? copyElement(in[1], ravel(source, update), out, linear)
                                     : copyElement(in[0], linear, out, linear);
            return;
        }
        case kConcatenate: {
            const auto along = static_cast<size_t>(dimension(op));
            size_t part = 0;
            while (index[along] >= in[part].type.dims()[along]) index[along] -= in[part++].type.dims()[along];
            copyElement(in[part], ravel(index, in[part].type.dims()), out, linear);
            return;
        }
        case kRealDynamicSlice:
            for (size_t d = 0; d < index.size(); ++d)
                index[d] = in[1].integers[d] + index[d] * in[3].integers[d];
            copyElement(in[0], ravel(index, in[0].type.dims()), out, linear);
            return;
        case kPad:
        case kDynamicPad: {
            const bool is_static = op.kind() == kPad;
            const PadAttributes pad = is_static ? padAttributes(op) : PadAttributes{};
            for (size_t d = 0; d < index.size(); ++d) {
                const int64_t at = index[d] - (is_static ? pad.low[d] : in[2].integers[d]);
                const int64_t step = (is_static ? pad.interior[d] : in[4].integers[d]) + 1;
                if (at < 0 || at % step != 0 || at / step >= in[0].type.dims()[d])
                    return copyElement(in[1], 0, out, linear);
                index[d] = at / step;
            }
            copyElement(in[0], ravel(index, in[0].type.dims()), out, linear);
            return;
        }
        default:
            return;
    }
}

}  // namespace optirs::plugin::testing
