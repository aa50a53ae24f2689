/// @file
/// Which part of a value each partition of a program holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pjrt_cpu/ir/hlo_sharding.h"
#include "pjrt_cpu/ir/sharding.h"

namespace optirs::plugin {

/// A value cut into equal tiles, tiles[d] of them along dimension d. Partition p holds the tile at
/// position[p]; several may hold the same one.
struct Tiling {
    std::vector<int64_t> tiles;
    std::vector<std::vector<int64_t>> position;

    static Tiling replicated(size_t rank, int64_t partitions);

    bool isReplicated() const;
    size_t rank() const { return tiles.size(); }
    /// The dimensions of one tile; nullopt when they are not whole numbers.
    std::optional<std::vector<int64_t>> tileDims(std::span<const int64_t> dims) const;
    /// The least dimensions not below these that divide into tiles.
    std::vector<int64_t> evenDims(std::span<const int64_t> dims) const;
    /// Whether both cut this dimension alike.
    bool agrees(const Tiling& other, size_t dimension) const;
    /// The same with dimension d whole.
    Tiling without(size_t dimension) const;
    /// Every tile is held, each by as many partitions.
    bool isComplete() const;
    /// `{devices=[2,1]0,1}`, in XLA's syntax.
    std::string toHloText() const;
    bool operator==(const Tiling&) const = default;
};

/// Nullopt: the sharding says nothing about where the parts are (manual, unknown, another rank), or is over
/// another number of devices.
std::optional<Tiling> tilingOf(const HloSharding& sharding, size_t rank, int64_t partitions);
/// `axes`: count these axes of the mesh only; null: all.
std::optional<Tiling> tilingOf(const Sharding& sharding, const Mesh& mesh, size_t rank, int64_t partitions,
                               const std::vector<std::string>* axes = nullptr);

}  // namespace optirs::plugin
