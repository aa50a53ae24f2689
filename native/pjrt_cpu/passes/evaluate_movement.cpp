#include <algorithm>
#include <functional>

#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/passes/evaluate.h"

namespace optirs::plugin {
namespace {

std::vector<int64_t> stridesOf(std::span<const int64_t> dims) {
    std::vector<int64_t> strides(dims.size(), 1);
    for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
    return strides;
}

/// Builds a literal element by element: `source(index)` gives the address of the element there.
Literal collect(const TensorType& type, int64_t element_bytes,
                const std::function<const std::byte*(std::span<const int64_t>)>& source) {
    const auto width = static_cast<size_t>(element_bytes);
    const int64_t count = type.elementCount();
    std::vector<std::byte> bytes(static_cast<size_t>(count) * width);
    std::vector<int64_t> index(type.dims().size(), 0);
    for (int64_t i = 0; i < count; ++i) {
        std::memcpy(&bytes[static_cast<size_t>(i) * width], source(index), width);
        for (size_t d = index.size(); d-- > 0;) {
            if (++index[d] < type.dims()[d]) break;
            index[d] = 0;
        }
    }
    return Literal(type, std::move(bytes));
}

/// As collect, for results whose element at `index` is an operand's at a linear function of it.
Literal gatherStrided(const TensorType& type, const Literal& from, int64_t offset,
                      const std::vector<int64_t>& strides) {
    return collect(type, from.elementBytes(), [&](std::span<const int64_t> index) {
        int64_t at = offset;
        for (size_t d = 0; d < index.size(); ++d) at += index[d] * strides[d];
        return from.element(at);
    });
}

std::optional<Literal> evaluateSmall(const Operation& op, std::span<const Literal* const> operands) {
    const TensorType& type = op.result()->tensor();
    const auto rank = type.dims().size();
    switch (op.kind()) {
        case OpKind::kIota: {
            const auto along = static_cast<size_t>(dimension(op));
            std::vector<std::byte> element(static_cast<size_t>(byteWidth(type.element())));
            return collect(type, byteWidth(type.element()), [&](std::span<const int64_t> index) {
                storeInteger(index[along], type.element(), element.data());
                return element.data();
            });
        }
        case OpKind::kBroadcastInDim: {
            const auto from = stridesOf(operands[0]->type().dims());
            const auto mapping = broadcastDimensions(op);
            std::vector<int64_t> strides(rank, 0);
            for (size_t i = 0; i < from.size(); ++i) {
                if (operands[0]->type().dims()[i] != 1) strides[static_cast<size_t>(mapping[i])] = from[i];
            }
            return gatherStrided(type, *operands[0], 0, strides);
        }
        case OpKind::kTranspose: {
            const auto from = stridesOf(operands[0]->type().dims());
            std::vector<int64_t> strides;
            for (const int64_t dim : permutation(op)) strides.push_back(from[static_cast<size_t>(dim)]);
            return gatherStrided(type, *operands[0], 0, strides);
        }
        case OpKind::kSlice: {
            auto strides = stridesOf(operands[0]->type().dims());
            const SliceAttributes slice = sliceAttributes(op);
            int64_t offset = 0;
            for (size_t i = 0; i < rank; ++i) {
                offset += slice.start[i] * strides[i];
                strides[i] *= slice.strides[i];
            }
            return gatherStrided(type, *operands[0], offset, strides);
        }
        case OpKind::kReverse: {
            auto strides = stridesOf(operands[0]->type().dims());
            int64_t offset = 0;
            for (const int64_t dim : dimensions(op)) {
                const auto d = static_cast<size_t>(dim);
                offset += (type.dims()[d] - 1) * strides[d];
                strides[d] = -strides[d];
            }
            return gatherStrided(type, *operands[0], offset, strides);
        }
        case OpKind::kConcatenate: {
            const auto along = static_cast<size_t>(dimension(op));
            return collect(type, operands[0]->elementBytes(), [&](std::span<const int64_t> index) {
                int64_t at = index[along];
                size_t part = 0;
                while (at >= operands[part]->type().dims()[along])
                    at -= operands[part++]->type().dims()[along];
                const auto strides = stridesOf(operands[part]->type().dims());
                int64_t element = 0;
                for (size_t d = 0; d < index.size(); ++d)
                    element += (d == along ? at : index[d]) * strides[d];
                return operands[part]->element(element);
            });
        }
        case OpKind::kPad: {
            const auto strides = stridesOf(operands[0]->type().dims());
            const PadAttributes pad = padAttributes(op);
            return collect(type, operands[0]->elementBytes(), [&](std::span<const int64_t> index) {
                int64_t element = 0;
                for (size_t d = 0; d < index.size(); ++d) {
                    const int64_t at = index[d] - pad.low[d];
                    const int64_t step = pad.interior[d] + 1;
                    if (at < 0 || at % step != 0 || at / step >= operands[0]->type().dims()[d])
                        return operands[1]->element(0);
                    element += at / step * strides[d];
                }
                return operands[0]->element(element);
            });
        }
        default:
            return std::nullopt;
    }
}

}  // namespace

std::optional<Literal> evaluateMovement(const Operation& op, std::span<const Literal* const> operands,
                                        int64_t max_elements) {
    const TensorType& type = op.result()->tensor();
    if (!type.isStatic() || type.quantized() != nullptr) return std::nullopt;
    for (const Literal* operand : operands) {
        if (operand->type().quantized() != nullptr) return std::nullopt;
    }
    const auto splat_of = [&](const Literal& literal) { return Literal::splat(type, literal.bytes()); };
    // Without looking at elements, whatever their number.
    switch (op.kind()) {
        case OpKind::kReshape:
            return operands[0]->reshaped(type);
        case OpKind::kBroadcastInDim:
        case OpKind::kTranspose:
        case OpKind::kSlice:
        case OpKind::kReverse:
            if (operands[0]->isSplat()) return splat_of(*operands[0]);
            break;
        case OpKind::kPad:
        case OpKind::kConcatenate: {
            bool same = true;
            for (const Literal* operand : operands) {
                same =
                    same && operand->isSplat() && std::ranges::equal(operand->bytes(), operands[0]->bytes());
            }
            if (same) return splat_of(*operands[0]);
            break;
        }
        case OpKind::kBitcastConvert:
            if (byteWidth(operands[0]->type().element()) != byteWidth(type.element()) ||
                bitWidth(type.element()) < 8 || bitWidth(operands[0]->type().element()) < 8 ||
                operands[0]->type().rank() != type.rank()) {
                return std::nullopt;
            }
            return Literal(type, {operands[0]->bytes().begin(), operands[0]->bytes().end()});
        default:
            break;
    }
    if (type.elementCount() > max_elements || type.elementCount() == 0) return std::nullopt;
    return evaluateSmall(op, operands);
}

}  // namespace optirs::plugin
