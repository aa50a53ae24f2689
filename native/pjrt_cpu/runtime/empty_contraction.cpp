#include "pjrt_cpu/runtime/empty_contraction.h"

#include <string>
#include <utility>
#include <vector>

#include "pjrt_cpu/runtime/contraction_plan.h"
#include "pjrt_cpu/runtime/strided_copy.h"

namespace optirs::plugin {
namespace {

class EmptyContractionStep final : public Step {
 public:
    explicit EmptyContractionStep(ContractionSpec spec) : spec_(std::move(spec)) {
        for (const ContractionSpec::Dim& dim : spec_.dims) {
            if (dim.kind == ContractionSpec::Kind::kK) continue;
            zeros_.dims.push_back({dim.size, 0, dim.out_stride});
            if (dim.kind != ContractionSpec::Kind::kN) rows_ *= dim.size;
        }
        zeros_.from = zeros_.to = spec_.out;
        zeros_ = normalized(std::move(zeros_));
    }

    void run(const Frame& frame) const override {
        constexpr std::byte kZero[16] = {};
        std::byte* out = frame.buffers[static_cast<size_t>(spec_.out_allocation)] +
                         spec_.out_offset * byteWidth(spec_.out);
        optirs::plugin::run(zeros_, kZero, out, frame.pool);
        if (spec_.epilogue == nullptr) return;
        std::vector<std::byte*> buffers;
        buffers.reserve(spec_.epilogue_allocations.size());
        for (const int32_t allocation : spec_.epilogue_allocations) {
            buffers.push_back(frame.buffers[static_cast<size_t>(allocation)]);
        }
        if (rows_ > 0) spec_.epilogue(buffers.data(), 0, rows_);
    }

    std::string describe() const override { return "empty contraction " + optirs::plugin::describe(spec_); }

 private:
    ContractionSpec spec_;
    StridedCopy zeros_;
    int64_t rows_ = 1;
};

}  // namespace

std::unique_ptr<Step> makeEmptyContractionStep(const ContractionSpec& spec) {
    return std::make_unique<EmptyContractionStep>(spec);
}

}  // namespace optirs::plugin
