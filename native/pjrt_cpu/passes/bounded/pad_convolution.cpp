// convolution and dynamic_conv.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"
#include "pjrt_cpu/stablehlo/shape_rules.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {
namespace {

/// Zeros past the sizes, in what is summed over and in what a window sees behind the last element.
class Convolution {
 public:
    explicit Convolution(BoundedOp& op)
        : op_(op),
          numbers_(convolutionDimensions(op.op)),
          windows_(window(op.op)),
          lhs_(op.operand(0)),
          rhs_(op.operand(1)),
          lhs_sizes_(op.sizesOf(lhs_)),
          rhs_sizes_(op.sizesOf(rhs_)),
          sizes_(lhs_sizes_.size()) {}

    void run() {
        refuseGroups();
        for (const int64_t dim : numbers_.kernel_spatial) {
            if (op_.sizeOf(rhs_, dim) != nullptr)
                op_.refuse(dim, "is one of the window", "give the kernel a static window");
        }
        maskFeatures();
        sizes_[at(numbers_.output_batch)] = lhs_sizes_[at(numbers_.input_batch)];
        sizes_[at(numbers_.output_feature)] = rhs_sizes_[at(numbers_.kernel_output_feature)];
        NamedAttributes attributes = op_.op.attributes();
        if (op_.op.kind() == OpKind::kDynamicConv) {
            writePaddingOut();
            attributes.erase("lhs_dilation");
            attributes.erase("padding");
        } else {
            for (size_t i = 0; i < windows_.size(); ++i) slide(i);
        }
        Value* const operands[] = {lhs_, rhs_};
        const Type declared = op_.op.result()->type();
        Operation& made =
            *op_.build.create(OpKind::kConvolution, operands, {&declared, 1}, std::move(attributes));
        made.result()->setType(inferTypes(made).front());
        op_.replace(made.result(), std::move(sizes_));
    }

 private:
    static size_t at(int64_t dim) { return static_cast<size_t>(dim); }

    void refuseGroups() const {
        const auto refuse = [this](const Value* operand, int64_t dim) {
            if (op_.sizeOf(operand, dim) != nullptr)
                op_.refuse(dim, "is divided into groups", "convolve each group on its own");
        };
        if (batchGroupCount(op_.op) > 1) refuse(lhs_, numbers_.input_batch);
        if (batchGroupCount(op_.op) == 1 && featureGroupCount(op_.op) == 1) return;
        refuse(lhs_, numbers_.input_feature);
        refuse(rhs_, numbers_.kernel_input_feature);
        refuse(rhs_, numbers_.kernel_output_feature);
    }

    /// What is summed over has one size on both sides.
    void maskFeatures() {
        const int64_t left = numbers_.input_feature;
        const int64_t right = numbers_.kernel_input_feature;
        Value*& size = lhs_sizes_[at(left)];
        if (size == nullptr) size = rhs_sizes_[at(right)];
        rhs_sizes_[at(right)] = size;
        if (size == nullptr) return;
        std::vector<int64_t> input = dimsOf(lhs_);
        std::vector<int64_t> kernel = dimsOf(rhs_);
        input[at(left)] = kernel[at(right)] = std::min(input[at(left)], kernel[at(right)]);
        lhs_ = op_.fit(lhs_, input);
        rhs_ = op_.fit(rhs_, kernel);
        lhs_ = op_.masked(lhs_, lhs_sizes_, std::span(&left, 1), op_.zero(lhs_));
        rhs_ = op_.masked(rhs_, rhs_sizes_, std::span(&right, 1), op_.zero(rhs_));
    }

    void slide(size_t i) {
        const WindowDimension& w = windows_[i];
        const int64_t from = numbers_.input_spatial[i];
        Value* const size = lhs_sizes_[at(from)];
        if (size == nullptr) return;
        if (w.padding_high > 0) lhs_ = op_.masked(lhs_, lhs_sizes_, std::span(&from, 1), op_.zero(lhs_));
        sizes_[at(numbers_.output_spatial[i])] =
            windowed(op_, size, w, windowedSize(lhs_->tensor().dim(from), w));
    }

    /// Padding that an operand gives becomes elements: as many as the bound of the result can see.
    void writePaddingOut() {
        const std::vector<int64_t> bounds = op_.declaredDims();
        const auto count = static_cast<int64_t>(windows_.size());
        Value* padding = op_.build.reshape(op_.operand(2), {2 * count});
        for (int64_t i = 0; i < count; ++i) {
            const WindowDimension& w = windows_[at(i)];
            const int64_t from = numbers_.input_spatial[at(i)];
            const int64_t to = numbers_.output_spatial[at(i)];
            Value* low = op_.element(padding, 2 * i);
            Value* high = op_.element(padding, 2 * i + 1);
            Value* size = lhs_sizes_[at(from)];
            if (size == nullptr) size = op_.number(lhs_->tensor().dim(from));
            if (op_.isUnknown(to))
                sizes_[at(to)] = windowed(op_, size, op_.add(low, high), w, bounds[at(to)]);
            int64_t seen = 0;
            if (__builtin_mul_overflow(std::max<int64_t>(bounds[at(to)] - 1, 0), w.stride, &seen) ||
                seen > INT32_MAX)
                op_.refuse(to, "sees more than 2^31 elements", "give it a smaller bound");
            seen += extentOf(op_, w);
            lhs_ = op_.place(lhs_, from, seen, low, op_.number(w.base_dilation), size, op_.zero(lhs_));
        }
    }

    BoundedOp& op_;
    const ConvolutionDimensions numbers_;
    const std::vector<WindowDimension> windows_;
    Value* lhs_;
    Value* rhs_;
    Sizes lhs_sizes_;
    Sizes rhs_sizes_;
    Sizes sizes_;
};

}  // namespace

void padConvolution(BoundedOp& op) { Convolution(op).run(); }

}  // namespace optirs::plugin
