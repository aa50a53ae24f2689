// A convolution's gradient with respect to its kernel. With x the input, y = x * w, and g the gradient of y,
//     dw[o, i, k] = sum over n, p of g[n, o, p] x[n, i, p stride + k dilation - padding]
// is itself a convolution of x with g, whose window is the whole image: batch and features are exchanged, and
// so are stride and dilation.
#include <algorithm>
#include <cstring>

#include "pjrt_cpu/runtime/convolution_geometry.h"
#include "pjrt_cpu/runtime/onednn.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

using dnnl::memory;

/// Parts of the batch, summed in order: their number depends on the shape alone.
constexpr int64_t kParts = 8;

int64_t volume(const memory::dims& dims, size_t from) {
    int64_t count = 1;
    for (size_t d = from; d < dims.size(); ++d) count *= dims[d];
    return count;
}

class KernelGradientStep final : public Step {
 public:
    KernelGradientStep(ConvolutionSpec spec, memory::data_type type, ConvolutionView x, ConvolutionView g,
                       const ConvolutionView& w, const ConvolutionGeometry& geometry)
        : spec_(std::move(spec)) {
        const int64_t batch = x.dims[0];
        parts_ = std::min(batch, kParts);
        while (batch % parts_ != 0) --parts_;
        x.dims[0] = g.dims[0] = batch / parts_;
        x_ = memory::desc(x.dims, type, x.strides);
        g_ = memory::desc(g.dims, type, g.strides);
        w_ = memory::desc(w.dims, type, w.strides);
        x_step_ = x.dims[0] * x.strides[0] * byteWidth(spec_.lhs);
        g_step_ = g.dims[0] * g.strides[0] * byteWidth(spec_.rhs);
        const auto any = [&](const ConvolutionView& of, memory::data_type of_type) {
            return memory::desc(of.dims, of_type, memory::format_tag::any);
        };
        const dnnl::engine& engine = cpuEngine();
        const dnnl::convolution_forward::primitive_desc hint(
            {dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, any(x, type),
             any(w, type), any(g, type), geometry.strides, geometry.dilations, geometry.padding_low,
             geometry.padding_high},
            engine);
        // Sums of bf16 products stay f32 until all parts are added.
        const dnnl::convolution_backward_weights::primitive_desc description(
            {dnnl::algorithm::convolution_direct, any(x, type), any(w, memory::data_type::f32), any(g, type),
             geometry.strides, geometry.dilations, geometry.padding_low, geometry.padding_high},
            scratchpadAttributes(), engine, hint);
        implementation_ = description.impl_info_str();
        scratch_ = description.scratchpad_desc();
        packed_x_ = description.src_desc();
        packed_g_ = description.diff_dst_desc();
        packed_w_ = description.diff_weights_desc();
        gradient_ = dnnl::convolution_backward_weights(description);
        if (packed_x_ != x_) x_copy_ = dnnl::reorder({engine, x_, engine, packed_x_});
        if (packed_g_ != g_) g_copy_ = dnnl::reorder({engine, g_, engine, packed_g_});
        w_copy_ = dnnl::reorder({engine, packed_w_, engine, w_});
    }

    bool isReference() const {
        return implementation_.find("ref") != std::string::npos ||
               implementation_.find("gemm") != std::string::npos;
    }

    void run(const Frame& frame) const override {
        const auto at = [&](int32_t allocation) { return frame.buffers[static_cast<size_t>(allocation)]; };
        const auto bytes = static_cast<int64_t>((packed_w_.get_size() + 63) / 64 * 64);
        std::byte* sums = threadScratch(ScratchSlot::kOut, static_cast<size_t>(bytes * parts_));
        frame.pool.parallelFor(parts_, 1, [&](int64_t begin, int64_t end) {
            withDnnl(optirs::plugin::describe(spec_), [&] {
                for (int64_t part = begin; part < end; ++part)
                    runPart(at(spec_.lhs_allocation) + part * x_step_,
                            at(spec_.rhs_allocation) + part * g_step_, sums + part * bytes);
            });
        });
        const auto count = static_cast<int64_t>(packed_w_.get_size() / sizeof(float));
        auto* total = reinterpret_cast<float*>(sums);
        constexpr int64_t kGrain = 16384;
        frame.pool.parallelFor(count, kGrain, [&](int64_t begin, int64_t end) {
            for (int64_t part = 1; part < parts_; ++part) {
                const auto* other = reinterpret_cast<const float*>(sums + part * bytes);
                for (int64_t i = begin; i < end; ++i) total[i] += other[i];
            }
        });
        withDnnl(optirs::plugin::describe(spec_), [&] {
            memory from(packed_w_, cpuEngine(), sums);
            memory to(w_, cpuEngine(), at(spec_.out_allocation));
            w_copy_.execute(threadStream(), from, to);
        });
    }

