#include "pjrt_cpu/runtime/fft.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <string>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/fft_plan.h"
#include "pjrt_cpu/runtime/fft_real.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

/// Lines that are transformed together: one cache line of real parts.
constexpr int64_t kLanes = 16;
constexpr int64_t kTaskPoints = int64_t{1} << 13;

int64_t product(std::vector<int64_t>::const_iterator begin, std::vector<int64_t>::const_iterator end) {
    return std::accumulate(begin, end, int64_t{1}, std::multiplies<>());
}

/// The transform along one axis of an array.
template <class T>
class AxisTransform {
 public:
    AxisTransform(FftKind kind, int64_t n, int64_t outer, int64_t inner)
        : kind_(kind), n_(n), outer_(outer), inner_(inner), plan_(halved() ? n / 2 : n) {
        if (!halved()) return;
        roots_.resize(static_cast<size_t>(2 * (n / 2 + 1)));
        for (int64_t k = 0; k <= n / 2; ++k) rootOfUnity(k, n, roots_.data() + 2 * k);
    }

    void run(const std::byte* in, std::byte* out, ThreadPool& pool) const {
        const auto* from = reinterpret_cast<const T*>(in);
        auto* to = reinterpret_cast<T*>(out);
        // Lines of one row of blocks lie side by side: along the inner dimensions, or, when there are none,
        // along the outer ones.
        const int64_t across = inner_ == 1 ? outer_ : inner_;
        const int64_t rows = inner_ == 1 ? 1 : outer_;
        const int64_t blocks = (across + kLanes - 1) / kLanes;
        const int64_t grain = std::max<int64_t>(1, kTaskPoints / (n_ * std::min(kLanes, across)));
        pool.parallelFor(rows * blocks, grain, [&](int64_t begin, int64_t end) {
            static thread_local std::vector<T> workspace;
            for (int64_t block = begin; block < end; ++block) {
                const int64_t first = block % blocks * kLanes;
                transformBlock(from, to, block / blocks, first, std::min(kLanes, across - first), workspace);
            }
        });
    }

 private:
    bool fromReal() const { return kind_ == FftKind::kRealToComplex; }
    bool toReal() const { return kind_ == FftKind::kComplexToReal; }
    bool halved() const { return (fromReal() || toReal()) && n_ % 2 == 0; }

    void transformBlock(const T* in, T* out, int64_t row, int64_t first, int64_t lanes,
                        std::vector<T>& workspace) const {
        const int64_t rows = n_ + 1;
        const int64_t scratch_size = std::max(plan_.scratchPerLane(), rows) * lanes;
        workspace.resize(static_cast<size_t>(2 * (rows * lanes + scratch_size)));
        Lines<T> data = {workspace.data(), workspace.data() + rows * lanes};
        Lines<T> scratch = {data.im + rows * lanes, data.im + rows * lanes + scratch_size};
        const int64_t in_count = toReal() ? n_ / 2 + 1 : n_;
        const int64_t out_count = fromReal() ? n_ / 2 + 1 : n_;
        // Distance of neighbouring points and of neighbouring lines, in points.
        const int64_t in_lane = inner_ == 1 ? in_count : 1;
        const int64_t out_lane = inner_ == 1 ? out_count : 1;
        const int64_t in_base = row * in_count * inner_ + first * in_lane;
        const int64_t out_base = row * out_count * inner_ + first * out_lane;
        if (fromReal()) {
            loadReal(in + in_base, in_lane, data, lanes);
        } else {
            loadComplex(in + 2 * in_base, in_lane, in_count, data, lanes);
        }
        if (toReal()) expand(data, scratch, lanes);
        const bool inverse = toReal() || kind_ == FftKind::kComplexInverse;
        if (inverse) swapParts(data, scratch);
        Lines<T> done = plan_.transform(data, scratch, lanes);
        if (done.re == scratch.re) std::swap(data, scratch);
        if (inverse) std::swap(done.re, done.im);
        if (toReal()) {
            storeReal(done, out + out_base, out_lane, lanes);
            return;
        }
        if (fromReal() && halved()) {
            splitSpectrum(n_, roots_, done, scratch, lanes);
            done = scratch;
        } else if (fromReal()) {
            std::fill(done.im, done.im + lanes, T(0));  // a sum of real numbers
        }
        storeComplex(done, out + 2 * out_base, out_lane, out_count, lanes);
    }

