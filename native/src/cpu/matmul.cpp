#include "src/cpu/matmul.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "src/cpu/matmul_operand.h"
#include "src/cpu/onednn.h"
#include "src/cpu/packed_product.h"
#include "src/cpu/pointwise_kernels.h"
#include "src/cpu/rows.h"

namespace optirs::cpu {
namespace {

/// An operand as f32: in place, or decoded into the workspace with its block scales.
struct Wide {
    const float* data = nullptr;
    double factor = 1;  // a scale of the whole tensor, left to the product
};

Wide widen(const optirs_dl_tensor& tensor, const optirs_dl_tensor* scale, int64_t block_rows,
           int64_t block_columns, char* workspace, ThreadPool& pool) {
    const auto* scales = scale != nullptr ? dataOf<float>(*scale) : nullptr;
    if (scales == nullptr || block_rows == 0) {
        return {widenAll(tensor, workspace, pool), scales != nullptr ? static_cast<double>(*scales) : 1.0};
    }
    const Element type = elementOf(tensor.dtype);
    auto* to = reinterpret_cast<float*>(workspace);
    const char* from = dataOf<char>(tensor);
    const int64_t columns = tensor.shape[1];
    const int64_t across = (columns + block_columns - 1) / block_columns;
    pool.parallelFor(tensor.shape[0], std::max<int64_t>(1, 16384 / std::max<int64_t>(columns, 1)),
                     [&](int64_t begin, int64_t end) {
                         for (int64_t row = begin; row < end; ++row) {
                             const float* of_row = scales + row / block_rows * across;
                             for (int64_t column = 0; column < columns; column += block_columns) {
                                 const int64_t at = row * columns + column;
                                 convert(type, from + at * byteSize(type), of_row[column / block_columns],
                                         Element::kF32, to + at, std::min(block_columns, columns - column));
                             }
                         }
                     });
    return {to};
}

/// The product of one pair of matrices, in tiles that threads share out.
struct Problem {
    int64_t batches = 1, m = 0, n = 0, k = 0;
    bool transpose_a = false, transpose_b = false;
    bool shares_b = false;  // one b for all batches

    const float* rowsOfA(const float* a, int64_t batch, int64_t row) const {
        return a + batch * m * k + (transpose_a ? row : row * k);
    }
    const float* columnsOfB(const float* b, int64_t batch, int64_t column) const {
        return b + (shares_b ? 0 : batch * n * k) + (transpose_b ? column * k : column);
    }
    ProductShape shape() const {
        return {m, n, k, transpose_a ? 1 : k, transpose_a ? m : 1, transpose_b ? 1 : n, transpose_b ? k : 1,
                n};
    }
};

Problem problemOf(const optirs_matmul_args& args) {
    Problem problem;
    const int32_t last = args.out->ndim - 1;
    problem.m = args.out->shape[last - 1];
    problem.n = args.out->shape[last];
    problem.transpose_a = args.transpose_a != 0;
    problem.transpose_b = args.transpose_b != 0;
    problem.k = args.a->shape[args.a->ndim - (problem.transpose_a ? 2 : 1)];
    problem.batches = 1;
    for (int32_t i = 0; i + 1 < last; ++i) {
        problem.batches *= args.out->shape[i];
    }
    problem.shares_b = args.b->ndim == 2;
    return problem;
}

/// Tiles of the output: one for each thread where that is enough work, as every tile packs its operands anew.
struct Tiling {
    Tiling(const Problem& problem, int threads) {
        const double work = static_cast<double>(problem.m) * static_cast<double>(problem.n) *
                            static_cast<double>(std::max<int64_t>(problem.k, 1));
        const bool is_small = work < 65536 || problem.batches >= threads;
        const int64_t parts = is_small ? 1 : threads;
        const bool splits_rows = problem.m >= problem.n;
        const auto share = [&](int64_t extent) {
            return std::max<int64_t>(16, (extent + parts - 1) / parts + 15) / 16 * 16;
        };
        rows = splits_rows && parts > 1 ? share(problem.m) : std::max<int64_t>(problem.m, 1);
        columns = !splits_rows && parts > 1 ? share(problem.n) : std::max<int64_t>(problem.n, 1);
        down = (problem.m + rows - 1) / rows;
        across = (problem.n + columns - 1) / columns;
    }

