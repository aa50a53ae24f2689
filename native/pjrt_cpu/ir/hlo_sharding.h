/// @file
/// The `mhlo.sharding` strings of XLA: which tile of a value each device holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// A parsed HLO sharding. Spellings: `{replicated}`, `{manual}`, `{unreduced}`, `{unknown}`, `{maximal
/// device=3}`,
/// `{devices=[2,2]0,1,2,3}`, `{devices=[2,1,4]<=[8] last_tile_dim_replicate}`,
/// `{devices=[4,2]<=[2,4]T(1,0)}`, `last_tile_dims={manual, replicated}`, and a tuple `{{...}, {...}}`.
struct HloSharding {
    enum class Kind : uint8_t { kReplicated, kMaximal, kManual, kUnreduced, kUnknown, kTiled, kTuple };

    Kind kind = Kind::kReplicated;
    /// kTiled: tiles in each dimension of the value, then of the trailing dimensions `last_dims` names.
    std::vector<int64_t> tile_dims;
    /// kTiled: devices row-major over tile_dims. kMaximal: the one device.
    std::vector<int64_t> devices;
    /// kTiled: what the devices along each trailing tile dimension do (kReplicated, kManual, kUnreduced).
    std::vector<Kind> last_dims;
    /// kTuple.
    std::vector<HloSharding> elements;

    /// Number of leading tile_dims that divide dimensions of the value.
    size_t rank() const { return tile_dims.size() - last_dims.size(); }
    /// In the same syntax, devices listed.
    std::string toString() const;
    bool operator==(const HloSharding&) const = default;
};

/// @throws Error INVALID_ARGUMENT naming the position and what was expected.
HloSharding parseHloSharding(std::string_view text);

/// Attribute `mhlo.sharding` of a value or operation.
std::optional<HloSharding> hloShardingOf(const NamedAttributes& attributes);

}  // namespace optirs::plugin