    static void swapParts(Lines<T>& a, Lines<T>& b) {
        std::swap(a.re, a.im);
        std::swap(b.re, b.im);
    }

    void loadComplex(const T* in, int64_t lane_step, int64_t count, Lines<T> to, int64_t lanes) const {
        for (int64_t k = 0; k < count; ++k) {
            for (int64_t l = 0; l < lanes; ++l) {
                const T* point = in + 2 * (k * inner_ + l * lane_step);
                to.re[k * lanes + l] = point[0];
                to.im[k * lanes + l] = point[1];
            }
        }
    }

    /// Points 2k and 2k + 1 become one complex one when n is even.
    void loadReal(const T* in, int64_t lane_step, Lines<T> to, int64_t lanes) const {
        const int64_t count = halved() ? n_ / 2 : n_;
        const int64_t step = halved() ? 2 : 1;
        for (int64_t k = 0; k < count; ++k) {
            for (int64_t l = 0; l < lanes; ++l) {
                const T* point = in + k * step * inner_ + l * lane_step;
                to.re[k * lanes + l] = point[0];
                to.im[k * lanes + l] = halved() ? point[inner_] : T(0);
            }
        }
    }

    /// From half a spectrum to what the inverse transform takes.
    void expand(Lines<T>& data, Lines<T>& scratch, int64_t lanes) const {
        if (halved()) {
            joinSpectrum(n_, roots_, data, scratch, lanes);
            // Both are large enough for either role only where the scratch is no larger than the data.
            std::copy(scratch.re, scratch.re + n_ / 2 * lanes, data.re);
            std::copy(scratch.im, scratch.im + n_ / 2 * lanes, data.im);
            return;
        }
        std::fill(data.im, data.im + lanes, T(0));
        for (int64_t k = n_ / 2 + 1; k < n_; ++k) {
            for (int64_t l = 0; l < lanes; ++l) {
                data.re[k * lanes + l] = data.re[(n_ - k) * lanes + l];
                data.im[k * lanes + l] = -data.im[(n_ - k) * lanes + l];
            }
        }
    }

    void storeComplex(Lines<T> from, T* out, int64_t lane_step, int64_t count, int64_t lanes) const {
        const T divisor = kind_ == FftKind::kComplexInverse ? static_cast<T>(n_) : T(1);
        for (int64_t k = 0; k < count; ++k) {
            for (int64_t l = 0; l < lanes; ++l) {
                T* point = out + 2 * (k * inner_ + l * lane_step);
                point[0] = from.re[k * lanes + l] / divisor;
                point[1] = from.im[k * lanes + l] / divisor;
            }
        }
    }

    void storeReal(Lines<T> from, T* out, int64_t lane_step, int64_t lanes) const {
        // The halved transform leaves twice the points, of n/2 terms each: both factors make n.
        const auto divisor = static_cast<T>(n_);
        const int64_t count = halved() ? n_ / 2 : n_;
        const int64_t step = halved() ? 2 : 1;
        for (int64_t k = 0; k < count; ++k) {
            for (int64_t l = 0; l < lanes; ++l) {
                T* point = out + k * step * inner_ + l * lane_step;
                point[0] = from.re[k * lanes + l] / divisor;
                if (halved()) point[inner_] = from.im[k * lanes + l] / divisor;
            }
        }
    }

    FftKind kind_;
    int64_t n_, outer_, inner_;
    FftPlan<T> plan_;
    std::vector<T> roots_;
};

