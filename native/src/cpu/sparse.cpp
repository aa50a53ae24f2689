#include "src/cpu/sparse.h"

#include <algorithm>
#include <utility>

#include "src/cpu/indices.h"
#include "src/cpu/optimizer_rules.h"
#include "src/cpu/rows.h"

namespace optirs::cpu {
namespace {

/// Positions of gradients by the row that they belong to. Memory of the calling thread that grows only.
struct Touched {
    explicit Touched(const optirs_dl_tensor& indices) {
        const int64_t count = elementCount(indices);
        order.clear();
        firsts.clear();
        for (int64_t i = 0; i < count; ++i) {
            order.emplace_back(indexAt(indices, i), i);
        }
        // Equal rows keep the order of their gradients, so that sums are the same each time.
        std::ranges::sort(order);
        for (int64_t i = 0; i < count; ++i) {
            const auto at = static_cast<size_t>(i);
            if (i == 0 || order[at].first != order[at - 1].first) {
                firsts.push_back(i);
            }
        }
        rows = static_cast<int64_t>(firsts.size());
        firsts.push_back(count);
    }

    static std::vector<std::pair<int64_t, int64_t>>& orders() {
        thread_local std::vector<std::pair<int64_t, int64_t>> memory;
        return memory;
    }
    static std::vector<int64_t>& starts() {
        thread_local std::vector<int64_t> memory;
        return memory;
    }

    std::vector<std::pair<int64_t, int64_t>>& order = orders();  // row, position
    std::vector<int64_t>& firsts = starts();                     // where in it each row begins, and the end
    int64_t rows = 0;
};

}  // namespace

void run(const optirs_sparse_adam_args& args, ThreadPool& pool) {
    const int64_t width = args.param->shape[1];
    checkIndices("indices", *args.indices, args.param->shape[0]);
    const Touched touched(*args.indices);
    const RuleConstants constants = adamConstants(Rule::kAdam, args, args.weight_decay, args.learning_rate);
    const float scale = scalarOr(args.grad_scale, 1.0F);
    const Element grad_type = elementOf(args.grads->dtype);
    const char* grads = dataOf<char>(*args.grads);
    const RowSource params(args.param);
    const RowTarget updated(*args.param, *args.param);
    pool.parallelFor(touched.rows, Rows(*args.param).grain(), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            const int64_t first = touched.firsts[static_cast<size_t>(i)];
            const int64_t last = touched.firsts[static_cast<size_t>(i) + 1];
            const int64_t row = touched.order[static_cast<size_t>(first)].first;
            float* grad = rowBuffer(0, width);
            std::fill_n(grad, width, 0.0F);
            for (int64_t j = first; j < last; ++j) {
                addTo(grad, grad_type,
                      grads + touched.order[static_cast<size_t>(j)].second * width * byteSize(grad_type),
                      width);
            }
            if (scale != 1.0F) {
                convert(Element::kF32, grad, scale, Element::kF32, grad, width);
            }
            params.row(row, 1);  // to where the row is written from, unless it is f32 and updated in place
            float* param = updated.begin(row, 1);
            applyRule(constants, {param, grad, dataOf<float>(*args.exp_avg) + row * width,
                                  dataOf<float>(*args.exp_avg_sq) + row * width, width});
            updated.finish(row, param);
        }
        updated.end();
    });
}

}  // namespace optirs::cpu
