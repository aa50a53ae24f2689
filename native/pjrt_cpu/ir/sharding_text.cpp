// Text of Shardy's attributes.
#include "pjrt_cpu/ir/sharding.h"
#include "pjrt_cpu/ir/text_cursor.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kMaxDevices = int64_t{1} << 20;

AxisRef axisRef(TextCursor& in) {
    AxisRef out{in.quoted(), {}};
    if (in.accept(":")) {
        in.expect("(");
        SubAxis part;
        part.pre_size = in.integer();
        in.expect(")");
        part.size = in.integer();
        if (part.pre_size < 1 || part.size < 2) in.fail("a part of an axis is (pre_size >= 1) and size >= 2");
        out.sub_axis = part;
    }
    return out;
}

std::vector<AxisRef> axes(TextCursor& in) {
    std::vector<AxisRef> out;
    in.expect("{");
    in.list("}", [&] { out.push_back(axisRef(in)); });
    return out;
}

Mesh mesh(TextCursor& in) {
    Mesh out;
    in.expect("<");
    in.expect("[");
    int64_t count = 1;
    in.list("]", [&] {
        MeshAxis axis;
        axis.name = in.quoted();
        in.expect("=");
        axis.size = in.integer();
        if (axis.size < 1 || axis.size > kMaxDevices / count) {
            in.fail("a mesh has from 1 to " + std::to_string(kMaxDevices) + " devices");
        }
        if (out.axis(axis.name) != nullptr) in.fail("axis " + axis.name + " is given twice");
        count *= axis.size;
        out.axes.push_back(std::move(axis));
    });
    if (in.accept(",")) {
        in.expect("device_ids");
        in.expect("=");
        in.expect("[");
        in.list("]", [&] {
            out.device_ids.push_back(in.integer());
            if (out.device_ids.back() < 0) in.fail("a device id is not negative");
        });
        if (static_cast<int64_t>(out.device_ids.size()) != count) {
            in.fail("a mesh of " + std::to_string(count) + " devices needs as many device_ids");
        }
    }
    in.expect(">");
    return out;
}

DimensionSharding dimension(TextCursor& in) {
    DimensionSharding out;
    in.expect("{");
    in.list("}", [&] {
        if (!out.is_closed) in.fail("'?' stands last");
        if (in.accept("?")) {
            out.is_closed = false;
        } else {
            out.axes.push_back(axisRef(in));
        }
    });
    if (in.accept("p")) {
        out.priority = in.integer();
        if (*out.priority < 0) in.fail("a priority is not negative");
    }
    return out;
}

Sharding sharding(TextCursor& in) {
    Sharding out;
    in.accept("#sdy.sharding");
    in.expect("<");
    if (in.accept("@")) {
        out.mesh = in.next("\"") ? in.quoted() : in.word();
        if (out.mesh.empty()) in.fail("expected the name of a mesh");
    } else {
        in.accept("#sdy.");
        in.expect("mesh");
        out.inline_mesh = mesh(in);
    }
    in.expect(",");
    in.expect("[");
    in.list("]", [&] { out.dimensions.push_back(dimension(in)); });
    while (in.accept(",")) {
        if (in.accept("replicated")) {
            in.expect("=");
            out.replicated = axes(in);
        } else {
            in.expect("unreduced");
            in.expect("=");
            if (!in.next("{")) out.unreduced_reduction = in.word();
            if (out.unreduced_reduction == "sum") out.unreduced_reduction.clear();
            out.unreduced = axes(in);
        }
    }
    in.expect(">");
    return out;
}

std::vector<Sharding> shardingList(TextCursor& in) {
    std::vector<Sharding> out;
    in.expect("[");
    in.list("]", [&] { out.push_back(sharding(in)); });
    return out;
}

template <typename Items, typename ToText>
std::string joined(const Items& items, const ToText& text) {
    std::string out;
    for (const auto& item : items) out += (out.empty() ? "" : ", ") + text(item);
    return out;
}

std::string dimensionToString(const DimensionSharding& dimension) {
    std::string out = "{" + joined(dimension.axes, [](const AxisRef& axis) { return axis.toString(); });
    if (!dimension.is_closed) out += dimension.axes.empty() ? "?" : ", ?";
    out += "}";
    if (dimension.priority) out += "p" + std::to_string(*dimension.priority);
    return out;
}

