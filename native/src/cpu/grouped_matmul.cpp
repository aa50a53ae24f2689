#include <string>

#include "src/cpu/kernel_error.h"
#include "src/cpu/matmul.h"
#include "src/cpu/matmul_operand.h"
#include "src/cpu/onednn.h"

namespace optirs::cpu {
namespace {

/// Rows of a result that are computed at once; fewer would have the other operand packed more often.
constexpr int64_t kRows = 512;

/// One product of a group: the group, where its rows begin, and how many there are.
struct Group {
    int64_t index, first, rows;
};

/// The groups and the pieces that their results are cut into, numbered through.
class Groups {
 public:
    explicit Groups(const optirs_grouped_matmul_args& args)
        : sizes_(dataOf<int32_t>(*args.group_sizes)),
          count_(args.group_sizes->shape[0]),
          sums_rows_(args.transpose_a != 0),
          width_(args.a->shape[1]) {
        for (int64_t i = 0; i < count_; ++i) {
            if (sizes_[i] < 0) {
                throw KernelError(OPTIRS_INVALID_ARGUMENT, "group_sizes[" + std::to_string(i) + "] is " +
                                                               std::to_string(sizes_[i]) +
                                                               "; it must be at least 0");
            }
            total_ += sizes_[i];
            pieces_ += piecesOf(sizes_[i]);
        }
        if (total_ > args.a->shape[0]) {
            throw KernelError(OPTIRS_INVALID_ARGUMENT, "group_sizes add up to " + std::to_string(total_) +
                                                           "; a has " + std::to_string(args.a->shape[0]) +
                                                           " rows");
        }
    }

    int64_t total() const { return total_; }
    int64_t pieces() const { return pieces_; }

    /// The group of a piece, and the first row of its result that is in the piece.
    std::pair<Group, int64_t> at(int64_t piece) const {
        Group group{0, 0, sizes_[0]};
        while (piece >= piecesOf(group.rows)) {
            piece -= piecesOf(group.rows);
            group.first += group.rows;
            group.rows = sizes_[++group.index];
        }
        return {group, piece * kRows};
    }

 private:
    int64_t piecesOf(int64_t size) const { return ((sums_rows_ ? width_ : size) + kRows - 1) / kRows; }

    const int32_t* sizes_;
    int64_t count_;
    bool sums_rows_;
    int64_t width_;
    int64_t total_ = 0;
    int64_t pieces_ = 0;
};

double scaleOf(const optirs_dl_tensor* scale, int64_t group) {
    return scale != nullptr ? static_cast<double>(dataOf<float>(*scale)[scale->shape[0] == 1 ? 0 : group])
                            : 1.0;
}

/// to = value + bias + beta to, of one row.
void finishRow(const optirs_grouped_matmul_args& args, int64_t group, float* value, char* to, int64_t n) {
    const Element type = elementOf(args.out->dtype);
    if (args.bias != nullptr) {
        const Element bias = elementOf(args.bias->dtype);
        addTo(value, bias, dataOf<char>(*args.bias) + group * n * byteSize(bias), n);
    }
    if (args.beta != 0) {
        float* former = rowBuffer(6, n);
        convert(type, to, static_cast<float>(args.beta), Element::kF32, former, n);
        addTo(value, Element::kF32, former, n);
    }
    convert(Element::kF32, value, 1.0F, type, to, n);
}

/// Rows of no group: 0, or beta times what they are.
void finishRest(const optirs_grouped_matmul_args& args, int64_t first) {
    const int64_t n = args.out->shape[1];
    const Element type = elementOf(args.out->dtype);
    float* zeros = rowBuffer(7, n);
    for (int64_t row = first; row < args.out->shape[0]; ++row) {
        char* to = dataOf<char>(*args.out) + row * n * byteSize(type);
        std::fill_n(zeros, n, 0.0F);
        if (args.beta != 0) {
            convert(type, to, static_cast<float>(args.beta), Element::kF32, zeros, n);
        }
        convert(Element::kF32, zeros, 1.0F, type, to, n);
    }
}

}  // namespace

uint64_t workspaceOf(const optirs_grouped_matmul_args& args) {
    return wideBytes(*args.a) + wideBytes(*args.b);
}

void run(const optirs_grouped_matmul_args& args, ThreadPool& pool) {
    requireSgemm();
    const Groups groups(args);
    auto* workspace = static_cast<char*>(args.workspace);
    const float* a = widenAll(*args.a, workspace, pool);
    const float* b = widenAll(*args.b, workspace + wideBytes(*args.a), pool);
    const bool sums_rows = args.transpose_a != 0;
    const int64_t k = args.a->shape[1];
    const int64_t n = args.out->shape[args.out->ndim - 1];
    const Element type = elementOf(args.out->dtype);
    const bool is_in_place = type == Element::kF32 && args.bias == nullptr;
    pool.parallelFor(groups.pieces(), 1, [&](int64_t begin, int64_t end) {
        for (int64_t piece = begin; piece < end; ++piece) {
            const auto [group, row] = groups.at(piece);
            const auto alpha = static_cast<float>(args.alpha * scaleOf(args.scale_a, group.index) *
                                                  scaleOf(args.scale_b, group.index));
            // Of group rows x k times k x n, or of k x group rows times group rows x n.
            const int64_t rows = std::min(kRows, (sums_rows ? k : group.rows) - row);
            const int64_t depth = sums_rows ? group.rows : k;
            const float* left = a + group.first * k + (sums_rows ? row : row * k);
            const float* right = sums_rows ? b + group.first * n : b + group.index * k * n;
            const int64_t ldb = args.transpose_b != 0 ? k : n;
            const int64_t first = sums_rows ? group.index * k + row : group.first + row;
            char* out = dataOf<char>(*args.out) + first * n * byteSize(type);
            if (is_in_place) {
                sgemm(sums_rows, args.transpose_b != 0, rows, n, depth, alpha, left, k, right, ldb,
                      static_cast<float>(args.beta), reinterpret_cast<float*>(out), n);
                continue;
            }
            float* product = rowBuffer(7, rows * n);
            sgemm(sums_rows, args.transpose_b != 0, rows, n, depth, alpha, left, k, right, ldb, 0.0F, product,
                  n);
            for (int64_t i = 0; i < rows; ++i) {
                finishRow(args, group.index, product + i * n, out + i * n * byteSize(type), n);
            }
        }
    });
    if (!sums_rows) {
        finishRest(args, groups.total());
    }
}

}  // namespace optirs::cpu
