#include "pjrt_cpu/runtime/convolution.h"

#include <algorithm>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/convolution_geometry.h"
#include "pjrt_cpu/runtime/onednn.h"
#include "pjrt_cpu/runtime/strided_copy.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

using dnnl::memory;

constexpr double kTaskFlops = 8e6;
constexpr double kMaxTasks = 16;

/// The primitive for one block of the batch or of the output features, with the copies to and from its
/// layouts.
class BlockConvolution {
 public:
    BlockConvolution(const ConvolutionGeometry& geometry, memory::data_type type, const ConvolutionView& lhs,
                     const ConvolutionView& rhs, const ConvolutionView& out)
        : lhs_(lhs.dims, type, lhs.strides), out_(out.dims, type, out.strides) {
        const auto any = [&](const ConvolutionView& of) {
            return memory::desc(of.dims, type, memory::format_tag::any);
        };
        const dnnl::primitive_attr attributes = scratchpadAttributes();
        if (geometry.transposed) {
            finish<dnnl::deconvolution_forward>(dnnl::deconvolution_forward::primitive_desc(
                dnnl::deconvolution_forward::desc(dnnl::prop_kind::forward_inference,
                                                  dnnl::algorithm::deconvolution_direct, any(lhs), any(rhs),
                                                  any(out), geometry.strides, geometry.dilations,
                                                  geometry.padding_low, geometry.padding_high),
                attributes, cpuEngine()));
        } else {
            finish<dnnl::convolution_forward>(dnnl::convolution_forward::primitive_desc(
                dnnl::convolution_forward::desc(dnnl::prop_kind::forward_inference,
                                                dnnl::algorithm::convolution_direct, any(lhs), any(rhs),
                                                any(out), geometry.strides, geometry.dilations,
                                                geometry.padding_low, geometry.padding_high),
                attributes, cpuEngine()));
        }
    }

    const memory::desc& kernel() const { return kernel_; }
    bool isReference() const { return implementation_.find("ref") != std::string::npos; }
    const std::string& implementation() const { return implementation_; }

    void run(const std::byte* lhs, const std::byte* kernel, std::byte* out) const {
        const dnnl::engine& engine = cpuEngine();
        dnnl::stream& stream = threadStream();
        const auto handle = [](const std::byte* data) {
            return const_cast<std::byte*>(data);
        };  // NOLINT: oneDNN's type
        memory source(lhs_, engine, handle(lhs));
        if (lhs_copy_) {
            memory packed(packed_lhs_, engine, threadScratch(ScratchSlot::kWork, packed_lhs_.get_size()));
            lhs_copy_.execute(stream, source, packed);
            source = packed;
        }
        const memory target(out_, engine, out);
        memory result = target;
        if (out_copy_) {
            result = memory(packed_out_, engine, threadScratch(ScratchSlot::kOut, packed_out_.get_size()));
        }
        const memory scratch(scratch_, engine, threadScratch(ScratchSlot::kPrimitive, scratch_.get_size()));
        convolution_.execute(stream, {{DNNL_ARG_SRC, source},
                                      {DNNL_ARG_WEIGHTS, memory(kernel_, engine, handle(kernel))},
                                      {DNNL_ARG_DST, result},
                                      {DNNL_ARG_SCRATCHPAD, scratch}});
        if (out_copy_) out_copy_.execute(stream, result, const_cast<memory&>(target));
    }

 private:
    template <class Primitive, class Description>
    void finish(const Description& description) {
        implementation_ = description.impl_info_str();
        scratch_ = description.scratchpad_desc();
        kernel_ = description.weights_desc();
        packed_lhs_ = description.src_desc();
        packed_out_ = description.dst_desc();
        convolution_ = Primitive(description);
        const dnnl::engine& engine = cpuEngine();
        if (packed_lhs_ != lhs_) lhs_copy_ = dnnl::reorder({engine, lhs_, engine, packed_lhs_});
        if (packed_out_ != out_) out_copy_ = dnnl::reorder({engine, packed_out_, engine, out_});
    }

    memory::desc lhs_, out_, packed_lhs_, packed_out_, kernel_, scratch_;
    dnnl::reorder lhs_copy_, out_copy_;
    dnnl::primitive convolution_;
    std::string implementation_;
};

