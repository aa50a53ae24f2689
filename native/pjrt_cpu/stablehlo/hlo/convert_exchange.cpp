// Exchange between devices, and with the host.
#include <algorithm>
#include <cstring>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/hlo/converter.h"
#include "pjrt_cpu/stablehlo/hlo/fields.h"

namespace optirs::plugin::hlo {
namespace {

using Groups = std::vector<std::vector<int64_t>>;

constexpr int64_t kMaxDevices = 1 << 20;

/// The product of dimensions; throws INVALID_ARGUMENT when they are not those of a list of devices.
int64_t deviceCount(const std::vector<int64_t>& dims) {
    int64_t count = 1;
    for (const int64_t dim : dims) {
        if (dim < 1 || dim > kMaxDevices / count)
            throw invalidArgument("HLO: a list of devices of dimensions " + listToString(dims));
        count *= dim;
    }
    return count;
}

/// 0, 1, 2, ... in the shape `dims`, its dimensions permuted, in row-major order.
std::vector<int64_t> transposedIota(const std::vector<int64_t>& dims,
                                    const std::vector<int64_t>& permutation) {
    const int64_t count = deviceCount(dims);
    std::vector<bool> seen(dims.size());
    bool fits = permutation.size() == dims.size();
    for (const int64_t d : permutation) {
        fits = fits && d >= 0 && static_cast<size_t>(d) < dims.size() && !seen[static_cast<size_t>(d)];
        if (fits) seen[static_cast<size_t>(d)] = true;
    }
    if (!fits) throw invalidArgument("HLO: a permutation " + listToString(permutation));
    std::vector<int64_t> strides(dims.size());
    int64_t stride = 1;
    for (size_t d = dims.size(); d-- > 0; stride *= dims[d]) strides[d] = stride;
    std::vector<int64_t> out(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
        int64_t rest = i;
        int64_t value = 0;
        for (size_t d = dims.size(); d-- > 0;) {
            const auto from = static_cast<size_t>(permutation[d]);
            value += rest % dims[from] * strides[from];
            rest /= dims[from];
        }
        out[static_cast<size_t>(i)] = value;
    }
    return out;
}

Groups readGroups(const Instruction& in) {
    if (in.proto.has(InstructionField::kMeshDeviceList)) in.failUnimplemented("replica groups of a mesh");
    Groups groups;
    if (in.proto.has(InstructionField::kIotaDeviceList)) {
        const ProtoMessage list =
            in.proto.message(InstructionField::kIotaDeviceList, "IotaReplicaGroupListProto");
        const std::vector<int64_t> ids = transposedIota(list.integers(3), list.integers(4));
        const int64_t rows = list.integer(1);
        const auto count = static_cast<int64_t>(ids.size());
        if (rows < 1 || count % rows != 0 || list.integer(2) != count / rows)
            in.fail("its replica groups do not have all devices");
        const auto columns = static_cast<size_t>(count / rows);
        for (size_t at = 0; at < ids.size(); at += columns)
            groups.emplace_back(ids.begin() + static_cast<std::ptrdiff_t>(at),
                                ids.begin() + static_cast<std::ptrdiff_t>(at + columns));
        return groups;
    }
    const bool is_list = in.proto.has(InstructionField::kCollectiveDeviceList);
    const auto messages =
        is_list ? in.proto.message(InstructionField::kCollectiveDeviceList, "CollectiveDeviceListProto")
                      .messages(1, "ReplicaGroup")
                : in.proto.messages(InstructionField::kReplicaGroups, "ReplicaGroup");
    for (const ProtoMessage& each : messages) groups.push_back(each.integers(1));
    return groups;
}

/// Rows of one length, shorter ones filled up with -1.
Literal rows(const Instruction& in, const Groups& groups) {
    size_t columns = 0;
    for (const auto& group : groups) columns = std::max(columns, group.size());
    if (columns > 0 && groups.size() > static_cast<size_t>(kMaxDevices) / columns)
        in.fail("too many devices");
    TensorType type(ElementType::kI64, {static_cast<int64_t>(groups.size()), static_cast<int64_t>(columns)});
    std::vector<int64_t> values;
    for (const auto& group : groups) {
        values.insert(values.end(), group.begin(), group.end());
        values.resize(values.size() + columns - group.size(), -1);
    }
    if (values.empty()) return Literal::splatInteger(std::move(type), 0);
    std::vector<std::byte> bytes(values.size() * sizeof(int64_t));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return {std::move(type), std::move(bytes)};
}

void addChannel(const Instruction& in, NamedAttributes& attributes) {
    const int64_t channel = in.integer(InstructionField::kChannelId);
    if (channel != 0) attributes.set("channel_handle", ChannelHandle{channel, 0});
    if (in.proto.flag(InstructionField::kUseGlobalDeviceIds))
        attributes.set("use_global_device_ids", UnitAttribute{});
}

/// The channel of a message, with what it says of the host.
void addMessage(const Instruction& in, int64_t host_type, NamedAttributes& attributes) {
    const bool with_host = in.proto.flag(InstructionField::kIsHostTransfer);
    attributes.set("channel_handle",
                   ChannelHandle{in.integer(InstructionField::kChannelId), with_host ? host_type : 1});
    if (with_host) attributes.set("is_host_transfer", Attribute(true));
}

}  // namespace

void Converter::collective(Site& site) {
    const Instruction& in = site.in;
    const Groups groups = readGroups(in);
    NamedAttributes attributes;
    attributes.set("replica_groups", rows(in, groups));
    addChannel(in, attributes);
    if (in.opcode == "all-gather") {
        attributes.set("all_gather_dim", Attribute::integer(in.dimension()));
        emit(site, OpKind::kAllGather, std::move(attributes));
    } else if (in.opcode == "collective-broadcast") {
        emit(site, OpKind::kCollectiveBroadcast, std::move(attributes));
    } else if (in.opcode == "all-to-all") {
        if (in.shape.is_tuple || groups.empty())
            in.failUnimplemented("an exchange of a tuple, or without replica groups");
        attributes.set("split_dimension", Attribute::integer(in.dimension()));
        attributes.set("concat_dimension", Attribute::integer(in.dimension()));
        attributes.set("split_count", Attribute::integer(static_cast<int64_t>(groups[0].size())));
        emit(site, OpKind::kAllToAll, std::move(attributes));
    } else {
        const bool scatters = in.opcode == "reduce-scatter";
        if (scatters) attributes.set("scatter_dimension", Attribute::integer(in.dimension()));
        fillRegion(
            site,
            emit(site, scatters ? OpKind::kReduceScatter : OpKind::kAllReduce, std::move(attributes), 1)
                .region(0),
            0);
    }
}

void Converter::permute(Site& site) {
    site.requireOperands(1);
    Groups pairs;
    for (const ProtoMessage& each :
         site.in.proto.messages(InstructionField::kSourceTargetPairs, "SourceTarget"))
        pairs.push_back({each.integer(1), each.integer(2)});
    NamedAttributes attributes;
    if (pairs.empty()) {
        attributes.set("source_target_pairs",
                       Literal::splatInteger(TensorType(ElementType::kI64, {0, 2}), 0));
    } else {
        attributes.set("source_target_pairs", rows(site.in, pairs));
    }
    addChannel(site.in, attributes);
    emit(site, OpKind::kCollectivePermute, std::move(attributes));
}

// HLO sends in two steps: the first one gives (data, a context, token), of which the second one takes what it
// gives. StableHLO's one step is the first one's.
void Converter::send(Site& site) {
    site.requireOperands(2);
    NamedAttributes attributes;
    addMessage(site.in, 2, attributes);
    const Leaves operands = site.allOperands();
    const Type token = TokenType{};
    Operation* op = site.builder.create(OpKind::kSend, operands, {&token, 1}, std::move(attributes));
    site.results = site.operands[0];
    site.results.push_back(
        site.builder.constant(Literal::splatInteger(TensorType(ElementType::kUi32, {}), 0)));
    site.results.push_back(op->result());
}

void Converter::receive(Site& site) {
    site.requireOperands(1);
    NamedAttributes attributes;
    addMessage(site.in, 3, attributes);
    std::vector<Type> types = site.resultTypes();
    if (types.size() < 2) site.in.fail("it should give (data, u32, token)");
    types.erase(types.end() - 2);  // the context
    const Leaves operands = site.allOperands();
    Operation* op = site.builder.create(OpKind::kRecv, operands, types, std::move(attributes));
    for (size_t i = 0; i + 1 < op->resultCount(); ++i) site.results.push_back(op->result(i));
    site.results.push_back(
        site.builder.constant(Literal::splatInteger(TensorType(ElementType::kUi32, {}), 0)));
    site.results.push_back(op->result(op->resultCount() - 1));
}

void Converter::done(Site& site) {
    site.requireOperands(1);
    const Instruction& start = *site.operand_instructions[0];
    const bool sends = site.in.opcode == "send-done";
    if (start.opcode != (sends ? "send" : "recv")) site.in.failUnimplemented("after a " + start.opcode);
    site.results = site.operands[0];
    if (sends)
        site.results.erase(site.results.begin(), site.results.end() - 1);
    else
        site.results.erase(site.results.end() - 2);
}

void Converter::infeed(Site& site) {
    NamedAttributes attributes;
    attributes.set("infeed_config", Attribute(site.in.proto.text(InstructionField::kInfeedConfig)));
    emit(site, OpKind::kInfeed, std::move(attributes));
}

void Converter::outfeed(Site& site) {
    NamedAttributes attributes;
    attributes.set("outfeed_config", Attribute(site.in.proto.text(InstructionField::kOutfeedConfig)));
    emit(site, OpKind::kOutfeed, std::move(attributes));
}

}  // namespace optirs::plugin::hlo
