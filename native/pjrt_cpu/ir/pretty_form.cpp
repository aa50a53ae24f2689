#include "pjrt_cpu/ir/pretty_form.h"

#include <unordered_map>

namespace optirs::plugin {

const PrettyForm* prettyForm(OpKind kind) {
    using enum OpKind;
    using enum TypeRule;
    static const auto by_kind = [] {
        std::unordered_map<OpKind, PrettyForm> forms;
        const PrettyForm list[] = {
            {kBroadcast, kFunction, {{"sizes", "broadcast_sizes"}}},
            {kBroadcastInDim, kFunction, {{"dims", "broadcast_dimensions"}}},
            {kCholesky, kSame, {{"lower", "lower"}}},
            {kComplex, TypeRule::kComplexType},
            {kConcatenate, kFunction, {{"dim", "dimension"}}},
            {kCreateToken, kResults},
            {kDynamicBroadcastInDim, kFunction, {{"dims", "broadcast_dimensions"}}},
            {kDynamicIota, kFunction, {{"dim", "iota_dimension"}}},
            {kDynamicPad, kFunction},
            {kDynamicReshape, kFunction},
            {kDynamicSlice, kFunction, {{"sizes", "slice_sizes"}}},
            {kDynamicUpdateSlice, kFunction},
            {kEinsum, kFunction, {{"config", "einsum_config"}}},
            {kFft, kFunction, {{"type", "fft_type", "fft_type"}, {"length", "fft_length"}}},
            {kGetDimensionSize, kFunction, {{"dim", "dimension"}}},
            {kIota, kResults, {{"dim", "iota_dimension"}}},
            {kOptimizationBarrier, kPairwise},
            {kPad,
             kFunction,
             {{"low", "edge_padding_low"}, {"high", "edge_padding_high"}, {"interior", "interior_padding"}}},
            {kPartitionId, kResults},
            {kRealDynamicSlice, kFunction},
            {kReplicaId, kResults},
            {kReshape, kFunction},
            {kBitcastConvert, kFunction},
            {kReturn, kOperands},
            {kReverse, kSame, {{"dims", "dimensions"}}},
            {kRng, kFunction, {{"distribution", "rng_distribution", "rng_distribution"}}},
            {kRngBitGenerator, kFunction, {{"algorithm", "rng_algorithm", "rng_algorithm"}}},
            {kSelect, TypeRule::kSelectTypes},
            {kSetDimensionSize, kFunction, {{"dim", "dimension"}}},
            {kTranspose, kFunction, {{"dims", "permutation"}}},
            {kTuple, kResults},
            {kUnaryEinsum, kFunction, {{"config", "einsum_config"}}},
            {kAfterAll, kSame},
            {kSdyPropagationBarrier,
             kSame,
             {{"allowed_direction", "allowed_direction", "propagation_direction"}}},
            {kSdyReturn, kOperands},
            {kCheckExpectAlmostEq, kSame, {{"tolerance", "tolerance"}}},
            {kCheckExpectClose,
             kOperands,
             {{"max_ulp_difference", "max_ulp_difference"}, {"min_ulp_difference", "min_ulp_difference"}}},
            {kCheckExpectEq, kSame},
            {kCheckExpectSerializedEq, kSame, {{"probe_id", "probe_id"}, {"iter", "iteration"}}},
            {kInterpreterPrint, kOperands},
            {kInterpreterProbe, kSame, {{"probe_id", "probe_id"}}},
            {kChloConstantLike, kSame},
        };
        for (const PrettyForm& form : list) forms.emplace(form.kind, form);
        for (size_t i = 0; i < static_cast<size_t>(kUnknown); ++i) {
            const auto each = static_cast<OpKind>(i);
            const std::string_view name = opKindName(each);
            if (name.starts_with("chlo.broadcast_")) {
                forms.emplace(each, PrettyForm{each, kFunction});
            } else if (isElementwise(each)) {
                forms.emplace(each, PrettyForm{each, name.starts_with("chlo.") ? kOperandsToResults : kSame});
            }
        }
        return forms;
    }();
    const auto found = by_kind.find(kind);
    return found == by_kind.end() ? nullptr : &found->second;
}

}  // namespace optirs::plugin
