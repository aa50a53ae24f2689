#include "src/cpu/norm.h"

#include <algorithm>
#include <string>

#include "src/cpu/kernel_error.h"
#include "src/cpu/norm_rows.h"
#include "src/cpu/rows.h"
#include "src/cpu/softmax_rows.h"

namespace optirs::cpu {
namespace {

/// Both norms; RMS norms have neither beta nor mean.
struct Norm {
    const optirs_dl_tensor* x;
    const optirs_dl_tensor* gamma;
    const optirs_dl_tensor* beta;
    float epsilon;
    bool centers;
    const optirs_dl_tensor* out;
    const optirs_dl_tensor* mean;
    const optirs_dl_tensor* rstd;
    const optirs_dl_tensor* scale;
    const optirs_dl_tensor* amax;
};

/// A row of f32 for walks over rows of `work`, in a buffer of the calling thread, which all threads read;
/// NULL if there is no tensor.
const float* arranged(Element work, const optirs_dl_tensor* tensor, int slot) {
    const float* row = RowSource(tensor).row(0, slot);
    if (row == nullptr || work != Element::kBF16) {
        return row;
    }
    const int64_t length = Rows(*tensor).length;
    float* buffer = rowBuffer(slot + 4, length);
    arrangeRow(work, row, length, buffer);
    return buffer;
}

void forward(const Norm& norm, ThreadPool& pool) {
    const Rows rows(*norm.x);
    const Element work = workType({norm.x, norm.out});
    const RowSource x(norm.x);
    const float* gamma = arranged(work, norm.gamma, 4);
    const float* beta = arranged(work, norm.beta, 5);
    const RowTarget out(*norm.out, *norm.x, scalarOr(norm.scale, 1.0F));
    float* mean = norm.mean != nullptr ? dataOf<float>(*norm.mean) : nullptr;
    float* rstd = norm.rstd != nullptr ? dataOf<float>(*norm.rstd) : nullptr;
    const int64_t length = ThreadPool::rangeLength(rows.count, rows.grain());
    thread_local std::vector<uint32_t> largest_of_ranges;
    std::vector<uint32_t>& largest = largest_of_ranges;  // the calling thread's, in the lambda too
    largest.assign(static_cast<size_t>(rows.count / length + 1), 0);
    pool.parallelFor(rows.count, rows.grain(), [&](int64_t begin, int64_t end) {
        uint32_t bits = 0;
        for (int64_t row = begin; row < end; ++row) {
            const void* from = x.rowAs(work, row, 0);
            const RowStatistics statistics =
                statisticsOf(work, from, rows.length, norm.epsilon, norm.centers);
            void* to = out.beginAs(work, row, 1);
            normalizeRow(work, from, statistics, gamma, beta, rows.length, to);
            bits = std::max(bits, out.finishAs(work, row, to));
            if (mean != nullptr) {
                mean[row] = statistics.mean;
            }
            if (rstd != nullptr) {
                rstd[row] = statistics.rstd;
            }
        }
        out.end();
        largest[static_cast<size_t>(begin / length)] = bits;
    });
    if (norm.amax != nullptr) {
        *dataOf<float>(*norm.amax) = std::bit_cast<float>(*std::ranges::max_element(largest));
    }
}

struct NormBackward {
    const optirs_dl_tensor* dout;
    const optirs_dl_tensor* x;
    const optirs_dl_tensor* gamma;
    const optirs_dl_tensor* mean;
    const optirs_dl_tensor* rstd;
    bool centers;
    const optirs_dl_tensor* dx;
    const optirs_dl_tensor* dgamma;
    const optirs_dl_tensor* dbeta;
};

constexpr int64_t kSumsApart = 80;

/// Adds up what the ranges have summed, in their order, to the first of them.
void reduceSums(Element work, float* sums, int64_t ranges, int64_t stride, int64_t n,
                const optirs_dl_tensor* out) {
    if (out == nullptr) {
        return;
    }
    for (int64_t range = 1; range < ranges; ++range) {
        addTo(sums, Element::kF32, sums + range * stride, n);
    }
    const RowTarget target(*out, *out);
    float* to = target.begin(0, 6);
    restoreRow(work, sums, n, to);
    target.finish(0, to);
}

void backward(const NormBackward& norm, ThreadPool& pool) {
    const Rows rows(*norm.x);
    const Element work = workType({norm.x, norm.dout, norm.dx});
    const RowSource x(norm.x);
    const RowSource dout(norm.dout);
    const float* gamma = arranged(work, norm.gamma, 4);
    const RowTarget dx(*norm.dx, *norm.dout);
    const float* mean = norm.mean != nullptr ? dataOf<float>(*norm.mean) : nullptr;
    const auto* rstd = dataOf<float>(*norm.rstd);
    const int64_t grain = std::max<int64_t>(rows.grain(), (rows.count + 63) / 64);  // as many sums as ranges
    const int64_t length = ThreadPool::rangeLength(rows.count, grain);
    const int64_t ranges = std::max<int64_t>(1, (rows.count + length - 1) / length);
    const bool has_sums = norm.dgamma != nullptr || norm.dbeta != nullptr;
    // Not a multiple of a page apart: the processor would take a store to one for a store to the other.
    const int64_t stride = rows.length + kSumsApart;
    float* sums = has_sums ? rowBuffer(7, ranges * 2 * stride) : nullptr;
    if (has_sums && rows.count == 0) {
        std::fill_n(sums, 2 * stride, 0.0F);
    }
    pool.parallelFor(rows.count, grain, [&](int64_t begin, int64_t end) {
        float* dgamma = nullptr;
        float* dbeta = nullptr;
        if (has_sums) {
            float* of_range = sums + begin / length * 2 * stride;
            std::fill_n(of_range, 2 * stride, 0.0F);
            dgamma = norm.dgamma != nullptr ? of_range : nullptr;
            dbeta = norm.dbeta != nullptr ? of_range + stride : nullptr;
        }
        for (int64_t row = begin; row < end; ++row) {
            const RowStatistics statistics{mean != nullptr ? mean[row] : 0.0F, rstd[row]};
            void* to = dx.beginAs(work, row, 2);
            normalizeRowBackward(work, x.rowAs(work, row, 0), dout.rowAs(work, row, 1), statistics, gamma,
                                 rows.length, norm.centers, to, dgamma, dbeta);
            dx.finishAs(work, row, to);
        }
        dx.end();
    });
    if (has_sums) {
        reduceSums(work, sums, ranges, 2 * stride, rows.length, norm.dgamma);
        reduceSums(work, sums + stride, ranges, 2 * stride, rows.length, norm.dbeta);
    }
}

int64_t targetAt(const optirs_dl_tensor& targets, int64_t row) {
    return targets.dtype.bits == 64 ? dataOf<int64_t>(targets)[row] : int64_t{dataOf<int32_t>(targets)[row]};
}

}  // namespace

void run(const optirs_layer_norm_args& args, ThreadPool& pool) {
    forward({args.x, args.gamma, args.beta, static_cast<float>(args.epsilon), true, args.out, args.mean,
             args.rstd, args.scale, args.amax},
            pool);
}

void run(const optirs_rms_norm_args& args, ThreadPool& pool) {
    forward({args.x, args.gamma, nullptr, static_cast<float>(args.epsilon), false, args.out, nullptr,
             args.rstd, args.scale, args.amax},
            pool);
}

void run(const optirs_layer_norm_backward_args& args, ThreadPool& pool) {
    backward({args.dout, args.x, args.gamma, args.mean, args.rstd, true, args.dx, args.dgamma, args.dbeta},
             pool);
}

void run(const optirs_rms_norm_backward_args& args, ThreadPool& pool) {
    backward({args.dout, args.x, args.gamma, nullptr, args.rstd, false, args.dx, args.dgamma, nullptr}, pool);
}

void run(const optirs_softmax_args& args, ThreadPool& pool) {
    const Rows rows(*args.x);
    const RowSource x(args.x);
    const RowTarget out(*args.out, *args.x);
    const Element work = workType({args.x, args.out});
    pool.parallelFor(rows.count, rows.grain(), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            void* to = out.beginAs(work, row, 1);
            float* powers = work == Element::kF32 ? static_cast<float*>(to) : rowBuffer(2, rows.length);
            softmaxRow(work, x.rowAs(work, row, 0), static_cast<float>(args.scale), rows.length, powers, to);
            out.finishAs(work, row, to);
        }
        out.end();
    });
}

