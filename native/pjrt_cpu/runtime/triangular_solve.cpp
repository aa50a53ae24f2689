#include "pjrt_cpu/runtime/triangular_solve.h"

#include <algorithm>
#include <string>

#include "pjrt_cpu/runtime/linear_algebra.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

/// Right-hand sides that are solved together, as one line of the workspace.
constexpr int64_t kLanes = 64;

/// X op(A) = B is op(A)^T X^T = B^T: so one substitution, whose rows are gathered along or across B, serves
/// both sides, and a transposed A is the same matrix read across.
template <class S>
class TriangularSolveStep final : public Step {
 public:
    explicit TriangularSolveStep(TriangularSolveSpec spec)
        : spec_(std::move(spec)),
          n_(spec_.a_shape.back()),
          sides_(spec_.b_shape[spec_.b_shape.size() - (spec_.left_side ? 1 : 2)]),
          across_((spec_.form != TriangularSolveSpec::Form::kPlain) == spec_.left_side) {
        for (size_t d = 0; d + 2 < spec_.a_shape.size(); ++d) batch_ *= spec_.a_shape[d];
    }

    void run(const Frame& frame) const override {
        const auto* a = reinterpret_cast<const S*>(frame.buffers[static_cast<size_t>(spec_.a_allocation)]);
        const auto* b = reinterpret_cast<const S*>(frame.buffers[static_cast<size_t>(spec_.b_allocation)]);
        auto* out = reinterpret_cast<S*>(frame.buffers[static_cast<size_t>(spec_.out_allocation)]);
        const int64_t chunks = (sides_ + kLanes - 1) / kLanes;
        const int64_t grain = std::max<int64_t>(1, (int64_t{1} << 14) / (n_ * n_ + 1));
        frame.pool.parallelFor(batch_ * chunks, grain, [&](int64_t begin, int64_t end) {
            static thread_local std::vector<S> lines;
            lines.resize(static_cast<size_t>(n_ * std::min(kLanes, sides_)));
            for (int64_t task = begin; task < end; ++task) {
                const int64_t item = task / chunks;
                const int64_t first = task % chunks * kLanes;
                const int64_t count = std::min(kLanes, sides_ - first);
                const int64_t base = item * n_ * sides_ + first * laneStep();
                load(b + base, count, lines.data());
                solve(a + item * n_ * n_, count, lines.data());
                store(lines.data(), count, out + base);
            }
        });
    }

    std::string describe() const override {
        return "triangular_solve of " + TensorType(spec_.type, spec_.a_shape).toString() + " and " +
               TensorType(spec_.type, spec_.b_shape).toString();
    }

 private:
    int64_t laneStep() const { return spec_.left_side ? 1 : n_; }
    int64_t rowStep() const { return spec_.left_side ? sides_ : 1; }

    void load(const S* b, int64_t count, S* lines) const {
        for (int64_t i = 0; i < n_; ++i) {
            for (int64_t l = 0; l < count; ++l) lines[i * count + l] = b[i * rowStep() + l * laneStep()];
        }
    }
    void store(const S* lines, int64_t count, S* out) const {
        for (int64_t i = 0; i < n_; ++i) {
            for (int64_t l = 0; l < count; ++l) out[i * rowStep() + l * laneStep()] = lines[i * count + l];
        }
    }

    S element(const S* a, int64_t i, int64_t j) const {
        const S value = across_ ? a[j * n_ + i] : a[i * n_ + j];
        return spec_.form == TriangularSolveSpec::Form::kAdjoint ? conjugate(value) : value;
    }

    void solve(const S* a, int64_t count, S* lines) const {
        // Read across, an upper triangle is a lower one, which is solved from the first row on.
        const bool forward = spec_.lower != across_;
        for (int64_t step = 0; step < n_; ++step) {
            const int64_t i = forward ? step : n_ - 1 - step;
            S* __restrict own = lines + i * count;
            const int64_t begin = forward ? 0 : i + 1;
            const int64_t end = forward ? i : n_;
            for (int64_t j = begin; j < end; ++j) {
                const S factor = element(a, i, j);
                const S* __restrict other = lines + j * count;
                for (int64_t l = 0; l < count; ++l) own[l] = lessProduct(own[l], factor, other[l]);
            }
            if (spec_.unit_diagonal) continue;
            const S diagonal = element(a, i, i);
            for (int64_t l = 0; l < count; ++l) own[l] = own[l] / diagonal;
        }
    }

    TriangularSolveSpec spec_;
    int64_t n_;
    int64_t sides_;
    bool across_;
    int64_t batch_ = 1;
};

}  // namespace

std::unique_ptr<Step> makeTriangularSolveStep(const TriangularSolveSpec& spec) {
    const size_t rank = spec.a_shape.size();
    bool fits = rank >= 2 && spec.b_shape.size() == rank && spec.a_shape[rank - 1] == spec.a_shape[rank - 2];
    for (size_t d = 0; fits && d + 2 < rank; ++d) fits = spec.a_shape[d] == spec.b_shape[d];
    fits = fits && spec.b_shape[rank - (spec.left_side ? 2 : 1)] == spec.a_shape[rank - 1];
    if (!fits) {
        throw invalidArgument("triangular_solve of " + TensorType(spec.type, spec.a_shape).toString() +
                              " and " + TensorType(spec.type, spec.b_shape).toString() +
                              ": matrix and right-hand sides do not fit each other");
    }
    return withNumberType(spec.type, "triangular_solve", [&](auto number) -> std::unique_ptr<Step> {
        return std::make_unique<TriangularSolveStep<decltype(number)>>(spec);
    });
}

}  // namespace optirs::plugin
