#include "pjrt_cpu/ir/sharding.h"

#include <algorithm>

#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/text_cursor.h"

namespace optirs::plugin {
namespace {

/// The text of an attribute, whether it is one of `sdy` or a string; null for any other.
const std::string* textOf(const Attribute* attribute) {
    if (attribute == nullptr) return nullptr;
    if (const auto* opaque = attribute->get<OpaqueAttribute>()) return &opaque->text;
    return attribute->get<std::string>();
}

std::optional<std::string> textOf(const NamedAttributes& attributes, std::string_view name,
                                  std::string_view frontend_name) {
    if (const std::string* text = textOf(attributes.find(name))) return *text;
    return frontendAttribute(attributes, frontend_name);
}

std::string requiredText(const Operation& op, std::string_view name, std::string_view frontend_name) {
    std::optional<std::string> text = textOf(op.attributes(), name, frontend_name);
    if (!text) throw invalidOperation(op, "attribute " + std::string(name) + " is missing");
    return std::move(*text);
}

}  // namespace

int64_t Mesh::deviceCount() const {
    int64_t count = 1;
    for (const MeshAxis& axis : axes) count *= axis.size;
    return count;
}

const MeshAxis* Mesh::axis(std::string_view wanted) const {
    const auto found = std::ranges::find(axes, wanted, &MeshAxis::name);
    return found == axes.end() ? nullptr : &*found;
}

int64_t AxisRef::size(const Mesh& mesh) const {
    const MeshAxis* axis = mesh.axis(name);
    if (axis == nullptr) {
        throw invalidArgument("mesh @" + mesh.name + " " + mesh.toString() + " has no axis " + quoted(name));
    }
    return sub_axis ? sub_axis->size : axis->size;
}

std::optional<std::string> frontendAttribute(const NamedAttributes& attributes, std::string_view name) {
    const Attribute* frontend = attributes.find("mhlo.frontend_attributes");
    const auto* entries = frontend != nullptr ? frontend->get<NamedAttributes>() : nullptr;
    const Attribute* found = entries != nullptr ? entries->find(name) : nullptr;
    const auto* text = found != nullptr ? found->get<std::string>() : nullptr;
    if (text == nullptr) return std::nullopt;
    std::string out;
    for (size_t i = 0; i < text->size(); ++i) {
        if ((*text)[i] == '\\' && i + 1 < text->size()) ++i;
        out += (*text)[i];
    }
    return out;
}

std::vector<Mesh> meshes(const Module& module) {
    std::vector<Mesh> out;
    for (const auto& block : module.others().blocks()) {
        for (const Operation& op : *block) {
            if (op.kind() != OpKind::kSdyMesh) continue;
            out.push_back(parseMesh(requiredText(op, "mesh", "")));
            out.back().name = stringAttribute(op, "sym_name");
        }
    }
    // `{mesh = #sdy.mesh<["x"=2]>, other = ...}`, of programs without sdy operations.
    if (const auto text = frontendAttribute(module.attributes(), "xla.sdy.meshes")) {
        TextCursor in(*text, "xla.sdy.meshes");
        in.expect("{");
        in.list("}", [&] {
            std::string name = in.next("\"") ? in.quoted() : in.word();
            in.expect("=");
            in.skipSpace();
            const size_t begin = in.position();
            // An attribute without angle brackets inside.
            const size_t end = text->find('>', begin);
            if (end == std::string::npos) in.fail("expected #sdy.mesh<...>");
            Mesh mesh = parseMesh(std::string_view(*text).substr(begin, end + 1 - begin));
            in.accept(std::string_view(*text).substr(begin, end + 1 - begin));
            mesh.name = std::move(name);
            out.push_back(std::move(mesh));
        });
    }
    return out;
}

const Mesh& meshOf(const Sharding& sharding, const std::vector<Mesh>& meshes) {
    if (sharding.inline_mesh) return *sharding.inline_mesh;
    const auto found = std::ranges::find(meshes, sharding.mesh, &Mesh::name);
    if (found == meshes.end()) {
        throw invalidArgument("the program has no mesh @" + sharding.mesh + ", which " + sharding.toString() +
                              " names");
    }
    return *found;
}

void checkSharding(const Sharding& sharding, const Mesh& mesh) {
    std::vector<const AxisRef*> used;
    const auto fail = [&](const AxisRef& axis, const std::string& why) {
        throw invalidArgument(sharding.toString() + ": axis " + axis.toString() + " " + why + ", mesh " +
                              mesh.toString());
    };
    // Parts [pre, pre * size) of one axis, as ranges of factors, may touch but not overlap.
    const auto overlaps = [&](const AxisRef& a, const AxisRef& b) {
        if (a.name != b.name) return false;
        if (!a.sub_axis || !b.sub_axis) return true;
        return a.sub_axis->pre_size < b.sub_axis->pre_size * b.sub_axis->size &&
               b.sub_axis->pre_size < a.sub_axis->pre_size * a.sub_axis->size;
    };
    const auto use = [&](const std::vector<AxisRef>& axes) {
        for (const AxisRef& axis : axes) {
            const MeshAxis* whole = mesh.axis(axis.name);
            if (whole == nullptr) fail(axis, "is not an axis of the mesh");
            if (axis.sub_axis && (axis.sub_axis->pre_size > whole->size ||
                                  axis.sub_axis->size > whole->size / axis.sub_axis->pre_size ||
                                  whole->size % (axis.sub_axis->pre_size * axis.sub_axis->size) != 0)) {
                fail(axis, "does not divide the axis of size " + std::to_string(whole->size));
            }
            for (const AxisRef* other : used) {
                if (overlaps(axis, *other)) fail(axis, "is used twice");
            }
            used.push_back(&axis);
        }
    };
    for (const DimensionSharding& dimension : sharding.dimensions) use(dimension.axes);
    use(sharding.replicated);
    use(sharding.unreduced);
}

std::optional<Sharding> shardingOf(const NamedAttributes& attributes) {
    const auto text = textOf(attributes, "sdy.sharding", "xla.sdy.sharding");
    if (!text) return std::nullopt;
    std::vector<Sharding> all = parseShardings(*text);
    if (all.size() != 1) {
        throw invalidArgument("a value has one sharding, got " + std::to_string(all.size()) + " in " + *text);
    }
    return std::move(all[0]);
}

std::optional<Sharding> argumentSharding(const Function& function, size_t i) {
    if (i >= function.argumentAttributes().size()) return std::nullopt;
    return shardingOf(function.argumentAttributes()[i]);
}

std::optional<Sharding> resultSharding(const Function& function, size_t i) {
    if (i >= function.resultAttributes().size()) return std::nullopt;
    return shardingOf(function.resultAttributes()[i]);
}

const char* placementAttribute(OpKind kind) {
    switch (kind) {
        case OpKind::kSdyReshard:
        case OpKind::kSdyShardingConstraint:
        case OpKind::kSdyDataFlowEdge:
            return "sharding";
        case OpKind::kSdyAllGather:
        case OpKind::kSdyAllReduce:
        case OpKind::kSdyAllSlice:
        case OpKind::kSdyAllToAll:
        case OpKind::kSdyCollectivePermute:
        case OpKind::kSdyReduceScatter:
        case OpKind::kSdyReplicatedToUnreduced:
        case OpKind::kSdyShardedToUnreduced:
            return "out_sharding";
        default:
            return nullptr;
    }
}

std::vector<Sharding> operationShardings(const Operation& op) {
    if (const auto text = textOf(op.attributes(), "sdy.sharding", "xla.sdy.sharding"))
        return parseShardings(*text);
    const char* placement = placementAttribute(op.kind());
    const std::string* text = placement != nullptr ? textOf(op.attribute(placement)) : nullptr;
    return text == nullptr ? std::vector<Sharding>() : parseShardings(*text);
}

std::vector<Sharding> inShardings(const Operation& op) {
    return parseShardings(requiredText(op, "in_shardings", "xla.sdy.in_shardings"));
}

std::vector<Sharding> outShardings(const Operation& op) {
    return parseShardings(requiredText(op, "out_shardings", "xla.sdy.out_shardings"));
}

std::vector<std::string> manualAxes(const Operation& op) {
    return parseManualAxes(requiredText(op, "manual_axes", "xla.sdy.manual_axes"));
}

}  // namespace optirs::plugin
