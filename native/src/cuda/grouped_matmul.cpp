#include "src/cuda/grouped_matmul.h"

#include <array>

namespace optirs::cuda {
namespace {

int64_t tilesOf(int64_t extent) { return (extent + kGroupedTile - 1) / kGroupedTile; }

/// Of rows there are blocks for as many tiles as there can be, whatever the sizes are: only the device knows
/// those.
int64_t blocksOf(GroupedForm form, const GroupedMatmulArguments& a) {
    const int64_t across = tilesOf(a.result.columns);
    return form == GroupedForm::kSums ? a.groups * tilesOf(a.k) * across
                                      : (a.rows / kGroupedTile + a.groups + 1) * across;
}

}  // namespace

void groupedMatmul(const Queue& queue, GroupedForm form, Element element,
                   const GroupedMatmulArguments& arguments) {
    static constexpr std::array<std::array<const char*, 3>, 3> kNames = {
        {{"grouped_matmul_f32", "grouped_matmul_bf16", "grouped_matmul_f16"},
         {"grouped_matmul_transposed_f32", "grouped_matmul_transposed_bf16", "grouped_matmul_transposed_f16"},
         {"grouped_sums_f32", "grouped_sums_bf16", "grouped_sums_f16"}}};
    const int bytes = element == Element::kF32 ? 4 : 2;
    launchKernel(queue, {"grouped_matmul", kNames[static_cast<size_t>(form)][static_cast<size_t>(element)]},
                 blocksOf(form, arguments), &arguments,
                 {.shared_bytes = static_cast<unsigned>(groupedBytes(bytes))});
}

}  // namespace optirs::cuda
