#include "src/cpu/pointwise.h"

#include <algorithm>

#include "src/cpu/indices.h"
#include "src/cpu/pointwise_kernels.h"
#include "src/cpu/rows.h"

namespace optirs::cpu {
namespace {

constexpr int64_t kGrain = 16384;
constexpr int64_t kBlock = 1024;  // elements that are converted at a time

/// A tensor as one run of elements, read in its own type or as f32.
class FlatSource {
 public:
    explicit FlatSource(const optirs_dl_tensor& tensor)
        : type_(elementOf(tensor.dtype)), data_(dataOf<char>(tensor)) {}

    const void* read(Element work, int64_t begin, int64_t count, float* staging) const {
        const char* from = data_ + begin * byteSize(type_);
        if (type_ == work) {
            return from;
        }
        convert(type_, from, 1.0F, Element::kF32, staging, count);
        return staging;
    }

 private:
    Element type_;
    char* data_;
};

/// A tensor as one run of elements, written in its own type or as f32.
class FlatTarget {
 public:
    FlatTarget(const optirs_dl_tensor& tensor, const optirs_dl_tensor& in)
        : type_(elementOf(tensor.dtype)),
          data_(dataOf<char>(tensor)),
          streams_(canStream(tensor, kBlock, in)) {}

    void* place(Element work, int64_t begin, int64_t count, float* staging) const {
        return type_ == work && !streams(count) ? at(begin) : static_cast<void*>(staging);
    }

    void finish(Element work, int64_t begin, int64_t count, const void* value) const {
        alignas(64) BF16 narrow[kBlock];
        if (type_ != work) {
            void* to = streams(count) ? static_cast<void*>(narrow) : at(begin);
            convert(Element::kF32, value, 1.0F, type_, to, count);
            value = to;
        }
        if (streams(count)) {
            streamBytes(at(begin), value, count * byteSize(type_));
        }
    }

    /// After the last block of a thread.
    void end() const {
        if (streams_) {
            streamFence();
        }
    }

 private:
    char* at(int64_t begin) const { return data_ + begin * byteSize(type_); }
    bool streams(int64_t count) const { return streams_ && count == kBlock; }

    Element type_;
    char* data_;
    bool streams_;
};

/// Calls body(begin, count) for blocks of elements, on all threads.
template <class Body>
void forBlocks(int64_t count, const FlatTarget& target, ThreadPool& pool, const Body& body) {
    pool.parallelFor(count, kGrain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i += kBlock) {
            body(i, std::min(kBlock, end - i));
        }
        target.end();
    });
}

}  // namespace

void run(const optirs_gelu_args& args, ThreadPool& pool) {
    const FlatSource x(*args.x);
    const FlatTarget out(*args.out, *args.x);
    const bool uses_tanh = args.approximation == OPTIRS_GELU_TANH;
    const Element work = workType({args.x, args.out});
    forBlocks(elementCount(*args.x), out, pool, [&](int64_t begin, int64_t count) {
        alignas(64) float staging[2][kBlock];
        void* to = out.place(work, begin, count, staging[1]);
        geluRun(work, x.read(work, begin, count, staging[0]), uses_tanh, count, to);
        out.finish(work, begin, count, to);
    });
}

void run(const optirs_gelu_backward_args& args, ThreadPool& pool) {
    const FlatSource x(*args.x);
    const FlatSource dout(*args.dout);
    const FlatTarget dx(*args.dx, *args.dout);
    const bool uses_tanh = args.approximation == OPTIRS_GELU_TANH;
    const Element work = workType({args.x, args.dout, args.dx});
    forBlocks(elementCount(*args.x), dx, pool, [&](int64_t begin, int64_t count) {
        alignas(64) float staging[3][kBlock];
        void* to = dx.place(work, begin, count, staging[2]);
        geluRunBackward(work, x.read(work, begin, count, staging[0]),
                        dout.read(work, begin, count, staging[1]), uses_tanh, count, to);
        dx.finish(work, begin, count, to);
    });
}

void run(const optirs_swiglu_args& args, ThreadPool& pool) {
    const Rows rows(*args.x);
    const RowSource x(args.x);
    const RowTarget out(*args.out, *args.x);
    const int64_t half = rows.length / 2;
    pool.parallelFor(rows.count, rows.grain(), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            const float* from = x.row(row, 0);
            float* to = out.begin(row, 1);
            swigluRun(from, from + half, half, to);
            out.finish(row, to);
        }
        out.end();
    });
}

