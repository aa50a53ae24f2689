// Attributes of Shardy in bytecode. They are put together as the text that ir/sharding.h reads.
#include "pjrt_cpu/ir/sharding.h"
#include "pjrt_cpu/stablehlo/bytecode/entities.h"

namespace optirs::plugin::bytecode {
namespace {

enum AttributeCode : uint8_t {
    kManualAxes,
    kMeshAxis,
    kMesh,
    kSubAxisInfo,
    kAxisRef,
    kDimensionSharding,
    kTensorShardingV1,
    kTensorShardingPerValueV1,
    kDimMapping,
    kTensorMapping,
    kOpShardingRule,
    kAxisRefList,
    kListOfAxisRefLists,
    kAllToAllParam,
    kAllToAllParamList,
    kTensorShardingV2,
    kTensorShardingPerValueV2,
    kTensorShardingV3,
};

// Of the reductions of unreduced axes; a sum is not written.
constexpr std::array<const char*, 4> kReductions = {"", "max", "min", "mul"};

constexpr size_t kMaxText = size_t{1} << 20;

std::string joined(const std::vector<int64_t>& values) {
    std::string out;
    for (const int64_t value : values) out += (out.empty() ? "" : ", ") + std::to_string(value);
    return out;
}

/// Factors are named i, j, ... z, then z_1, z_2, ...
std::string factor(int64_t index) {
    constexpr int64_t kLetters = 'z' - 'i' + 1;
    if (index < 0) return "?";
    if (index < kLetters) return std::string(1, static_cast<char>('i' + index));
    return "z_" + std::to_string(index - kLetters + 1);
}

}  // namespace

Attribute Entities::sdyAttribute(ByteReader& in) {
    const uint64_t code = in.varint("the code of an attribute");
    const auto part = [&](const char* what) { return attributeOf<OpaqueAttribute>(in, what).text; };
    const auto list = [&](const char* what) {
        const size_t count = in.count(what);
        std::string out;
        for (size_t i = 0; i < count; ++i) {
            out += (i > 0 ? ", " : "") + part(what);
            if (out.size() > kMaxText) in.fail(std::string(what) + " expand to more than a megabyte of text");
        }
        return out;
    };
    const auto checked = [&](const std::string& text) {
        try {
            return OpaqueAttribute{canonicalShardyText(text)};
        } catch (const Error& error) {
            in.fail(error.message());
        }
    };
    switch (code) {
        case kManualAxes: {
            std::string out;
            for (const Attribute& axis : attributeList(in, "axes")) {
                const auto* name = axis.get<std::string>();
                if (name == nullptr) in.fail("the name of an axis is a string");
                out += (out.empty() ? "" : ", ") + quoted(*name);
                if (out.size() > kMaxText) in.fail("axes expand to more than a megabyte of text");
            }
            return checked("#sdy<manual_axes{" + out + "}>");
        }
        case kMeshAxis: {
            const std::string name = quoted(container_.string(in, "the name of an axis"));
            return OpaqueAttribute{name + "=" + std::to_string(in.signedVarint("the size of an axis"))};
        }
        case kMesh: {
            std::string out = "#sdy.mesh<[" + list("axes") + "]";
            const std::vector<int64_t> ids = in.signedVarints("device ids");
            if (!ids.empty()) out += ", device_ids=[" + joined(ids) + "]";
            return checked(out + ">");
        }
        case kSubAxisInfo: {
            const int64_t pre = in.signedVarint("a pre-size");
            return OpaqueAttribute{":(" + std::to_string(pre) + ")" +
                                   std::to_string(in.signedVarint("a size"))};
        }
        case kAxisRef: {
            std::string out = quoted(container_.string(in, "the name of an axis"));
            if (auto sub_axis = optionalAttribute(in)) {
                const auto* text = sub_axis->get<OpaqueAttribute>();
                if (text == nullptr) in.fail("expected a part of an axis");
                out += text->text;
            }
            return OpaqueAttribute{std::move(out)};
        }
        case kDimensionSharding: {
            std::string out = list("axes");
            if (in.byte("whether a dimension is closed") == 0) out += out.empty() ? "?" : ", ?";
            const auto [priority, present] = in.varintWithFlag("a priority");
            return OpaqueAttribute{"{" + out + "}" + (present ? "p" + std::to_string(priority) : "")};
        }
        case kTensorShardingV1:
        case kTensorShardingV2:
        case kTensorShardingV3: {
            const Attribute mesh = attribute(in);
            std::string out = "#sdy.sharding<";
            if (const auto* symbol = mesh.get<SymbolAttribute>()) {
                out += symbolToString(symbol->name);
            } else if (const auto* inlined = mesh.get<OpaqueAttribute>()) {
                out += inlined->text.substr(std::min<size_t>(5, inlined->text.size()));  // without #sdy.
            } else {
                in.fail("expected a mesh or its name");
            }
            out += ", [" + list("dimensions") + "]";
            const std::string replicated = list("replicated axes");
            if (!replicated.empty()) out += ", replicated={" + replicated + "}";
            if (code != kTensorShardingV1) {
                const std::string unreduced = list("unreduced axes");
                const int64_t reduction = code == kTensorShardingV3 ? in.signedVarint("a reduction") : 0;
                if (reduction < 0 || reduction >= static_cast<int64_t>(kReductions.size())) {
                    in.fail("unknown reduction " + std::to_string(reduction));
                }
                if (!unreduced.empty()) {
                    out += std::string(", unreduced=") + kReductions[static_cast<size_t>(reduction)] + "{" +
                           unreduced + "}";
                }
            }
            return checked(out + ">");
        }
        case kTensorShardingPerValueV1:
        case kTensorShardingPerValueV2:
            return checked("#sdy.sharding_per_value<[" + list("shardings") + "]>");
        case kDimMapping: {
            std::string out;
            for (const int64_t index : in.signedVarints("factors")) out += factor(index);
            return OpaqueAttribute{std::move(out)};
        }
        case kTensorMapping:
            return OpaqueAttribute{"[" + list("dimensions") + "]"};
        case kOpShardingRule:
            return sdyShardingRule(in);
        case kAxisRefList:
            return OpaqueAttribute{"#sdy<axis_ref_list{" + list("axes") + "}>"};
        case kListOfAxisRefLists: {
            const size_t count = in.count("lists of axes");
            std::string out;
            for (size_t i = 0; i < count; ++i) {
                std::string text = part("a list of axes");
                constexpr std::string_view kPrefix = "#sdy<axis_ref_list";
                if (!text.starts_with(kPrefix)) in.fail("expected a list of axes");
                text = text.substr(kPrefix.size(), text.size() - kPrefix.size() - 1);
                out += (i > 0 ? ", " : "") + text;
                if (out.size() > kMaxText) in.fail("lists of axes expand to more than a megabyte of text");
            }
            return OpaqueAttribute{"#sdy<list_of_axis_ref_lists[" + out + "]>"};
        }
        case kAllToAllParam: {
            std::string out = "{" + list("axes") + "}: " + std::to_string(in.signedVarint("a dimension"));
            return OpaqueAttribute{out + "->" + std::to_string(in.signedVarint("a dimension"))};
        }
        case kAllToAllParamList:
            return OpaqueAttribute{"#sdy<all_to_all_param_list[" + list("parameters") + "]>"};
        default:
            unknownCode(code, "sdy attribute", in);
    }
}

Attribute Entities::sdyShardingRule(ByteReader& in) {
    const auto mappings = [&] {
        std::string out;
        for (const Attribute& mapping : attributeList(in, "mappings")) {
            const auto* text = mapping.get<OpaqueAttribute>();
            if (text == nullptr) in.fail("expected the mapping of a tensor");
            out += (out.empty() ? "" : ", ") + text->text;
            if (out.size() > kMaxText) in.fail("mappings expand to more than a megabyte of text");
        }
        return out;
    };
    const std::vector<int64_t> sizes = in.signedVarints("factor sizes");
    const std::string operands = mappings();
    const std::string results = mappings();
    std::string out = "#sdy.op_sharding_rule<(" + operands + ")->(" + results + ") {";
    for (size_t i = 0; i < sizes.size(); ++i) {
        out += (i > 0 ? ", " : "") + factor(static_cast<int64_t>(i)) + "=" + std::to_string(sizes[i]);
    }
    out += "}";
    for (const char* name : {"reduction", "need_replication", "permutation", "blocked_propagation"}) {
        std::string factors;
        for (const int64_t index : in.signedVarints(name))
            factors += (factors.empty() ? "" : ", ") + factor(index);
        if (!factors.empty()) out += std::string(" ") + name + "={" + factors + "}";
    }
    if (in.byte("whether a rule is custom") != 0) out += ", custom";
    return OpaqueAttribute{out + ">"};
}

}  // namespace optirs::plugin::bytecode