    int64_t rows, columns, down, across;
};

/// What follows the product, row by row.
class Epilogue {
 public:
    Epilogue(const optirs_matmul_args& args, int64_t n)
        : args_(args),
          n_(n),
          out_type_(elementOf(args.out->dtype)),
          out_scale_(scalarOr(args.scale_out, 1.0F)) {
        if (args.bias != nullptr) {
            bias_ = rowBuffer(4, n);
            convert(elementOf(args.bias->dtype), dataOf<char>(*args.bias), 1.0F, Element::kF32, bias_, n);
        }
    }

    /// Whether the product itself is the result, so that it can be written to its place and added there.
    bool isTrivial() const {
        return out_type_ == Element::kF32 && args_.bias == nullptr && args_.epilogue == OPTIRS_EPILOGUE_NONE;
    }

    /// `row` counts through all batches; `value` holds `count` columns from `column` on.
    uint32_t finish(int64_t row, int64_t column, int64_t count, float* value) const {
        if (bias_ != nullptr) {
            addTo(value, Element::kF32, bias_ + column, count);
        }
        const int64_t at = row * n_ + column;
        if (args_.epilogue == OPTIRS_EPILOGUE_GELU) {
            if (args_.aux != nullptr) {
                const Element type = elementOf(args_.aux->dtype);
                convert(Element::kF32, value, 1.0F, type, dataOf<char>(*args_.aux) + at * byteSize(type),
                        count);
            }
            geluRun(Element::kF32, value, true, count, value);
        } else if (args_.epilogue == OPTIRS_EPILOGUE_GELU_BACKWARD) {
            const Element type = elementOf(args_.aux->dtype);
            float* aux = rowBuffer(5, count);
            convert(type, dataOf<char>(*args_.aux) + at * byteSize(type), 1.0F, Element::kF32, aux, count);
            geluRunBackward(Element::kF32, aux, value, true, count, value);
        }
        char* to = dataOf<char>(*args_.out) + at * byteSize(out_type_);
        if (args_.beta != 0) {
            float* former = rowBuffer(6, count);
            convert(out_type_, to, static_cast<float>(args_.beta), Element::kF32, former, count);
            addTo(value, Element::kF32, former, count);
        }
        return convert(Element::kF32, value, out_scale_, out_type_, to, count);
    }

 private:
    const optirs_matmul_args& args_;
    int64_t n_;
    Element out_type_;
    float out_scale_;
    float* bias_ = nullptr;  // the calling thread's
};

/// The largest magnitude of a result, whose parts are written by many threads.
class Largest {
 public:
    void add(uint32_t bits) {
        uint32_t seen = bits_.load();
        while (seen < bits && !bits_.compare_exchange_weak(seen, bits)) {
        }
    }
    float value() const { return std::bit_cast<float>(bits_.load()); }

 private:
    std::atomic<uint32_t> bits_{0};
};

/// All that a product is made of.
struct Call {
    const optirs_matmul_args& args;
    Problem problem;
    Wide a, b;
    const Epilogue& epilogue;
    Largest& largest;