std::string bare(const Sharding& sharding) {
    std::string out = "<";
    out += sharding.inline_mesh ? sharding.inline_mesh->toString().substr(5) : symbolToString(sharding.mesh);
    out += ", [" + joined(sharding.dimensions, dimensionToString) + "]";
    if (!sharding.replicated.empty()) out += ", replicated=" + toString(sharding.replicated);
    if (!sharding.unreduced.empty()) {
        out += ", unreduced=" + sharding.unreduced_reduction + toString(sharding.unreduced);
    }
    return out + ">";
}

template <typename Result, typename Read>
Result whole(std::string_view text, const char* what, const Read& read) {
    TextCursor in(text, what);
    Result out = read(in);
    in.expectEnd();
    return out;
}

}  // namespace

std::string AxisRef::toString() const {
    std::string out = quoted(name);
    if (sub_axis) out += ":(" + std::to_string(sub_axis->pre_size) + ")" + std::to_string(sub_axis->size);
    return out;
}

std::string Mesh::toString() const {
    std::string out = "#sdy.mesh<[";
    out += joined(axes,
                  [](const MeshAxis& axis) { return quoted(axis.name) + "=" + std::to_string(axis.size); });
    out += "]";
    if (!device_ids.empty()) {
        out += ", device_ids=[" + joined(device_ids, [](int64_t id) { return std::to_string(id); }) + "]";
    }
    return out + ">";
}

std::string Sharding::toString() const { return "#sdy.sharding" + bare(*this); }

std::string toString(const std::vector<Sharding>& shardings) {
    return "#sdy.sharding_per_value<[" + joined(shardings, bare) + "]>";
}

std::string toString(const std::vector<AxisRef>& axes) {
    return "{" + joined(axes, [](const AxisRef& axis) { return axis.toString(); }) + "}";
}

Mesh parseMesh(std::string_view text) {
    return whole<Mesh>(text, "a mesh", [](TextCursor& in) {
        in.accept("#sdy.");
        in.accept("mesh");
        return mesh(in);
    });
}

Sharding parseSharding(std::string_view text) { return whole<Sharding>(text, "a sharding", sharding); }

std::vector<Sharding> parseShardings(std::string_view text) {
    return whole<std::vector<Sharding>>(text, "shardings", [](TextCursor& in) {
        if (in.accept("#sdy.sharding_per_value")) {
            in.expect("<");
            std::vector<Sharding> out = shardingList(in);
            in.expect(">");
            return out;
        }
        if (in.next("[")) return shardingList(in);
        return std::vector<Sharding>{sharding(in)};
    });
}

std::vector<std::string> parseManualAxes(std::string_view text) {
    return whole<std::vector<std::string>>(text, "manual axes", [](TextCursor& in) {
        const bool outer = in.accept("#sdy<");
        const bool inner = in.accept("#sdy.manual_axes<");
        in.accept("manual_axes");
        std::vector<std::string> out;
        in.expect("{");
        in.list("}", [&] { out.push_back(in.quoted()); });
        if (outer || inner) in.expect(">");
        return out;
    });
}

std::vector<AxisRef> parseAxes(std::string_view text) {
    return whole<std::vector<AxisRef>>(text, "axes", axes);
}

std::vector<std::vector<AxisRef>> parseAxesPerDimension(std::string_view text) {
    return whole<std::vector<std::vector<AxisRef>>>(text, "axes", [](TextCursor& in) {
        std::vector<std::vector<AxisRef>> out;
        in.expect("[");
        in.list("]", [&] { out.push_back(axes(in)); });
        return out;
    });
}

std::string canonicalShardyText(const std::string& text) {
    const auto starts = [&](std::string_view prefix) { return text.starts_with(prefix); };
    if (starts("#sdy.mesh<")) return parseMesh(text).toString();
    if (starts("#sdy.sharding<")) return parseSharding(text).toString();
    if (starts("#sdy.sharding_per_value<")) return toString(parseShardings(text));
    if (starts("#sdy.manual_axes<") || starts("#sdy<manual_axes")) {
        return "#sdy<manual_axes{" +
               joined(parseManualAxes(text), [](const std::string& axis) { return quoted(axis); }) + "}>";
    }
    return text;
}

}  // namespace optirs::plugin
