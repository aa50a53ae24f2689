#include "pjrt_cpu/passes/reshard.h"

#include <cstring>
#include <map>

#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

template <typename T>
Literal literalOf(TensorType type, const std::vector<T>& values) {
    std::vector<std::byte> bytes(values.size() * sizeof(T));
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return {std::move(type), std::move(bytes)};
}

/// Partitions that together hold all tiles along dimension d, and agree in the others. A tile that several
/// hold is taken from the first one by the first group, from the second one by the second, and so on.
std::vector<std::vector<int64_t>> gatherGroups(const Tiling& tiling, size_t d) {
    std::map<std::vector<int64_t>, std::vector<std::vector<int64_t>>> holders;
    for (size_t p = 0; p < tiling.position.size(); ++p) {
        std::vector<int64_t> others = tiling.position[p];
        others[d] = 0;
        auto& by_tile = holders[others];
        by_tile.resize(static_cast<size_t>(tiling.tiles[d]));
        by_tile[static_cast<size_t>(tiling.position[p][d])].push_back(static_cast<int64_t>(p));
    }
    std::vector<std::vector<int64_t>> groups;
    for (const auto& [others, by_tile] : holders) {
        for (size_t k = 0; k < by_tile[0].size(); ++k) {
            std::vector<int64_t>& group = groups.emplace_back();
            for (const auto& list : by_tile) group.push_back(list[k]);
        }
    }
    return groups;
}

Value* gather(Builder& builder, Value* value, const Tiling& tiling, size_t d, int32_t num_replicas) {
    const auto groups = gatherGroups(tiling, d);
    const auto partitions = static_cast<int64_t>(tiling.position.size());
    std::vector<int64_t> ids;
    for (int64_t r = 0; r < num_replicas; ++r) {
        for (const auto& group : groups) {
            for (const int64_t p : group) ids.push_back(r * partitions + p);
        }
    }
    const auto rows = static_cast<int64_t>(groups.size()) * num_replicas;
    NamedAttributes attributes;
    attributes.set("all_gather_dim", Attribute::integer(static_cast<int64_t>(d)));
    attributes.set("replica_groups", literalOf(TensorType(ElementType::kI64, {rows, tiling.tiles[d]}), ids));
    attributes.set("channel_handle", ChannelHandle{1, 0});
    attributes.set("use_global_device_ids", UnitAttribute{});
    std::vector<int64_t> dims = dimsOf(value);
    dims[d] *= tiling.tiles[d];
    return builder.create(OpKind::kAllGather, {value}, value->tensor().withDims(std::move(dims)),
                          std::move(attributes));
}

/// The tile of a whole value that this partition holds under `tiling`.
Value* takeTile(Builder& builder, Value* value, const Tiling& tiling) {
    const std::vector<int64_t> tile = *tiling.tileDims(value->tensor().dims());
    const auto partitions = static_cast<int64_t>(tiling.position.size());
    const TensorType index(ElementType::kI32, {});
    Value* partition = builder.create(OpKind::kPartitionId, {}, TensorType(ElementType::kUi32, {}));
    partition = builder.convert(partition, ElementType::kI32);
    std::vector<Value*> operands = {value};
    for (size_t d = 0; d < tiling.rank(); ++d) {
        if (tiling.tiles[d] == 1) {
            operands.push_back(builder.constant(index, 0));
            continue;
        }
        std::vector<int32_t> starts;
        for (const auto& place : tiling.position) starts.push_back(static_cast<int32_t>(place[d] * tile[d]));
        Value* table = builder.constant(literalOf(TensorType(ElementType::kI32, {partitions}), starts));
        NamedAttributes attributes;
        attributes.set("slice_sizes", Attribute::integers({1}));
        Value* start = builder.create(OpKind::kDynamicSlice, {table, partition},
                                      TensorType(ElementType::kI32, {1}), std::move(attributes));
        operands.push_back(builder.reshape(start, {}));
    }
    NamedAttributes attributes;
    attributes.set("slice_sizes", Attribute::integers(tile));
    const Type type = value->tensor().withDims(tile);
    return builder.create(OpKind::kDynamicSlice, operands, {&type, 1}, std::move(attributes))->result();
}

}  // namespace

Value* reshard(Builder& builder, Value* value, const Tiling& from, const Tiling& to, int32_t num_replicas) {
    Tiling now = from;
    for (size_t d = 0; d < now.rank(); ++d) {
        if (now.tiles[d] == 1 || now.agrees(to, d)) continue;
        value = gather(builder, value, now, d, num_replicas);
        now = now.without(d);
    }
    Tiling cut = to;
    for (size_t d = 0; d < cut.rank(); ++d) {
        if (now.tiles[d] > 1) cut = cut.without(d);  // is cut so already
    }
    return cut.isReplicated() ? value : takeTile(builder, value, cut);
}

}  // namespace optirs::plugin
