#include "pjrt_cpu/passes/tiling.h"

#include <algorithm>
#include <map>

namespace optirs::plugin {

Tiling Tiling::replicated(size_t rank, int64_t partitions) {
    return {std::vector<int64_t>(rank, 1), std::vector<std::vector<int64_t>>(static_cast<size_t>(partitions),
                                                                             std::vector<int64_t>(rank, 0))};
}

bool Tiling::isReplicated() const {
    return std::ranges::all_of(tiles, [](int64_t count) { return count == 1; });
}

std::vector<int64_t> Tiling::evenDims(std::span<const int64_t> dims) const {
    std::vector<int64_t> out(dims.begin(), dims.end());
    for (size_t d = 0; d < out.size(); ++d) out[d] = (out[d] + tiles[d] - 1) / tiles[d] * tiles[d];
    return out;
}

std::optional<std::vector<int64_t>> Tiling::tileDims(std::span<const int64_t> dims) const {
    if (dims.size() != tiles.size()) return std::nullopt;
    std::vector<int64_t> result(dims.begin(), dims.end());
    for (size_t d = 0; d < tiles.size(); ++d) {
        if (result[d] < 0 || result[d] % tiles[d] != 0) return std::nullopt;
        result[d] /= tiles[d];
    }
    return result;
}

bool Tiling::agrees(const Tiling& other, size_t dimension) const {
    if (tiles[dimension] != other.tiles[dimension]) return false;
    for (size_t p = 0; p < position.size(); ++p) {
        if (position[p][dimension] != other.position[p][dimension]) return false;
    }
    return true;
}

Tiling Tiling::without(size_t dimension) const {
    Tiling result = *this;
    result.tiles[dimension] = 1;
    for (auto& place : result.position) place[dimension] = 0;
    return result;
}

bool Tiling::isComplete() const {
    size_t wanted = 1;
    for (const int64_t count : tiles) {
        if (static_cast<size_t>(count) > position.size()) return false;
        wanted *= static_cast<size_t>(count);
        if (wanted > position.size()) return false;
    }
    std::map<std::vector<int64_t>, size_t> holders;
    for (const auto& place : position) ++holders[place];
    return holders.size() == wanted && std::ranges::all_of(holders, [&](const auto& entry) {
               return entry.second * wanted == position.size();
           });
}

std::string Tiling::toHloText() const {
    if (isReplicated()) return "{replicated}";
    int64_t count = 1;
    std::map<std::vector<int64_t>, std::vector<size_t>> holders;
    for (size_t p = 0; p < position.size(); ++p) holders[position[p]].push_back(p);
    std::string text = "{devices=[";
    for (const int64_t tile : tiles) {
        text += std::to_string(tile) + ",";
        count *= tile;
    }
    const int64_t copies = static_cast<int64_t>(position.size()) / count;
    if (copies > 1)
        text += std::to_string(copies);
    else
        text.pop_back();
    text += "]";
    bool first = true;
    for (const auto& [place, list] : holders) {
        for (const size_t p : list) {
            text += (first ? "" : ",") + std::to_string(p);
            first = false;
        }
    }
    return text + (copies > 1 ? " last_tile_dim_replicate}" : "}");
}

std::optional<Tiling> tilingOf(const HloSharding& sharding, size_t rank, int64_t partitions) {
    Tiling result = Tiling::replicated(rank, partitions);
    switch (sharding.kind) {
        case HloSharding::Kind::kReplicated:
        case HloSharding::Kind::kMaximal:
            return result;
        case HloSharding::Kind::kTiled:
            break;
        default:
            return std::nullopt;
    }
    if (sharding.rank() != rank || sharding.devices.size() != static_cast<size_t>(partitions))
        return std::nullopt;
    std::copy_n(sharding.tile_dims.begin(), rank, result.tiles.begin());
    for (size_t i = 0; i < sharding.devices.size(); ++i) {
        const int64_t device = sharding.devices[i];
        if (device < 0 || device >= partitions) return std::nullopt;
        size_t rest = i;
        for (size_t d = sharding.tile_dims.size(); d-- > 0;) {
            const auto size = static_cast<size_t>(sharding.tile_dims[d]);
            if (d < rank) result.position[static_cast<size_t>(device)][d] = static_cast<int64_t>(rest % size);
            rest /= size;
        }
    }
    if (!result.isComplete()) return std::nullopt;
    return result;
}

std::optional<Tiling> tilingOf(const Sharding& sharding, const Mesh& mesh, size_t rank, int64_t partitions,
                               const std::vector<std::string>* axes) {
    Tiling result = Tiling::replicated(rank, partitions);
    if (mesh.isMaximal() || mesh.axes.empty()) return result;
    if (mesh.deviceCount() != partitions || sharding.dimensions.size() != rank) return std::nullopt;
    checkSharding(sharding, mesh);
    const auto counts = [&](const AxisRef& axis) {
        return axes == nullptr || std::ranges::find(*axes, axis.name) != axes->end();
    };
    for (size_t d = 0; d < rank; ++d) {
        for (const AxisRef& axis : sharding.dimensions[d].axes) {
            if (counts(axis)) result.tiles[d] *= axis.size(mesh);
        }
    }
    for (int64_t i = 0; i < partitions; ++i) {
        // Where device i of the mesh is along each axis.
        std::map<std::string, int64_t> along;
        int64_t rest = i;
        for (size_t a = mesh.axes.size(); a-- > 0;) {
            along[mesh.axes[a].name] = rest % mesh.axes[a].size;
            rest /= mesh.axes[a].size;
        }
        const int64_t device = mesh.device(i);
        if (device < 0 || device >= partitions) return std::nullopt;
        for (size_t d = 0; d < rank; ++d) {
            int64_t tile = 0;
            for (const AxisRef& axis : sharding.dimensions[d].axes) {
                if (!counts(axis)) continue;
                int64_t at = along[axis.name];
                if (axis.sub_axis) {
                    const int64_t whole = mesh.axis(axis.name)->size;
                    at = at / (whole / (axis.sub_axis->pre_size * axis.sub_axis->size)) % axis.sub_axis->size;
                }
                tile = tile * axis.size(mesh) + at;
            }
            result.position[static_cast<size_t>(device)][d] = tile;
        }
    }
    if (!result.isComplete()) return std::nullopt;
    return result;
}

}  // namespace optirs::plugin
