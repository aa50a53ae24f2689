// Attention's kernels for Hopper: when they are chosen, and the launches of those that multiply 16 bits.
#include "src/cuda/attention_hopper.h"

#include "src/cuda/attention_decode.h"
#include "src/cuda/context.h"

namespace optirs::cuda {
namespace {

bool isForWide(const AttentionCall& call) {
    const AttentionCall decoded = decodedForm(call, nullptr);
    const AttentionScores& s = decoded.scores;
    return isGood(call.element, s.q, queryRows(s)) && isGood(call.element, s.k, columnRows(s)) &&
           isGood(call.element, s.v, columnRows(s)) &&
           (!call.is_backward || isGood(call.element, decoded.dout, queryRows(s))) &&
           std::max(s.q.width, s.v.width) <= kAttentionSlice;
}

}  // namespace

AttentionKernels ownKernels(const AttentionCall& call, int32_t capability) {
    if (capability != kHopper || !hasTensorMaps() || !fusedObstacle(call).empty()) {
        return AttentionKernels::kAnywhere;
    }
    if (isForFloat8(call)) {
        return AttentionKernels::kHopper8;
    }
    return isForWide(call) ? AttentionKernels::kHopper16 : AttentionKernels::kAnywhere;
}

void attentionForwardHopper(const Queue& queue, Element element, const AttentionArguments& arguments) {
    static constexpr HopperNames kNames[2] = {OPTIRS_HOPPER_NAMES("forward", "bf16"),
                                              OPTIRS_HOPPER_NAMES("forward", "f16")};
    const AttentionScores& s = arguments.scores;
    const size_t index = attentionWidthIndex(s);
    const int width = kAttentionWidths[index];
    const AttentionHopperArguments given = {
        .q = tensorMapOf(mapped(element, s.q, queryRows(s)), kHopperRows),
        .k = tensorMapOf(mapped(element, s.k, columnRows(s)), hopperColumns(width)),
        .v = tensorMapOf(mapped(element, s.v, columnRows(s)), hopperColumns(width)),
        .attention = arguments,
        .is_bf16 = 0};
    launchHopper(queue, {"attention_forward_hopper", kNames[element == Element::kBF16 ? 0 : 1][index]},
                 queryRows(s), hopperBytes(width, 2), given);
}

void attentionBackwardHopper(const Queue& queue, Element element, AttentionBackwardArguments arguments,
                             const AttentionGradients& gradients) {
    // Of each type, by width. Of 256 columns the gradients of k and v are two kernels.
    static constexpr HopperNames kQuery[2] = {OPTIRS_HOPPER_NAMES("query_gradient", "bf16"),
                                              OPTIRS_HOPPER_NAMES("query_gradient", "f16")};
    static constexpr const char* kColumns[2][3][2] = {
        {{OPTIRS_HOPPER_NAME("column_gradients", "bf16", "64"), nullptr},
         {OPTIRS_HOPPER_NAME("column_gradients", "bf16", "128"), nullptr},
         {OPTIRS_HOPPER_NAME("key_gradient", "bf16", "256"),
          OPTIRS_HOPPER_NAME("value_gradient", "bf16", "256")}},
        {{OPTIRS_HOPPER_NAME("column_gradients", "f16", "64"), nullptr},
         {OPTIRS_HOPPER_NAME("column_gradients", "f16", "128"), nullptr},
         {OPTIRS_HOPPER_NAME("key_gradient", "f16", "256"),
          OPTIRS_HOPPER_NAME("value_gradient", "f16", "256")}}};
    const AttentionScores& s = arguments.scores;
    const size_t type = element == Element::kBF16 ? 0 : 1;
    const size_t index = attentionWidthIndex(s);
    const int width = kAttentionWidths[index];
    const auto map = [&](const HeadOperand& operand, const HeadRows& rows) {
        return tensorMapOf(mapped(element, operand, rows), hopperPassing(width, 2));
    };
    AttentionHopperBackwardArguments given{};
    given.q = map(s.q, queryRows(s));
    given.k = map(s.k, columnRows(s));
    given.v = map(s.v, columnRows(s));
    given.dout = map(arguments.dout, queryRows(s));
    given.attention = arguments;
    given.value_gradient = gradients.v;
    const auto launch = [&](const char* name, const HeadRows& rows) {
        launchHopper(queue, {"attention_backward_hopper", name}, rows, hopperGradientBytes(width, 2), given);
    };
    attentionMeans(queue, element, arguments);
    given.attention.gradient = gradients.q;
    launch(kQuery[type][index], queryRows(s));
    given.attention.gradient = gradients.k;
    for (const char* name : kColumns[type][index]) {
        if (name != nullptr) {
            launch(name, columnRows(s));
        }
    }
}

}  // namespace optirs::cuda
