// Products: sums in double, or in integers that wrap.
#include "interpreter_tensor.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin::testing {
namespace {

/// A sum of products of elements of two tensors.
class Sum {
 public:
    void add(const Tensor& lhs, int64_t i, const Tensor& rhs, int64_t j) {
        if (isComplex(lhs.type.element())) {
            complex_ += complexAt(lhs, i) * complexAt(rhs, j);
            return;
        }
        if (isReal(lhs.type)) {
            real_ += lhs.reals[static_cast<size_t>(i)] * rhs.reals[static_cast<size_t>(j)];
            return;
        }
        const int64_t x = lhs.integers[static_cast<size_t>(i)];
        const int64_t y = rhs.integers[static_cast<size_t>(j)];
        any_ = any_ || (x != 0 && y != 0);
        integer_ += static_cast<uint64_t>(x) * static_cast<uint64_t>(y);
    }
    void store(Tensor& out, int64_t i) const {
        const ElementType type = out.type.element();
        const auto at = static_cast<size_t>(i);
        if (isComplex(type)) return setComplex(out, i, complex_.real(), complex_.imag());
        if (isReal(out.type)) {
            out.reals[at] = roundTo(real_, type);
        } else {
            out.integers[at] = isBoolean(type) ? int64_t{any_} : wrapTo(static_cast<int64_t>(integer_), type);
        }
    }

 private:
    double real_ = 0;
    std::complex<double> complex_;
    uint64_t integer_ = 0;
    bool any_ = false;
};

int64_t countOf(const Position& sizes) {
    int64_t count = 1;
    for (const int64_t size : sizes) count *= size;
    return count;
}

}  // namespace

Tensor dotGeneral(const Operation& op, const std::vector<Tensor>& in) {
    Tensor out = make(op.result()->tensor());
    const DotDimensions& d = dotDimensions(op);
    const Position lhs_free = others(in[0].type.rank(), {d.lhs_batch, d.lhs_contracting});
    const Position rhs_free = others(in[1].type.rank(), {d.rhs_batch, d.rhs_contracting});
    Position sizes;
    for (const int64_t dim : d.lhs_contracting) sizes.push_back(in[0].type.dim(dim));
    for (int64_t linear = 0; linear < out.size(); ++linear) {
        const Position index = unravel(linear, out.type.dims());
        Position lhs(in[0].type.dims().size());
        Position rhs(in[1].type.dims().size());
        size_t next = 0;
        for (size_t i = 0; i < d.lhs_batch.size(); ++i, ++next) {
            lhs[static_cast<size_t>(d.lhs_batch[i])] = index[next];
            rhs[static_cast<size_t>(d.rhs_batch[i])] = index[next];
        }
        for (const int64_t dim : lhs_free) lhs[static_cast<size_t>(dim)] = index[next++];
        for (const int64_t dim : rhs_free) rhs[static_cast<size_t>(dim)] = index[next++];
        Sum sum;
        for (int64_t k = 0; k < countOf(sizes); ++k) {
            const Position inner = unravel(k, sizes);
            for (size_t i = 0; i < inner.size(); ++i) {
                lhs[static_cast<size_t>(d.lhs_contracting[i])] = inner[i];
                rhs[static_cast<size_t>(d.rhs_contracting[i])] = inner[i];
            }
            sum.add(in[0], ravel(lhs, in[0].type.dims()), in[1], ravel(rhs, in[1].type.dims()));
        }
        sum.store(out, linear);
    }
    return out;
}

Tensor convolution(const Operation& op, const std::vector<Tensor>& in) {
    Tensor out = make(op.result()->tensor());
    const ConvolutionDimensions& d = convolutionDimensions(op);
    const auto spatial = window(op);
    const auto at = [](Position& index, int64_t dim) -> int64_t& { return index[static_cast<size_t>(dim)]; };
    const int64_t channels = in[1].type.dim(d.kernel_input_feature);
    const int64_t features = out.type.dim(d.output_feature);
    Position sizes;
    for (const WindowDimension& each : spatial) sizes.push_back(each.size);
    for (int64_t linear = 0; linear < out.size(); ++linear) {
        Position o = unravel(linear, out.type.dims());
        const int64_t feature = at(o, d.output_feature);
        const int64_t group = feature / (features / featureGroupCount(op));
        const int64_t batch_group = feature / (features / batchGroupCount(op));
        Sum sum;
        for (int64_t w = 0; w < countOf(sizes); ++w) {
            const Position offset = unravel(w, sizes);
            Position x(o.size());
            Position k(o.size());
            bool inside = true;
            for (size_t s = 0; s < sizes.size() && inside; ++s) {
                const WindowDimension& each = spatial[s];
                const int64_t position = at(o, d.output_spatial[s]) * each.stride +
                                         offset[s] * each.window_dilation - each.padding_low;
                inside = position >= 0 && position % each.base_dilation == 0 &&
                         position / each.base_dilation < in[0].type.dim(d.input_spatial[s]);
                at(x, d.input_spatial[s]) = position / each.base_dilation;
                at(k, d.kernel_spatial[s]) = each.reversal ? each.size - 1 - offset[s] : offset[s];
            }
            at(x, d.input_batch) = at(o, d.output_batch) + batch_group * out.type.dim(d.output_batch);
            at(k, d.kernel_output_feature) = feature;
            for (int64_t c = 0; c < channels && inside; ++c) {
                at(x, d.input_feature) = c + group * channels;
                at(k, d.kernel_input_feature) = c;
                sum.add(in[0], ravel(x, in[0].type.dims()), in[1], ravel(k, in[1].type.dims()));
            }
        }
        sum.store(out, linear);
    }
    return out;
}

}  // namespace optirs::plugin::testing