template <class T>
class FftStep final : public Step {
 public:
    explicit FftStep(FftSpec spec) : spec_(std::move(spec)) {
        out_bytes_ = product(spec_.out_shape.begin(), spec_.out_shape.end()) *
                     static_cast<int64_t>(sizeof(T)) * (spec_.kind == FftKind::kComplexToReal ? 1 : 2);
        if (product(spec_.in_shape.begin(), spec_.in_shape.end()) == 0 || out_bytes_ == 0) return;
        const bool from_real = spec_.kind == FftKind::kRealToComplex;
        const bool to_real = spec_.kind == FftKind::kComplexToReal;
        // The axis that is half stored comes first when its input is real, last when its output is.
        const size_t count = spec_.lengths.size();
        const size_t first_axis = spec_.out_shape.size() - count;
        for (size_t i = 0; i < count; ++i) {
            const size_t axis = first_axis + (to_real ? i : count - 1 - i);
            const bool last_axis = axis + 1 == spec_.out_shape.size();
            const FftKind kind = last_axis   ? spec_.kind
                                 : from_real ? FftKind::kComplex
                                 : to_real   ? FftKind::kComplexInverse
                                             : spec_.kind;
            const auto& shape = last_axis || !to_real ? spec_.out_shape : spec_.in_shape;
            const auto here = shape.begin() + static_cast<std::ptrdiff_t>(axis);
            axes_.emplace_back(kind, spec_.lengths[axis - first_axis], product(shape.begin(), here),
                               product(here + 1, shape.end()));
        }
    }

    void run(const Frame& frame) const override {
        const std::byte* from = frame.buffers[static_cast<size_t>(spec_.in_allocation)];
        std::byte* out = frame.buffers[static_cast<size_t>(spec_.out_allocation)];
        if (axes_.empty() && out_bytes_ > 0) std::memset(out, 0, static_cast<size_t>(out_bytes_));
        for (size_t i = 0; i < axes_.size(); ++i) {
            const bool to_scratch = spec_.kind == FftKind::kComplexToReal && i + 1 < axes_.size();
            std::byte* to = to_scratch ? frame.buffers[static_cast<size_t>(spec_.scratch_allocation)] : out;
            axes_[i].run(from, to, frame.pool);
            from = to;
        }
    }

    std::string describe() const override {
        return "fft over the last " + std::to_string(spec_.lengths.size()) + " dimensions of " +
               TensorType(spec_.real, spec_.out_shape).toString();
    }

 private:
    FftSpec spec_;
    int64_t out_bytes_ = 0;
    std::vector<AxisTransform<T>> axes_;
};

}  // namespace

std::unique_ptr<Step> makeFftStep(const FftSpec& spec) {
    const size_t rank = spec.in_shape.size();
    const size_t count = spec.lengths.size();
    bool fits = spec.out_shape.size() == rank && count >= 1 && count <= rank;
    for (size_t d = 0; fits && d < rank; ++d) {
        const bool transformed = d + count >= rank;
        const int64_t n = transformed ? spec.lengths[d + count - rank] : spec.in_shape[d];
        const int64_t stored = d + 1 == rank ? n / 2 + 1 : n;
        const int64_t in = spec.kind == FftKind::kComplexToReal ? stored : n;
        const int64_t out = spec.kind == FftKind::kRealToComplex ? stored : n;
        // Arrays without elements keep their shape.
        const bool is_empty = spec.in_shape[d] == 0;
        fits = n >= 0 && (is_empty || (spec.in_shape[d] == in && spec.out_shape[d] == out));
    }
    const bool needs_scratch = spec.kind == FftKind::kComplexToReal && count > 1;
    if (!fits || (needs_scratch && spec.scratch_allocation < 0)) {
        throw invalidArgument("fft from " + TensorType(spec.real, spec.in_shape).toString() + " to " +
                              TensorType(spec.real, spec.out_shape).toString() + " over " +
                              std::to_string(count) + " lengths that do not fit these shapes");
    }
    if (spec.real == ElementType::kF32) return std::make_unique<FftStep<float>>(spec);
    if (spec.real == ElementType::kF64) return std::make_unique<FftStep<double>>(spec);
    throw unimplemented("fft of " + std::string(elementTypeName(spec.real)) + "; it takes f32 and f64");
}

}  // namespace optirs::plugin