void run(const optirs_swiglu_backward_args& args, ThreadPool& pool) {
    const Rows rows(*args.x);
    const RowSource x(args.x);
    const RowSource dout(args.dout);
    const RowTarget dx(*args.dx, *args.dout);
    const int64_t half = rows.length / 2;
    pool.parallelFor(rows.count, rows.grain(), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            const float* from = x.row(row, 0);
            float* to = dx.begin(row, 2);
            swigluRunBackward(from, from + half, dout.row(row, 1), half, to, to + half);
            dx.finish(row, to);
        }
        dx.end();
    });
}

void run(const optirs_rope_args& args, ThreadPool& pool) {
    const int64_t* shape = args.x->shape;  // batch, sequence, heads, width
    const int64_t width = shape[3];
    const int64_t half = width / 2;
    const RowSource x(args.x);
    const RowTarget out(*args.out, *args.x);
    const Rows rows(*args.x);
    const auto* cosine = dataOf<float>(*args.cosine);
    const auto* sine = dataOf<float>(*args.sine);
    const float direction = args.inverse != 0 ? -1.0F : 1.0F;
    if (args.positions != nullptr) {
        checkIndices("positions", *args.positions, args.cosine->shape[0]);
    }
    pool.parallelFor(rows.count, rows.grain(), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            const int64_t token = row / shape[2];
            const int64_t position =
                args.positions != nullptr ? indexAt(*args.positions, token) : token % shape[1];
            const float* c = cosine + position * half;
            const float* s = sine + position * half;
            const float* from = x.row(row, 0);
            float* to = out.begin(row, 1);
            if (args.interleaved == 0) {
                rotateRun(from, from + half, c, s, direction, half, to, to + half);
            } else {
                float* parts = rowBuffer(2, 2 * width);
                for (int64_t i = 0; i < half; ++i) {
                    parts[i] = from[2 * i];
                    parts[half + i] = from[2 * i + 1];
                }
                rotateRun(parts, parts + half, c, s, direction, half, parts + width, parts + width + half);
                for (int64_t i = 0; i < half; ++i) {
                    to[2 * i] = parts[width + i];
                    to[2 * i + 1] = parts[width + half + i];
                }
            }
            out.finish(row, to);
        }
        out.end();
    });
}

void run(const optirs_dropout_args& args, ThreadPool& pool) {
    const FlatSource x(*args.x);
    const FlatTarget out(*args.out, *args.x);
    forBlocks(elementCount(*args.x), out, pool, [&](int64_t begin, int64_t count) {
        alignas(64) float staging[2][kBlock];
        constexpr Element kWork = Element::kF32;
        auto* to = static_cast<float*>(out.place(kWork, begin, count, staging[1]));
        dropoutRun(static_cast<const float*>(x.read(kWork, begin, count, staging[0])), args.probability,
                   args.seed, args.offset + static_cast<uint64_t>(begin / 4), count, to);
        out.finish(kWork, begin, count, to);
    });
}

void run(const optirs_embedding_args& args, ThreadPool& pool) {
    checkIndices("indices", *args.indices, args.table->shape[0]);
    const int64_t bytes = args.table->shape[1] * byteSize(elementOf(args.table->dtype));
    const int64_t count = elementCount(*args.indices);
    const char* table = dataOf<char>(*args.table);
    char* out = dataOf<char>(*args.out);
    pool.parallelFor(count, std::max<int64_t>(1, 65536 / std::max<int64_t>(bytes, 1)),
                     [&](int64_t begin, int64_t end) {
                         for (int64_t i = begin; i < end; ++i) {
                             std::copy_n(table + indexAt(*args.indices, i) * bytes, bytes, out + i * bytes);
                         }
                     });
}

void run(const optirs_embedding_backward_args& args, ThreadPool& pool) {
    constexpr int64_t kColumns = 64;
    const int64_t classes = args.dtable->shape[0];
    const int64_t width = args.dtable->shape[1];
    checkIndices("indices", *args.indices, classes);
    const int64_t count = elementCount(*args.indices);
    auto* dtable = dataOf<float>(*args.dtable);
    const Element type = elementOf(args.dout->dtype);
    const char* dout = dataOf<char>(*args.dout);
    // Each thread has columns of its own and takes the rows in their order: the sums do not depend on the
    // threads.
    pool.parallelFor(width, kColumns, [&](int64_t begin, int64_t end) {
        for (int64_t row = 0; row < classes; ++row) {
            std::fill(dtable + row * width + begin, dtable + row * width + end, 0.0F);
        }
        for (int64_t i = 0; i < count; ++i) {
            addTo(dtable + indexAt(*args.indices, i) * width + begin, type,
                  dout + (i * width + begin) * byteSize(type), end - begin);
        }
    });
}

}  // namespace optirs::cpu