void run(const optirs_softmax_backward_args& args, ThreadPool& pool) {
    const Rows rows(*args.out);
    const RowSource out(args.out);
    const RowSource dout(args.dout);
    const RowTarget dx(*args.dx, *args.dout);
    const Element work = workType({args.out, args.dout, args.dx});
    pool.parallelFor(rows.count, rows.grain(), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            void* to = dx.beginAs(work, row, 2);
            softmaxRowBackward(work, out.rowAs(work, row, 0), dout.rowAs(work, row, 1),
                               static_cast<float>(args.scale), rows.length, to);
            dx.finishAs(work, row, to);
        }
        dx.end();
    });
}

void run(const optirs_cross_entropy_args& args, ThreadPool& pool) {
    const Rows rows(*args.logits);
    const RowSource logits(args.logits);
    for (int64_t row = 0; row < rows.count; ++row) {
        const int64_t target = targetAt(*args.targets, row);
        if (target != args.ignore_index && (target < 0 || target >= rows.length)) {
            throw KernelError(OPTIRS_OUT_OF_RANGE, "targets[" + std::to_string(row) + "] is " +
                                                       std::to_string(target) + "; there are " +
                                                       std::to_string(rows.length) + " classes");
        }
    }
    auto* loss = dataOf<float>(*args.loss);
    const auto smoothing = static_cast<float>(args.label_smoothing);
    const auto share = smoothing / static_cast<float>(rows.length);
    const float grad_scale = scalarOr(args.grad_scale, 1.0F);
    pool.parallelFor(rows.count, rows.grain(), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            const int64_t target = targetAt(*args.targets, row);
            const bool is_ignored = target == args.ignore_index;
            const float* x = logits.row(row, 0);
            const LogSum sums = logSumOf(x, rows.length);
            const float at_target = is_ignored ? 0.0F : x[target];
            const float mean = smoothing > 0 ? sums.sum / static_cast<float>(rows.length) : 0.0F;
            loss[row] = is_ignored ? 0.0F : sums.log_sum - (1 - smoothing) * at_target - smoothing * mean;
            if (args.dlogits == nullptr) {
                continue;
            }
            const RowTarget dlogits(*args.dlogits, *args.dlogits);
            float* to = dlogits.begin(row, 1);
            if (is_ignored) {
                std::fill_n(to, rows.length, 0.0F);
            } else {
                crossEntropyRowBackward(x, sums.log_sum, grad_scale, -share * grad_scale, rows.length, to);
                to[target] -= (1 - smoothing) * grad_scale;
            }
            dlogits.finish(row, to);
        }
    });
}

}  // namespace optirs::cpu