    std::string describe() const override {
        return optirs::plugin::describe(spec_) + " as a gradient by " + implementation_ + " in " +
               std::to_string(parts_) + " parts";
    }

 private:
    void runPart(std::byte* x, std::byte* g, std::byte* sum) const {
        const dnnl::engine& engine = cpuEngine();
        dnnl::stream& stream = threadStream();
        const auto packed = [&](const memory::desc& from, const memory::desc& to, const dnnl::reorder& copy,
                                std::byte* data, ScratchSlot slot) {
            memory source(from, engine, data);
            if (!copy) return source;
            memory target(to, engine, threadScratch(slot, to.get_size()));
            copy.execute(stream, source, target);
            return target;
        };
        gradient_.execute(
            stream,
            {{DNNL_ARG_SRC, packed(x_, packed_x_, x_copy_, x, ScratchSlot::kLhs)},
             {DNNL_ARG_DIFF_DST, packed(g_, packed_g_, g_copy_, g, ScratchSlot::kRhs)},
             {DNNL_ARG_DIFF_WEIGHTS, memory(packed_w_, engine, sum)},
             {DNNL_ARG_SCRATCHPAD,
              memory(scratch_, engine, threadScratch(ScratchSlot::kPrimitive, scratch_.get_size()))}});
    }

    ConvolutionSpec spec_;
    int64_t parts_ = 1;
    int64_t x_step_ = 0, g_step_ = 0;
    memory::desc x_, g_, w_, packed_x_, packed_g_, packed_w_, scratch_;
    dnnl::reorder x_copy_, g_copy_, w_copy_;
    dnnl::convolution_backward_weights gradient_;
    std::string implementation_;
};

}  // namespace

std::unique_ptr<Step> makeKernelGradientStep(const ConvolutionSpec& spec, memory::data_type type) {
    const auto is_one = [](int64_t value) { return value == 1; };
    if (spec.feature_group_count != 1 || !std::ranges::all_of(spec.lhs_dilation, is_one) ||
        std::ranges::find(spec.window_reversal, true) != spec.window_reversal.end())
        return nullptr;
    // Batch and features exchanged: see above.
    const ConvolutionView x = convolutionView(spec.lhs_shape, spec.input_feature_dimension,
                                              spec.input_batch_dimension, spec.input_spatial_dimensions);
    const ConvolutionView g =
        convolutionView(spec.rhs_shape, spec.kernel_input_feature_dimension,
                        spec.kernel_output_feature_dimension, spec.kernel_spatial_dimensions);
    const ConvolutionView w = convolutionView(spec.out_shape, spec.output_feature_dimension,
                                              spec.output_batch_dimension, spec.output_spatial_dimensions);
    constexpr size_t kSpatial = 2;
    if (volume(g.dims, kSpatial) <= volume(w.dims, kSpatial)) return nullptr;
    ConvolutionGeometry geometry;
    for (size_t d = 0; d < spec.window_strides.size(); ++d) {
        const int64_t stride = spec.rhs_dilation[d];
        const int64_t dilation = spec.window_strides[d];
        const int64_t low = spec.padding_low[d];
        const int64_t reach = (w.dims[kSpatial + d] - 1) * dilation;
        const int64_t high = (g.dims[kSpatial + d] - 1) * stride + reach + 1 - x.dims[kSpatial + d] - low;
        if (low < 0 || high < 0) return nullptr;
        geometry.strides.push_back(stride);
        geometry.dilations.push_back(dilation - 1);
        geometry.padding_low.push_back(low);
        geometry.padding_high.push_back(high);
    }
    if (auto tiles = makeTileGradientStep(spec, x, g, w, geometry)) return tiles;
    try {
        auto step = std::make_unique<KernelGradientStep>(spec, type, x, g, w, geometry);
        if (step->isReference()) return nullptr;
        return step;
    } catch (const dnnl::error& error) {
        if (error.status == dnnl_unimplemented || error.status == dnnl_invalid_arguments) return nullptr;
        throw;
    }
}

}  // namespace optirs::plugin
