#include "pjrt_cpu/runtime/cholesky.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "pjrt_cpu/runtime/linear_algebra.h"
#include "src/cpu/thread_pool.h"

// The blocked right-looking algorithm: G. Golub, C. Van Loan, "Matrix Computations", 4th ed., 4.2.

namespace optirs::plugin {
namespace {

/// Columns that are eliminated together.
constexpr int64_t kBlock = 48;
/// Rows that one task updates.
constexpr int64_t kTaskRows = 16;

/// Factors one matrix in place; only the lower triangle is read and written.
template <class S>
class Factorisation {
 public:
    Factorisation(S* matrix, int64_t n, ThreadPool& pool) : a_(matrix), n_(n), pool_(pool) {}

    /// False when the matrix is not positive definite.
    bool run() {
        for (int64_t first = 0; first < n_; first += kBlock) {
            const int64_t end = std::min(first + kBlock, n_);
            for (int64_t i = first; i < end; ++i) {
                eliminate(i, first, i);
                decltype(realPart(S{})) pivot = realPart(row(i)[i]);
                for (int64_t p = first; p < i; ++p) pivot -= std::norm(row(i)[p]);
                if (!(pivot > 0) || !std::isfinite(pivot)) return false;
                row(i)[i] = std::sqrt(pivot);
            }
            if (end < n_) updateRest(first, end);
        }
        return true;
    }

 private:
    S* row(int64_t i) { return a_ + i * n_; }

    /// Row i of the factor in columns [first, end), by forward substitution.
    void eliminate(int64_t i, int64_t first, int64_t end) {
        S* own = row(i);
        for (int64_t j = first; j < end; ++j) {
            const S* other = row(j);
            S sum = own[j];
            for (int64_t p = first; p < j; ++p) sum = lessProduct(sum, own[p], conjugate(other[p]));
            own[j] = sum / realPart(other[j]);
        }
    }

    /// The rows below the block: their part of the factor, and what that takes from the rest of the matrix.
    void updateRest(int64_t first, int64_t end) {
        const int64_t below = n_ - end;
        static thread_local std::vector<S> panel;  // the rows' part of the factor, conjugate transposed
        panel.resize(static_cast<size_t>(below * (end - first)));
        S* const across = panel.data();
        pool_.parallelFor(below, kTaskRows, [&](int64_t begin, int64_t stop) {
            for (int64_t i = end + begin; i < end + stop; ++i) {
                eliminate(i, first, end);
                for (int64_t p = first; p < end; ++p)
                    across[(p - first) * below + i - end] = conjugate(row(i)[p]);
            }
        });
        pool_.parallelFor(below, kTaskRows, [&](int64_t begin, int64_t stop) {
            for (int64_t i = end + begin; i < end + stop; ++i) {
                S* __restrict own = row(i) + end;
                for (int64_t p = first; p < end; ++p) {
                    const S factor = row(i)[p];
                    const S* __restrict line = across + (p - first) * below;
                    for (int64_t j = 0; j <= i - end; ++j) own[j] = lessProduct(own[j], factor, line[j]);
                }
            }
        });
    }

    S* a_;
    int64_t n_;
    ThreadPool& pool_;
};

template <class S>
class CholeskyStep final : public Step {
 public:
    explicit CholeskyStep(CholeskySpec spec) : spec_(std::move(spec)), n_(spec_.shape.back()) {
        for (size_t d = 0; d + 2 < spec_.shape.size(); ++d) batch_ *= spec_.shape[d];
    }

    void run(const Frame& frame) const override {
        const auto* in = reinterpret_cast<const S*>(frame.buffers[static_cast<size_t>(spec_.in_allocation)]);
        auto* out = reinterpret_cast<S*>(frame.buffers[static_cast<size_t>(spec_.out_allocation)]);
        if (n_ == 0) return;
        frame.pool.parallelFor(batch_, 1, [&](int64_t begin, int64_t end) {
            for (int64_t b = begin; b < end; ++b) factor(in + b * n_ * n_, out + b * n_ * n_, frame.pool);
        });
    }

    std::string describe() const override {
        return std::string(spec_.lower ? "lower" : "upper") + " cholesky of " +
               TensorType(spec_.type, spec_.shape).toString();
    }

 private:
    void factor(const S* in, S* out, ThreadPool& pool) const {
        for (int64_t i = 0; i < n_; ++i) {
            for (int64_t j = 0; j <= i; ++j)
                out[i * n_ + j] = spec_.lower ? in[i * n_ + j] : conjugate(in[j * n_ + i]);
        }
        const bool definite = Factorisation<S>(out, n_, pool).run();
        const S nan = std::numeric_limits<decltype(realPart(S{}))>::quiet_NaN();
        for (int64_t i = 0; i < n_; ++i) {
            for (int64_t j = 0; j <= i; ++j) {
                const S value = definite ? out[i * n_ + j] : nan;
                out[i * n_ + j] = out[j * n_ + i] = S(0);
                if (spec_.lower)
                    out[i * n_ + j] = value;
                else
                    out[j * n_ + i] = conjugate(value);
            }
        }
    }

    CholeskySpec spec_;
    int64_t n_;
    int64_t batch_ = 1;
};

}  // namespace

std::unique_ptr<Step> makeCholeskyStep(const CholeskySpec& spec) {
    const size_t rank = spec.shape.size();
    if (rank < 2 || spec.shape[rank - 1] != spec.shape[rank - 2]) {
        throw invalidArgument("cholesky of " + TensorType(spec.type, spec.shape).toString() +
                              ": the last two dimensions should be equal");
    }
    return withNumberType(spec.type, "cholesky", [&](auto number) -> std::unique_ptr<Step> {
        return std::make_unique<CholeskyStep<decltype(number)>>(spec);
    });
}

}  // namespace optirs::plugin
