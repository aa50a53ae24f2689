#include "pjrt_cpu/capi/program_lists.h"

#include <algorithm>
#include <cstring>

#include "pjrt_cpu/capi/client.h"
#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/capi/protobuf_writer.h"
#include "pjrt_cpu/ir/hlo_sharding.h"
#include "pjrt_cpu/runtime/executor.h"

namespace optirs::plugin {
namespace {

using Kind = HloSharding::Kind;

/// xla.OpSharding.Type.
int64_t typeNumber(Kind kind) {
    switch (kind) {
        case Kind::kReplicated:
            return 0;
        case Kind::kMaximal:
            return 1;
        case Kind::kTuple:
            return 2;
        case Kind::kTiled:
            return 3;
        case Kind::kManual:
            return 4;
        case Kind::kUnknown:
            return 5;
        case Kind::kUnreduced:
            return 6;
    }
    return 5;
}

/// Serialized xla.OpSharding (field numbers of xla_data.proto). The nesting is that of the text, which the
/// parser bounds.
std::string serialize(const HloSharding& sharding) {
    constexpr uint32_t kType = 1;
    constexpr uint32_t kTileDimensions = 3;
    constexpr uint32_t kTileDevices = 4;
    constexpr uint32_t kTupleShardings = 5;
    constexpr uint32_t kLastTileDims = 8;
    MessageWriter message;
    message.integer(kType, typeNumber(sharding.kind));
    message.integers(kTileDimensions,
                     sharding.kind == Kind::kMaximal ? std::vector<int64_t>{1} : sharding.tile_dims);
    message.integers(kTileDevices, sharding.devices);
    for (const HloSharding& element : sharding.elements) message.bytes(kTupleShardings, serialize(element));
    std::vector<int64_t> last_dims;
    for (const Kind kind : sharding.last_dims) last_dims.push_back(typeNumber(kind));
    message.integers(kLastTileDims, last_dims);
    return message.text();
}

}  // namespace

ValueLists::ValueLists(const std::vector<TensorType>& value_types,
                       const std::vector<std::string>& sharding_texts) {
    for (const TensorType& type : value_types) {
        const TensorType largest = type.withDims(boundsOf(type));
        if (largest.isStatic()) bytes += largest.byteCount();
        types.push_back(bufferType(type.element()));
        ranks.push_back(static_cast<size_t>(type.rank()));
        dims.insert(dims.end(), type.dims().begin(), type.dims().end());
        owned_layouts_.push_back(std::make_unique<PJRT_Layouts_MemoryLayout>(type.rank(), true));
        layouts.push_back(owned_layouts_.back().get());
    }
    memory_kinds.assign(value_types.size(), kMemoryKind);
    memory_kind_sizes.assign(value_types.size(), std::strlen(kMemoryKind));
    const bool any = std::ranges::any_of(sharding_texts, [](const std::string& t) { return !t.empty(); });
    if (!any || sharding_texts.size() != value_types.size()) return;
    for (const std::string& text : sharding_texts) {
        owned_shardings_.push_back(serialize(text.empty() ? HloSharding{} : parseHloSharding(text)));
    }
    for (const std::string& sharding : owned_shardings_) {
        shardings.push_back(sharding.data());
        sharding_sizes.push_back(sharding.size());
    }
}

NamedValues costProperties(const ProgramCost& cost) {
    NamedValues values;
    values.add("flops", static_cast<float>(cost.flops));
    values.add("transcendentals", static_cast<float>(cost.transcendentals));
    values.add("bytes accessed", static_cast<float>(cost.bytes_accessed));
    values.add("optimal_seconds", static_cast<float>(optimalSeconds(cost)));
    return values;
}

}  // namespace optirs::plugin

PJRT_Layouts_MemoryLayout::PJRT_Layouts_MemoryLayout(int64_t rank, bool owned_by_program_of_it)
    : text("{"), owned_by_program(owned_by_program_of_it) {
    for (int64_t d = rank; d-- > 0;) text += std::to_string(d) + (d > 0 ? "," : "");
    text += "}";
}
