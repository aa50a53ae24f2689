// xla.OpSharding as the text that `mhlo.sharding` attributes have.
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/hlo/converter.h"
#include "pjrt_cpu/stablehlo/hlo/fields.h"

namespace optirs::plugin::hlo {
namespace {

std::string joined(const std::vector<int64_t>& values) {
    std::string text;
    for (const int64_t value : values) text += (text.empty() ? "" : ",") + std::to_string(value);
    return text;
}

const char* wordOf(const ProtoMessage& sharding, int64_t type) {
    switch (type) {
        case 0:
            return "replicated";
        case 4:
            return "manual";
        case 5:
            return "unknown";
        case 6:
            return "unreduced";
        default:
            sharding.fail("sharding type " + std::to_string(type));
    }
}

}  // namespace

std::string shardingText(const ProtoMessage& sharding, int depth) {
    constexpr int64_t kMaximal = 1;
    constexpr int64_t kTuple = 2;
    constexpr int64_t kOther = 3;
    if (depth > 32) sharding.fail("shardings inside each other, more than 32");
    if (sharding.has(ShardingField::kNamedSharding)) throw unimplemented("HLO: shardings by a mesh");
    const int64_t type = sharding.integer(ShardingField::kType);
    if (type == kTuple) {
        std::string text = "{";
        for (const ProtoMessage& part : sharding.messages(ShardingField::kTupleShardings, "OpSharding"))
            text += (text.size() > 1 ? ", " : "") + shardingText(part, depth + 1);
        return text + "}";
    }
    const std::vector<int64_t> devices = sharding.integers(ShardingField::kTileDevices);
    if (type == kMaximal) {
        if (devices.size() != 1)
            sharding.fail("a maximal sharding on " + std::to_string(devices.size()) + " devices");
        return "{maximal device=" + std::to_string(devices[0]) + "}";
    }
    if (type != kOther) return std::string("{") + wordOf(sharding, type) + "}";
    std::string text = "{devices=[" + joined(sharding.integers(ShardingField::kTileDimensions)) + "]";
    const std::vector<int64_t> iota = sharding.integers(ShardingField::kIotaReshapeDims);
    if (iota.empty()) {
        text += joined(devices);
    } else {
        text += "<=[" + joined(iota) + "]";
        // A single dimension has nothing to permute, and is written without.
        const std::vector<int64_t> permutation = sharding.integers(ShardingField::kIotaTransposePerm);
        if (permutation.size() > 1) text += "T(" + joined(permutation) + ")";
    }
    if (sharding.flag(ShardingField::kReplicateOnLastDim)) text += " last_tile_dim_replicate";
    const std::vector<int64_t> last = sharding.integers(ShardingField::kLastTileDims);
    if (!last.empty()) {
        text += " last_tile_dims={";
        for (size_t i = 0; i < last.size(); ++i)
            text += (i > 0 ? ", " : "") + std::string(wordOf(sharding, last[i]));
        text += "}";
    }
    return text + "}";
}

}  // namespace optirs::plugin::hlo