class ConvolutionStep final : public Step {
 public:
    /// Null when oneDNN has only its reference code for this.
    static std::unique_ptr<Step> make(const ConvolutionSpec& spec, memory::data_type type) {
        const ConvolutionView lhs =
            convolutionView(spec.lhs_shape, spec.input_batch_dimension, spec.input_feature_dimension,
                            spec.input_spatial_dimensions);
        const ConvolutionView out =
            convolutionView(spec.out_shape, spec.output_batch_dimension, spec.output_feature_dimension,
                            spec.output_spatial_dimensions);
        ConvolutionView rhs =
            convolutionView(spec.rhs_shape, spec.kernel_output_feature_dimension,
                            spec.kernel_input_feature_dimension, spec.kernel_spatial_dimensions);
        const std::optional<ConvolutionGeometry> geometry = convolutionGeometry(spec, lhs, rhs, out);
        if (!geometry) return nullptr;

        auto step = std::unique_ptr<ConvolutionStep>(new ConvolutionStep(spec));
        if (geometry->flip_kernel) step->flipKernel(rhs);
        const int64_t groups = spec.feature_group_count;
        if (groups > 1) {
            const int64_t per_group = rhs.dims[0] / groups;
            rhs.dims[0] = per_group;
            rhs.dims.insert(rhs.dims.begin(), groups);
            rhs.strides.insert(rhs.strides.begin(), per_group * rhs.strides[0]);
        }
        step->kernel_ = memory::desc(rhs.dims, type, rhs.strides);
        step->prepareBlocks(*geometry, type, lhs, rhs, out);
        if (step->blocks_.front()->isReference()) return nullptr;
        return step;
    }

    void run(const Frame& frame) const override {
        const auto at = [&](int32_t allocation) { return frame.buffers[static_cast<size_t>(allocation)]; };
        const std::byte* lhs = at(spec_.lhs_allocation);
        const std::byte* kernel = at(spec_.rhs_allocation);
        std::byte* out = at(spec_.out_allocation);
        if (flips_) {
            std::byte* flipped =
                threadScratch(ScratchSlot::kRhs, static_cast<size_t>(kernel_elements_) *
                                                     static_cast<size_t>(byteWidth(spec_.rhs)));
            optirs::plugin::run(flip_, kernel + flip_offset_ * byteWidth(spec_.rhs), flipped, frame.pool);
            kernel = flipped;
        }
        withDnnl(optirs::plugin::describe(spec_), [&] {
            if (kernel_copy_) {
                const memory from(kernel_, cpuEngine(),
                                  const_cast<std::byte*>(kernel));  // NOLINT: oneDNN's type
                memory packed(packed_kernel_, cpuEngine(),
                              threadScratch(ScratchSlot::kLhs, packed_kernel_.get_size()));
                kernel_copy_.execute(threadStream(), const_cast<memory&>(from), packed);
                kernel = static_cast<const std::byte*>(packed.get_data_handle());
            }
        });
        frame.pool.parallelFor(tasks_, 1, [&](int64_t begin, int64_t end) {
            withDnnl(optirs::plugin::describe(spec_), [&] {
                for (int64_t task = begin; task < end; ++task) {
                    const bool rest = (task + 1) * block_ > batch_;
                    blocks_[rest ? 1 : 0]->run(lhs + task * lhs_step_, kernel, out + task * out_step_);
                }
            });
        });
    }

    std::string describe() const override {
        return optirs::plugin::describe(spec_) + " by " + blocks_.front()->implementation() + " in " +
               std::to_string(tasks_) + " tasks";
    }

 private:
    explicit ConvolutionStep(ConvolutionSpec spec) : spec_(std::move(spec)) {}

    void flipKernel(ConvolutionView& rhs) {
        flips_ = true;
        flip_.from = flip_.to = spec_.rhs;
        ConvolutionView dense = rhs;
        int64_t stride = 1;
        for (size_t d = rhs.dims.size(); d-- > 0;) {
            dense.strides[d] = stride;
            stride *= rhs.dims[d];
            const bool spatial = d >= 2;
            if (spatial) flip_offset_ += (rhs.dims[d] - 1) * rhs.strides[d];
            flip_.dims.push_back({rhs.dims[d], spatial ? -rhs.strides[d] : rhs.strides[d], dense.strides[d]});
        }
        kernel_elements_ = stride;
        flip_ = normalized(std::move(flip_));
        rhs = dense;
    }

