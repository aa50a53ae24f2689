// The arguments of the kernels: plain structs, the same for the host and for the device, passed by value.
// Addresses are those of the device. Sizes are numbers of elements unless they say otherwise.
#pragma once

#include <cstdint>

namespace optirs::cuda {

/// Threads of a block; every kernel's, unless it says otherwise.
inline constexpr unsigned kThreads = 256;

/// Types of elements.
enum class Element : uint8_t { kF32, kBF16, kF16 };
enum class Float8 : uint8_t { kE4M3, kE5M2 };

/// Integers of 32 or 64 bits.
struct Indices {
    const void* data;
    int32_t bits;
};

// ---- Norms, softmax and cross entropy: rows of `columns` elements, one block for each row ----

struct NormArguments {
    const void* input;
    const void* weight;  // NULL for 1
    const void* bias;    // layer norm only; NULL for none
    void* output;
    float* mean;     // layer norm only; one per row, NULL if it is not wanted
    float* inverse;  // 1 / sqrt(variance or mean square + epsilon), one per row; NULL if it is not wanted
    int64_t rows;
    int64_t columns;
    float epsilon;
    int32_t has_f32_weight;        // weight and bias are f32, whatever the input is
    const float* scale = nullptr;  // [1], of an 8-bit output; NULL for 1
    uint32_t* amax = nullptr;      // as of QuantizeArguments, before the scale; 8-bit output only
};

/// Row gradients, and sums over groups of rows for weight and bias, which a second kernel adds up in order.
struct NormBackwardArguments {
    const void* grad;
    const void* input;
    const void* weight;
    const float* mean;
    const float* inverse;
    void* grad_input;
    float* partial_weight;  // [groups, columns]
    float* partial_bias;    // [groups, columns]; layer norm only
    int64_t rows;
    int64_t columns;
    int64_t groups;  // as many blocks
    int32_t has_f32_weight;
};

/// Sums of rows that others have added up in groups.
struct SumGroupsArguments {
    const float* partial;  // [groups, columns]
    void* output;          // [columns]
    int64_t groups;
    int64_t columns;
};

struct SoftmaxArguments {
    const void* input;   // [rows, columns]
    const void* output;  // of the forward pass; backward only
    void* result;
    int64_t rows;
    int64_t columns;
    float scale;  // of the input
};

struct CrossEntropyArguments {
    const void* logits;  // [rows, columns]
    Indices labels;      // [rows]
    void* grad;          // of the loss by the logits, times grad_scale; may be the logits; NULL for none
    float* loss;         // [rows]
    int64_t rows;
    int64_t columns;
    int64_t ignored_label;    // rows with this label have no loss and no gradient
    const float* grad_scale;  // [1]; NULL for 1
    float smoothing;
};

// ---- Element-wise ----

struct PointwiseArguments {
    const void* input;
    const void* grad;  // backward only
    void* output;
    int64_t count;
};

/// Rows [gate, up] of twice `columns` elements; silu(gate) up.
struct SwiGluArguments {
    const void* input;  // [rows, 2 columns]
    const void* grad;   // [rows, columns]; backward only
    void* output;       // [rows, columns], backward [rows, 2 columns]
    int64_t rows;
    int64_t columns;
};

/// Rotates pairs of the first `rotary` of `depth` elements of each head.
struct RopeArguments {
    const void* input;     // [tokens, heads, depth]
    const float* cosines;  // [positions, rotary / 2]
    const float* sines;    // [positions, rotary / 2]
    Indices positions;     // [tokens]; without data for token % sequence
    void* output;
    int64_t tokens;
    int64_t sequence;
    int32_t heads;
    int32_t depth;
    int32_t rotary;
    int32_t is_interleaved;  // pairs (2i, 2i + 1), else (i, i + rotary / 2)
    float sign;              // 1, or -1 for the inverse rotation, which is the backward pass
};

struct DropoutArguments {
    const void* input;
    void* output;
    int64_t count;
    uint64_t seed;
    uint64_t offset;     // of the counter, in groups of four elements
    uint32_t threshold;  // kept where the random number is at least this
    float scale;         // of what is kept
};

struct EmbeddingArguments {
    const void* table;  // [vocabulary, columns]
    Indices indices;    // [rows]
    void* output;       // [rows, columns]; zeros for an index out of range
    int64_t rows;
    int64_t columns;
    int64_t vocabulary;
};

/// The gradient of the table, a block for each of its rows.
struct EmbeddingBackwardArguments {
    const void* grad;  // [rows, columns]
    Indices indices;   // [rows]; those out of range are passed over
    float* output;     // [vocabulary, columns]
    int64_t rows;
    int64_t columns;
};

// ---- FP8 ----

struct QuantizeArguments {
    const void* input;
    const float* scale;  // [1]; NULL for 1
    void* output;        // NULL if it is not wanted, but for dequantisation
    void* transposed;    // [columns, rows]; cast-transpose only
    uint32_t* amax;      // the bits of max |x|, raised; NULL if it is not wanted
    int64_t rows;        // 1 where there are no rows
    int64_t columns;
    float* column_sums =
        nullptr;  // [ceil(rows / kTransposeTile), columns]; cast-transpose only, NULL if not wanted
    const void* aux =
        nullptr;             // of the type of the input; the argument of the GELU whose derivative is taken
    int32_t activation = 0;  // OPTIRS_ACTIVATION_*; cast-transpose only
};

inline constexpr int kTransposeTile = 64;  // rows and columns that a block transposes

/// A scale for each block of rows and columns; those at the edges may be smaller.
struct QuantizeBlocksArguments {
    const void* input;  // [rows, columns]
    void* output;
    float* scales;  // dequantisation factors; [ceil(rows / block_rows), ceil(columns / block_columns)]
    int64_t rows;
    int64_t columns;
    int64_t block_rows;
    int64_t block_columns;
    int32_t is_power_of_two;
};

struct DequantizeBlocksArguments {
    const void* input;  // [rows, columns]
    const float* scales;
    void* output;
    int64_t rows;
    int64_t columns;
    int64_t block_rows;
    int64_t block_columns;
};

struct DelayedScalingArguments {
    float* history;  // [length, count]
    float* scale;    // [count]
    float* inverse;  // [count]; NULL if it is not wanted
    int64_t length;
    int64_t count;
    double limit;  // the format's greatest number / 2^margin
    int32_t is_most_recent;
};

}  // namespace optirs::cuda
