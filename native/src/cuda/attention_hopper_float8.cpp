// The launches of attention's kernels for Hopper that multiply 8 bits. Operands that weights are multiplied
// by are put on their side first, into the workspace.
#include "src/cuda/attention_hopper.h"

namespace optirs::cuda {
namespace {

constexpr uint64_t kMapAlignment = 16;

int64_t ceilDiv(int64_t count, int64_t unit) { return (count + unit - 1) / unit; }

/// An operand and its form on its side (AttentionTransposeArguments): a row for each of the width.
struct OnSide {
    HeadOperand from;
    HeadOperand to;
    HeadRows rows;

    uint64_t bytes() const { return static_cast<uint64_t>(rows.batchesInMemory() * to.batch_stride); }
    MappedTensor mapped() const {
        return {.data = to.data,
                .type = CU_TENSOR_MAP_DATA_TYPE_UINT8,
                .bytes = 1,
                .extents = {to.row_stride, to.width, rows.heads, rows.batchesInMemory()},
                .strides = {to.row_stride, to.head_stride, to.batch_stride}};
    }
    void put(const Queue& queue) const {
        const AttentionTransposeArguments arguments = {.from = from,
                                                       .to = to,
                                                       .starts = rows.starts,
                                                       .lengths = rows.lengths,
                                                       .batches = rows.batches,
                                                       .rows = rows.rows,
                                                       .heads = rows.heads};
        launchKernel(queue, {"attention_transpose_hopper", "attention_transpose"},
                     partCount(rows.starts, rows.rows, rows.batches, kHopperTransposed) * rows.heads,
                     &arguments);
    }
};

/// At an address, which moves on.
OnSide onSide(const HeadOperand& operand, const HeadRows& rows, uintptr_t& address) {
    const int64_t tiles = rows.starts == nullptr ? ceilDiv(rows.rows, kHopperTransposed)
                                                 : rows.rows / kHopperTransposed + rows.batches;
    address = (address + kMapAlignment - 1) / kMapAlignment * kMapAlignment;
    OnSide made = {.from = operand, .to = operand, .rows = rows};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): without a workspace only the form is wanted
    made.to.data = reinterpret_cast<void*>(address);
    made.to.row_stride = tiles * kHopperTransposed;
    made.to.head_stride = operand.width * made.to.row_stride;
    made.to.batch_stride = rows.heads * made.to.head_stride;
    address += made.bytes();
    return made;
}

/// What lies on its side for a pass.
struct ForwardSides {
    OnSide v;

    ForwardSides(const AttentionScores& s, uintptr_t address) : v(onSide(s.v, columnRows(s), address)) {}
};
struct BackwardSides {
    OnSide q;
    OnSide k;
    OnSide dout;
    uintptr_t end;

    BackwardSides(const AttentionScores& s, const HeadOperand& changes, uintptr_t address)
        : q(onSide(s.q, queryRows(s), address)),
          k(onSide(s.k, columnRows(s), address)),
          dout(onSide(changes, queryRows(s), address)),
          end(address) {}
};

/// By the types of q, k and v, and of changes of out.
size_t typesOf(const AttentionScores& s, const HeadOperand& dout) {
    return s.q.storage == Storage::kE5M2 ? 2 : dout.storage == Storage::kE5M2 ? 1 : 0;
}

}  // namespace

bool isForFloat8(const AttentionCall& call) {
    const AttentionScores& s = call.scores;
    const auto is_good = [&](const HeadOperand& operand, const HeadRows& rows) {
        return isGood(call.element, operand, rows);
    };
    if (!hasCodes(s.q) || s.k.storage != s.q.storage || s.v.storage != s.q.storage ||
        std::max(s.q.width, s.v.width) > kHopperFloat8Widest || !is_good(s.q, queryRows(s)) ||
        !is_good(s.k, columnRows(s))) {
        return false;
    }
    if (!call.is_backward) {
        return isMappable(ForwardSides(s, 0).v.mapped());
    }
    const BackwardSides sides(s, call.dout, 0);
    return (call.dout.storage == s.q.storage || call.dout.storage == Storage::kE5M2) &&
           is_good(s.v, columnRows(s)) && is_good(call.dout, queryRows(s)) && isMappable(sides.q.mapped()) &&
           isMappable(sides.k.mapped()) && isMappable(sides.dout.mapped());
}