    // Tasks are blocks of the batch: they share the kernel. Their number depends on the shape alone.
    void prepareBlocks(const ConvolutionGeometry& geometry, memory::data_type type, ConvolutionView lhs,
                       const ConvolutionView& rhs, ConvolutionView out) {
        batch_ = lhs.dims[0];
        double flops = 2;
        for (const int64_t size : out.dims) flops *= static_cast<double>(size);
        for (size_t d = rhs.dims.size() - out.dims.size() + 1; d < rhs.dims.size(); ++d) {
            flops *= static_cast<double>(rhs.dims[d]);
        }
        const auto wanted = static_cast<int64_t>(std::clamp(flops / kTaskFlops, 1.0, kMaxTasks));
        block_ = (batch_ + wanted - 1) / wanted;
        tasks_ = (batch_ + block_ - 1) / block_;
        lhs_step_ = block_ * lhs.strides[0] * byteWidth(spec_.lhs);
        out_step_ = block_ * out.strides[0] * byteWidth(spec_.out);
        const auto add = [&](int64_t size) {
            lhs.dims[0] = out.dims[0] = size;
            blocks_.push_back(std::make_unique<BlockConvolution>(geometry, type, lhs, rhs, out));
        };
        add(block_);
        packed_kernel_ = blocks_.front()->kernel();
        if (packed_kernel_ != kernel_)
            kernel_copy_ = dnnl::reorder({cpuEngine(), kernel_, cpuEngine(), packed_kernel_});
        const int64_t rest = batch_ % block_;
        if (rest == 0) return;
        add(rest);
        // The rest of the batch may want the kernel in another layout; then one task does it all.
        if (blocks_.back()->kernel() == packed_kernel_) return;
        blocks_.clear();
        block_ = batch_;
        tasks_ = 1;
        add(batch_);
        packed_kernel_ = blocks_.front()->kernel();
        kernel_copy_ = dnnl::reorder();
        if (packed_kernel_ != kernel_)
            kernel_copy_ = dnnl::reorder({cpuEngine(), kernel_, cpuEngine(), packed_kernel_});
    }

    ConvolutionSpec spec_;
    bool flips_ = false;
    StridedCopy flip_;
    int64_t flip_offset_ = 0;
    int64_t kernel_elements_ = 0;
    memory::desc kernel_, packed_kernel_;
    dnnl::reorder kernel_copy_;
    int64_t batch_ = 1, block_ = 1, tasks_ = 1;
    int64_t lhs_step_ = 0, out_step_ = 0;
    std::vector<std::unique_ptr<BlockConvolution>> blocks_;
};

}  // namespace

std::unique_ptr<Step> makeConvolutionStep(const ConvolutionSpec& spec) {
    const std::optional<memory::data_type> type = dnnlType(spec.lhs);
    const size_t rank = spec.input_spatial_dimensions.size();
    if (!type || spec.rhs != spec.lhs || spec.out != spec.lhs) return nullptr;
    if (rank < 1 || rank > 3 || spec.batch_group_count != 1) return nullptr;
    if (spec.kernel_spatial_dimensions.size() != rank || spec.output_spatial_dimensions.size() != rank ||
        spec.window_strides.size() != rank || spec.padding_low.size() != rank ||
        spec.padding_high.size() != rank || spec.lhs_dilation.size() != rank ||
        spec.rhs_dilation.size() != rank || spec.window_reversal.size() != rank) {
        throw invalidArgument(describe(spec) +
                              ": a window attribute has not one entry per spatial dimension");
    }
    for (const auto* shape : {&spec.lhs_shape, &spec.rhs_shape, &spec.out_shape}) {
        if (std::find(shape->begin(), shape->end(), 0) != shape->end()) return nullptr;
    }
    const SingleThreadedScope scope;
    try {
        if (auto step = makeKernelGradientStep(spec, *type)) return step;
        return orWinograd(spec, ConvolutionStep::make(spec, *type));
    } catch (const dnnl::error& error) {
        if (error.status == dnnl_unimplemented || error.status == dnnl_invalid_arguments) return nullptr;
        throwDnnl(describe(spec), error);
    }
}

}  // namespace optirs::plugin
