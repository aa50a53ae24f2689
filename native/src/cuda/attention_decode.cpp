#include "src/cuda/attention_decode.h"

#include "src/cuda/kernels/attention_hopper_arguments.h"

namespace optirs::cuda {
namespace {

constexpr uint64_t kElement = 2;  // bytes
constexpr uint64_t kAlignment = 16;
constexpr int32_t kVector = kAlignment / kElement;

uint64_t alignedUp(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// An operand of 8-bit floats, where it goes, and its shape but for the width.
struct Coded {
    HeadOperand* operand;
    HeadOperand decoded;
    int64_t rows;
    int64_t heads;
    int64_t batches;

    uint64_t bytes() const { return static_cast<uint64_t>(batches * decoded.batch_stride) * kElement; }
};

/// Calls body(coded) for each of them, with places from an address on, and returns the end.
template <class Body>
uintptr_t eachCoded(AttentionCall& call, uintptr_t address, Body&& body) {
    AttentionScores& s = call.scores;
    address = alignedUp(address);
    const auto visit = [&](HeadOperand& operand, int64_t rows, int64_t heads, const int32_t* starts) {
        if (!hasCodes(operand)) {
            return;
        }
        const int32_t width = (operand.width + kVector - 1) / kVector * kVector;
        Coded coded{&operand, operand, rows, heads, batchesInMemory(s, starts)};
        // NOLINTNEXTLINE(performance-no-int-to-ptr): without a workspace only the form is wanted
        coded.decoded.data = reinterpret_cast<void*>(address);
        coded.decoded.batch_stride = rows * heads * width;
        coded.decoded.row_stride = heads * width;
        coded.decoded.head_stride = width;
        coded.decoded.width = width;
        coded.decoded.is_vector = 1;
        coded.decoded.storage = Storage::kOwn;
        address += coded.bytes();
        body(coded);
    };
    visit(s.q, s.rows, s.heads, s.q_starts);
    visit(s.k, s.columns, s.kv_heads, s.kv_starts);
    visit(s.v, s.columns, s.kv_heads, s.kv_starts);
    visit(call.dout, s.rows, s.heads, s.q_starts);
    return address;
}

}  // namespace

uint64_t decodedBytes(AttentionCall call) {
    const uint64_t bytes = eachCoded(call, 0, [](const Coded&) {});
    return bytes == 0 ? 0 : bytes + kAlignment;
}

AttentionCall decodedForm(AttentionCall call, void* workspace) {
    eachCoded(call, reinterpret_cast<uintptr_t>(workspace),
              [](const Coded& coded) { *coded.operand = coded.decoded; });
    return call;
}

AttentionCall decode(AttentionCall call, void* workspace) {
    eachCoded(call, reinterpret_cast<uintptr_t>(workspace), [&](const Coded& coded) {
        const AttentionDecodeArguments arguments = {.from = *coded.operand,
                                                    .to = coded.decoded,
                                                    .rows = coded.rows,
                                                    .heads = static_cast<int32_t>(coded.heads)};
        const bool is_bf16 = call.element == Element::kBF16;
        launchKernel(call.queue,
                     {"attention_decode_hopper", is_bf16 ? "attention_decode_bf16" : "attention_decode_f16"},
                     coded.batches * coded.rows, &arguments);
        *coded.operand = coded.decoded;
    });
    return call;
}

}  // namespace optirs::cuda