uint64_t sideBytes(const AttentionCall& call) {
    return kMapAlignment + (call.is_backward ? BackwardSides(call.scores, call.dout, 0).end
                                             : ForwardSides(call.scores, 0).v.bytes());
}

void attentionForwardFloat8(const Queue& queue, Element element, const AttentionArguments& arguments,
                            void* workspace) {
    static constexpr const char* kNames[2][2] = {
        {OPTIRS_HOPPER_NAME("forward", "e4m3", "64"), OPTIRS_HOPPER_NAME("forward", "e4m3", "128")},
        {OPTIRS_HOPPER_NAME("forward", "e5m2", "64"), OPTIRS_HOPPER_NAME("forward", "e5m2", "128")}};
    const AttentionScores& s = arguments.scores;
    const size_t index = attentionWidthIndex(s);
    const int width = kAttentionWidths[index];
    const ForwardSides sides(s, reinterpret_cast<uintptr_t>(workspace));
    sides.v.put(queue);
    const AttentionHopperArguments given = {
        .q = tensorMapOf(mapped(element, s.q, queryRows(s)), kHopperRows),
        .k = tensorMapOf(mapped(element, s.k, columnRows(s)), hopperColumns(width)),
        .v = tensorMapOf(sides.v.mapped(), width),
        .attention = arguments,
        .is_bf16 = element == Element::kBF16 ? 1 : 0};
    launchHopper(queue, {"attention_forward_hopper", kNames[s.q.storage == Storage::kE4M3 ? 0 : 1][index]},
                 queryRows(s), hopperBytes(width, 1), given);
}

void attentionBackwardFloat8(const Queue& queue, Element element, AttentionBackwardArguments arguments,
                             const AttentionGradients& gradients, void* workspace) {
#define OPTIRS_PASSES(type, width) \
    {OPTIRS_HOPPER_NAME("query_gradient", type, width), OPTIRS_HOPPER_NAME("column_gradients", type, width)}
    static constexpr const char* kNames[3][2][2] = {
        {OPTIRS_PASSES("e4m3", "64"), OPTIRS_PASSES("e4m3", "128")},
        {OPTIRS_PASSES("e4m3_e5m2", "64"), OPTIRS_PASSES("e4m3_e5m2", "128")},
        {OPTIRS_PASSES("e5m2", "64"), OPTIRS_PASSES("e5m2", "128")}};
#undef OPTIRS_PASSES
    const AttentionScores& s = arguments.scores;
    const size_t index = attentionWidthIndex(s);
    const int width = kAttentionWidths[index];
    const BackwardSides sides(s, arguments.dout, reinterpret_cast<uintptr_t>(workspace));
    for (const OnSide* side : {&sides.q, &sides.k, &sides.dout}) {
        side->put(queue);
    }
    const auto map = [&](const HeadOperand& operand, const HeadRows& rows) {
        return tensorMapOf(mapped(element, operand, rows), hopperPassing(width, 1));
    };
    AttentionHopperBackwardArguments given = {.q = map(s.q, queryRows(s)),
                                              .k = map(s.k, columnRows(s)),
                                              .v = map(s.v, columnRows(s)),
                                              .dout = map(arguments.dout, queryRows(s)),
                                              .q_on_side = tensorMapOf(sides.q.mapped(), width),
                                              .k_on_side = tensorMapOf(sides.k.mapped(), width),
                                              .dout_on_side = tensorMapOf(sides.dout.mapped(), width),
                                              .attention = arguments,
                                              .value_gradient = gradients.v,
                                              .is_bf16 = element == Element::kBF16 ? 1 : 0};
    const char* const* names = kNames[typesOf(s, arguments.dout)][index];
    const auto launch = [&](const char* name, const HeadRows& rows) {
        launchHopper(queue, {"attention_backward_float8_hopper", name}, rows, hopperGradientBytes(width, 1),
                     given);
    };
    attentionMeans(queue, element, arguments);
    given.attention.gradient = gradients.q;
    launch(names[0], queryRows(s));
    given.attention.gradient = gradients.k;
    launch(names[1], columnRows(s));
}

}  // namespace optirs::cuda