    float alpha() const { return static_cast<float>(args.alpha * a.factor * b.factor); }
};

/// Matrices that are large enough to be worked on by all threads, one after the other.
void runPacked(const Call& call, const PackedProduct& product, ThreadPool& pool) {
    const Problem& problem = call.problem;
    const float alpha = call.alpha();
    for (int64_t batch = 0; batch < problem.batches; ++batch) {
        const float* a = problem.rowsOfA(call.a.data, batch, 0);
        const float* b = problem.columnsOfB(call.b.data, batch, 0);
        if (call.epilogue.isTrivial() && alpha == 1 && call.args.beta == 0) {
            product.run(a, b, dataOf<float>(*call.args.out) + batch * problem.m * problem.n, pool);
            continue;
        }
        product.run(a, b, pool, [&](const ProductBlock& block) {
            uint32_t bits = 0;
            if (alpha != 1) {
                convert(Element::kF32, block.values, alpha, Element::kF32, block.values,
                        block.rows * block.columns);
            }
            for (int64_t i = 0; i < block.rows; ++i) {
                bits = std::max(bits, call.epilogue.finish(batch * problem.m + block.row + i, block.column,
                                                           block.columns, block.values + i * block.columns));
            }
            call.largest.add(bits);
        });
    }
}

/// One tile by the library, on the calling thread.
void runTile(const Call& call, int64_t batch, int64_t row, int64_t rows, int64_t column, int64_t columns) {
    const auto& [args, problem, a, b, epilogue, largest] = call;
    const float alpha = call.alpha();
    const float* left = problem.rowsOfA(a.data, batch, row);
    const float* right = problem.columnsOfB(b.data, batch, column);
    const int64_t lda = problem.transpose_a ? problem.m : problem.k;
    const int64_t ldb = problem.transpose_b ? problem.k : problem.n;
    const int64_t first = batch * problem.m + row;
    if (epilogue.isTrivial()) {
        float* out = dataOf<float>(*args.out) + first * problem.n + column;
        sgemm(problem.transpose_a, problem.transpose_b, rows, columns, problem.k, alpha, left, lda, right,
              ldb, static_cast<float>(args.beta), out, problem.n);
        return;
    }
    // In strips of rows, so that the product needs no more memory than a third-level cache has; fewer would
    // have b packed more often.
    const int64_t strip =
        std::clamp<int64_t>(4194304 / std::max<int64_t>(columns, 1), 64, std::max<int64_t>(rows, 64));
    uint32_t bits = 0;
    float* product = rowBuffer(7, std::min(strip, rows) * columns);
    for (int64_t done = 0; done < rows; done += strip) {
        const int64_t height = std::min(strip, rows - done);
        sgemm(problem.transpose_a, problem.transpose_b, height, columns, problem.k, alpha,
              left + done * (problem.transpose_a ? 1 : lda), lda, right, ldb, 0.0F, product, columns);
        for (int64_t i = 0; i < height; ++i) {
            bits = std::max(bits, epilogue.finish(first + done + i, column, columns, product + i * columns));
        }
    }
    largest.add(bits);
}

void runTiles(const Call& call, ThreadPool& pool) {
    requireSgemm();
    const Problem& problem = call.problem;
    const Tiling tiling(problem, pool.threadCount());
    const int64_t per_batch = tiling.down * tiling.across;
    pool.parallelFor(problem.batches * per_batch, 1, [&](int64_t begin, int64_t end) {
        for (int64_t tile = begin; tile < end; ++tile) {
            const int64_t row = tile % per_batch / tiling.across * tiling.rows;
            const int64_t column = tile % per_batch % tiling.across * tiling.columns;
            runTile(call, tile / per_batch, row, std::min(tiling.rows, problem.m - row), column,
                    std::min(tiling.columns, problem.n - column));
        }
    });
}

}  // namespace

uint64_t workspaceOf(const optirs_matmul_args& args) { return wideBytes(*args.a) + wideBytes(*args.b); }

void run(const optirs_matmul_args& args, ThreadPool& pool) {
    const Problem problem = problemOf(args);
    auto* workspace = static_cast<char*>(args.workspace);
    const Wide a = widen(*args.a, args.scale_a, args.scale_a_rows, args.scale_a_columns, workspace, pool);
    const Wide b = widen(*args.b, args.scale_b, args.scale_b_rows, args.scale_b_columns,
                         workspace + wideBytes(*args.a), pool);
    const Epilogue epilogue(args, problem.n);
    Largest largest;
    const Call call{args, problem, a, b, epilogue, largest};
    if (const auto product = PackedProduct::make(problem.shape(), problem.batches)) {
        runPacked(call, *product, pool);
    } else {
        runTiles(call, pool);
    }
    if (args.amax_out != nullptr) {
        *dataOf<float>(*args.amax_out) = largest.value();
    }
}

}  // namespace optirs::cpu
