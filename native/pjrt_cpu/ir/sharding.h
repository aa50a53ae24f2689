/// @file
/// How values are divided among devices, in Shardy's terms: meshes and shardings of the `sdy` dialect.
/// Attributes keep them as text (OpaqueAttribute, or a string in a frontend attribute); this reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// One axis of a mesh: `"x"=4`.
struct MeshAxis {
    std::string name;
    int64_t size = 1;
    bool operator==(const MeshAxis&) const = default;
};

/// `sdy.mesh @name = <["x"=2, "y"=4], device_ids=[...]>`.
///
/// Devices are numbered row-major over the axes; `device_ids` (empty: 0, 1, 2, ...) says which device is
/// at each place. A mesh without axes and with one device id is the maximal mesh: that device alone.
struct Mesh {
    std::string name;
    std::vector<MeshAxis> axes;
    std::vector<int64_t> device_ids;

    /// Product of the axis sizes.
    int64_t deviceCount() const;
    bool isMaximal() const { return axes.empty() && device_ids.size() == 1; }
    /// Null when the mesh has no such axis.
    const MeshAxis* axis(std::string_view wanted) const;
    /// The device at row-major place `i`.
    int64_t device(int64_t i) const { return device_ids.empty() ? i : device_ids[static_cast<size_t>(i)]; }
    /// `#sdy.mesh<["x"=2, "y"=4]>`; the name is not part of it.
    std::string toString() const;
    bool operator==(const Mesh&) const = default;
};

/// `:(2)4`: of an axis seen as [pre_size, size, rest], the middle part.
struct SubAxis {
    int64_t pre_size = 1;
    int64_t size = 1;
    bool operator==(const SubAxis&) const = default;
};

/// `"x"` or `"x":(2)4`.
struct AxisRef {
    std::string name;
    std::optional<SubAxis> sub_axis;

    /// Number of parts this axis, or part of one, divides into.
    /// @throws Error INVALID_ARGUMENT when the mesh has no such axis
    int64_t size(const Mesh& mesh) const;
    std::string toString() const;
    bool operator==(const AxisRef&) const = default;
};

/// `{"x", "y", ?}p1`: the axes that divide one dimension, the first one outermost.
struct DimensionSharding {
    std::vector<AxisRef> axes;
    bool is_closed = true;  ///< false with `?`: propagation may add axes
    std::optional<int64_t> priority;
    bool operator==(const DimensionSharding&) const = default;
};

/// `#sdy.sharding<@mesh, [{"x"}, {?}], replicated={"y"}, unreduced={"z"}>`.
struct Sharding {
    std::string mesh;                 ///< symbol name; empty when inline_mesh is set
    std::optional<Mesh> inline_mesh;  ///< of `#sdy.sharding<mesh<["x"=2]>, ...>`
    std::vector<DimensionSharding> dimensions;
    std::vector<AxisRef> replicated;
    std::vector<AxisRef> unreduced;
    std::string unreduced_reduction;  ///< `max` of `unreduced=max{"z"}`; empty is a sum

    std::string toString() const;
    bool operator==(const Sharding&) const = default;
};

/// `#sdy.mesh<...>` or `mesh<...>` or `<...>`.
/// @throws Error INVALID_ARGUMENT naming the position and what was expected, as do all functions below.
Mesh parseMesh(std::string_view text);
/// `#sdy.sharding<...>` or `<...>`.
Sharding parseSharding(std::string_view text);
/// `#sdy.sharding_per_value<[<@mesh, [...]>, ...]>` or `[...]`; also one `#sdy.sharding<...>`.
std::vector<Sharding> parseShardings(std::string_view text);
/// `#sdy.manual_axes<{"x", "y"}>`, `#sdy<manual_axes{"x", "y"}>` or `{"x", "y"}`.
std::vector<std::string> parseManualAxes(std::string_view text);
/// `{"x", "y":(1)2}`: a list of axes of a collective.
std::vector<AxisRef> parseAxes(std::string_view text);
/// `[{"x"}, {}]`: such a list for each dimension.
std::vector<std::vector<AxisRef>> parseAxesPerDimension(std::string_view text);

std::string toString(const std::vector<Sharding>& shardings);  ///< `#sdy.sharding_per_value<[...]>`
std::string toString(const std::vector<AxisRef>& axes);        ///< `{"x", "y"}`

/// The same `#sdy....` attribute in canonical spelling; text that is no attribute named here as it is.
std::string canonicalShardyText(const std::string& text);

/// The meshes of a program: its `sdy.mesh` operations, and those in the module's frontend attribute
/// `xla.sdy.meshes`.
std::vector<Mesh> meshes(const Module& module);
/// The mesh a sharding is over. @throws Error INVALID_ARGUMENT when there is none of that name
const Mesh& meshOf(const Sharding& sharding, const std::vector<Mesh>& meshes);
/// Refuses axes the mesh does not have, axes used twice and sub-axes that do not divide.
/// @throws Error INVALID_ARGUMENT
void checkSharding(const Sharding& sharding, const Mesh& mesh);

/// Of one value: attribute `sdy.sharding`, or the frontend attribute `xla.sdy.sharding`.
std::optional<Sharding> shardingOf(const NamedAttributes& attributes);
std::optional<Sharding> argumentSharding(const Function& function, size_t i);
std::optional<Sharding> resultSharding(const Function& function, size_t i);
/// Of Shardy's operations that give their operand another sharding, and nothing else: the attribute that says
/// it. NULL for all others. Its collectives are among them: their types are those of whole tensors, a sum
/// over partitions is there from the operation on that made the parts, and all that is left is to place the
/// result.
const char* placementAttribute(OpKind kind);

/// One for each result; empty when the operation has none. Reads placements, too.
std::vector<Sharding> operationShardings(const Operation& op);

/// sdy.manual_computation and its custom-call form: `in_shardings` and so on.
std::vector<Sharding> inShardings(const Operation& op);
std::vector<Sharding> outShardings(const Operation& op);
std::vector<std::string> manualAxes(const Operation& op);

/// A string in the dictionary `mhlo.frontend_attributes`, if there is one. XLA's exporter writes quotes and
/// backslashes in it behind backslashes, which are not part of it.
std::optional<std::string> frontendAttribute(const NamedAttributes& attributes, std::string_view name);

/// Targets of the custom calls that XLA's clients write for operations of Shardy.
inline constexpr std::string_view kGlobalToLocalShape = "xla.sdy.GlobalToLocalShape";
inline constexpr std::string_view kLocalToGlobalShape = "xla.sdy.LocalToGlobalShape";
inline constexpr std::string_view kFuncResultSharding = "xla.sdy.FuncResultSharding";
inline constexpr std::string_view kShardingGroup = "xla.sdy.ShardingGroup";
inline constexpr std::string_view kPropagationBarrier = "xla.sdy.PropagationBarrier";

}  // namespace optirs::plugin
