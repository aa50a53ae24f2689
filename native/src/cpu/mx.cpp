#include "src/cpu/mx.h"

#include <algorithm>
#include <cmath>

#include "src/cpu/matmul.h"
#include "src/cpu/matmul_operand.h"
#include "src/cpu/mx_codec.h"
#include "src/cpu/quantize.h"

namespace optirs::cpu {
namespace {

/// A matrix of codes with its scales.
struct MxMatrix {
    MxMatrix(const optirs_dl_tensor& codes_of, const optirs_dl_tensor& scales_of,
             const optirs_dl_tensor* tensor_scale_of)
        : format(codes_of, scales_of),
          rows(codes_of.shape[0]),
          columns(codes_of.shape[1] * (format.is_packed ? 2 : 1)),
          blocks(scales_of.shape[1]),
          codes(dataOf<uint8_t>(codes_of)),
          scales(dataOf<uint8_t>(scales_of)),
          tensor_scale(scalarOr(tensor_scale_of, 1.0F)) {}

    /// Rows that have elements.
    int64_t rowsToDo() const { return columns > 0 ? rows : 0; }

    uint8_t* row(int64_t index) const { return codes + index * format.bytes(columns); }

    void encodeRow(int64_t index, const float* from, float scale, bool round_up) const {
        for (int64_t i = 0; i < blocks; ++i) {
            const int64_t at = i * format.block;
            scales[index * blocks + i] = encodeBlock(format, from + at, std::min(format.block, columns - at),
                                                     scale, round_up, row(index) + format.bytes(at));
        }
    }

    void decodeRow(int64_t index, float* to) const {
        for (int64_t i = 0; i < blocks; ++i) {
            const int64_t at = i * format.block;
            decodeBlock(format, row(index) + format.bytes(at), scales[index * blocks + i], tensor_scale,
                        std::min(format.block, columns - at), to + at);
        }
    }

    MxFormat format;
    int64_t rows, columns, blocks;
    uint8_t* codes;
    uint8_t* scales;
    float tensor_scale;
};

int64_t grainOf(int64_t columns) { return std::max<int64_t>(1, 16384 / std::max<int64_t>(columns, 1)); }

/// Writes the scale of the whole tensor of NVFP4: its largest magnitude becomes the largest block scale times
/// the largest code.
float writeTensorScale(const optirs_quantize_mx_args& args, ThreadPool& pool) {
    auto* scale = dataOf<float>(*args.tensor_scale);
    if (args.amax == nullptr) {
        optirs_amax_args amax{};
        amax.x = args.x;
        amax.amax = args.tensor_scale;
        run(amax, pool);
    } else {
        *scale = *dataOf<float>(*args.amax);
    }
    *scale /= E4M3::kMax * 6;
    if (!(*scale > 0) || !std::isfinite(*scale)) {
        *scale = 1;
    }
    return *scale;
}

/// Rows of the transpose of x, as f32.
class TransposedRows {
 public:
    static constexpr int64_t kRows = 16;

    explicit TransposedRows(const optirs_dl_tensor& x)
        : type_(elementOf(x.dtype)), data_(dataOf<char>(x)), height_(x.shape[0]), width_(x.shape[1]) {}

    /// Rows `first` to first + count, at most kRows, one after the other.
    const float* read(int64_t first, int64_t count) const {
        float* to = rowBuffer(0, kRows * height_);
        float part[kRows];
        for (int64_t i = 0; i < height_; ++i) {
            convert(type_, data_ + (i * width_ + first) * byteSize(type_), 1.0F, Element::kF32, part, count);
            for (int64_t j = 0; j < count; ++j) {
                to[j * height_ + i] = part[j];
            }
        }
        return to;
    }

 private:
    Element type_;
    const char* data_;
    int64_t height_, width_;
};

/// Makes a tensor f32 [rows, columns] of some memory.
struct WideTensor {
    WideTensor(float* data, int64_t rows, int64_t columns) : shape{rows, columns} {
        tensor.data = data;
        tensor.device = {OPTIRS_DL_CPU, 0};
        tensor.ndim = 2;
        tensor.dtype = {OPTIRS_DL_FLOAT, 32, 1};
        tensor.shape = shape;
    }
    WideTensor(const WideTensor&) = delete;
    WideTensor& operator=(const WideTensor&) = delete;

    int64_t shape[2];
    optirs_dl_tensor tensor{};
};

void decodeAll(const MxMatrix& matrix, float* to, ThreadPool& pool) {
    pool.parallelFor(matrix.rowsToDo(), grainOf(matrix.columns), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            matrix.decodeRow(row, to + row * matrix.columns);
        }
    });
}

}  // namespace

void run(const optirs_quantize_mx_args& args, ThreadPool& pool) {
    const MxMatrix out(*args.out, *args.scales, nullptr);
    const float scale = args.tensor_scale != nullptr ? writeTensorScale(args, pool) : 1.0F;
    const bool round_up = args.round_up != 0;
    if (args.transpose == 0) {
        const RowSource x(args.x);
        pool.parallelFor(out.rowsToDo(), grainOf(out.columns), [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) {
                out.encodeRow(row, x.row(row, 0), scale, round_up);
            }
        });
        return;
    }
    const TransposedRows x(*args.x);
    pool.parallelFor(out.rowsToDo(), TransposedRows::kRows, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; row += TransposedRows::kRows) {
            const int64_t count = std::min(TransposedRows::kRows, end - row);
            const float* rows = x.read(row, count);
            for (int64_t i = 0; i < count; ++i) {
                out.encodeRow(row + i, rows + i * out.columns, scale, round_up);
            }
        }
    });
}

void run(const optirs_dequantize_mx_args& args, ThreadPool& pool) {
    const MxMatrix x(*args.x, *args.scales, args.tensor_scale);
    const RowTarget out(*args.out, *args.x);
    pool.parallelFor(x.rowsToDo(), grainOf(x.columns), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            float* to = out.begin(row, 0);
            x.decodeRow(row, to);
            out.finish(row, to);
        }
        out.end();
    });
}

uint64_t workspaceOf(const optirs_matmul_mx_args& args) {
    const MxMatrix a(*args.a, *args.a_scales, nullptr);
    const MxMatrix b(*args.b, *args.b_scales, nullptr);
    return workspaceBytes(a.rows * a.columns) + workspaceBytes(b.rows * b.columns);
}

void run(const optirs_matmul_mx_args& args, ThreadPool& pool) {
    const MxMatrix a(*args.a, *args.a_scales, args.a_tensor_scale);
    const MxMatrix b(*args.b, *args.b_scales, args.b_tensor_scale);
    auto* left = static_cast<float*>(args.workspace);
    auto* right =
        reinterpret_cast<float*>(static_cast<char*>(args.workspace) + workspaceBytes(a.rows * a.columns));
    decodeAll(a, left, pool);
    decodeAll(b, right, pool);
    const WideTensor wide_a(left, a.rows, a.columns);
    const WideTensor wide_b(right, b.rows, b.columns);
    optirs_matmul_args product{};
    product.struct_size = sizeof(product);
    product.a = &wide_a.tensor;
    product.b = &wide_b.tensor;
    product.transpose_b = 1;
    product.alpha = args.alpha;
    product.beta = args.beta;
    product.bias = args.bias;
    product.out = args.out;
    run(product, pool);
}

}  // namespace optirs::cpu
