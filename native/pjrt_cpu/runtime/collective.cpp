// What collective steps have in common, and those that only move data.
#include "pjrt_cpu/runtime/collective.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "pjrt_cpu/runtime/strided_copy.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kCopyGrain = int64_t{1} << 18;

int64_t product(std::span<const int64_t> dims) {
    int64_t result = 1;
    for (const int64_t dim : dims) result *= dim;
    return result;
}

void copyBytes(std::byte* to, const std::byte* from, int64_t bytes, ThreadPool& pool) {
    pool.parallelFor(bytes, kCopyGrain, [&](int64_t begin, int64_t end) {
        std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin));
    });
}

ElementType typeOfWidth(int64_t width) {
    switch (width) {
        case 1:
            return ElementType::kUi8;
        case 2:
            return ElementType::kUi16;
        case 4:
            return ElementType::kUi32;
        case 8:
            return ElementType::kUi64;
        default:
            return ElementType::kC128;
    }
}

std::vector<int64_t> denseStrides(std::span<const int64_t> dims) {
    std::vector<int64_t> strides(dims.size(), 1);
    for (size_t d = dims.size(); d-- > 1;) strides[d - 1] = strides[d] * dims[d];
    return strides;
}

bool givesZerosToOthers(CollectiveSpec::Kind kind) {
    return kind == CollectiveSpec::Kind::kPermute || kind == CollectiveSpec::Kind::kBroadcast ||
           kind == CollectiveSpec::Kind::kReduce;
}

void requireFit(const CollectiveSpec& spec, const std::vector<int32_t>& group) {
    const auto size = static_cast<int64_t>(group.size());
    for (const auto& tensor : spec.tensors) {
        bool fits = true;
        const auto d = static_cast<size_t>(spec.dimension);
        if (spec.kind == CollectiveSpec::Kind::kAllGather)
            fits = tensor.operand_shape[d] * size == tensor.result_shape[d];
        if (spec.kind == CollectiveSpec::Kind::kReduceScatter)
            fits = tensor.result_shape[d] * size == tensor.operand_shape[d];
        if (spec.kind == CollectiveSpec::Kind::kAllToAll) fits = tensor.operand_shape[d] % size == 0;
        if (!fits) {
            throw invalidArgument(spec.name.text + ": its shapes do not fit a group of " +
                                  std::to_string(size) + " devices");
        }
    }
}

}  // namespace

CollectiveStep::CollectiveStep(CollectiveSpec spec)
    : spec_(std::move(spec)), reducers_(spec_.tensors.size()) {
    for (size_t g = 0; g < spec_.groups.size(); ++g) {
        requireFit(spec_, spec_.groups[g]);
        for (const int32_t member : spec_.groups[g]) {
            const auto at = static_cast<size_t>(member);
            if (at >= group_of_.size()) group_of_.resize(at + 1, -1);
            group_of_[at] = static_cast<int32_t>(g);
        }
    }
    for (size_t k = 0; k < spec_.tensors.size(); ++k) spec_.name.operand_bytes.push_back(operandBytes(k));
    if (spec_.root >= 0)
        spec_.name.operand_bytes.push_back(static_cast<int64_t>(spec_.tensors.size() * sizeof(int32_t)));
}

int64_t CollectiveStep::operandBytes(size_t k) const {
    return product(spec_.tensors[k].operand_shape) * spec_.tensors[k].operand_width;
}

int64_t CollectiveStep::resultBytes(size_t k) const {
    return product(spec_.tensors[k].result_shape) * spec_.tensors[k].result_width;
}

void CollectiveStep::run(const Frame& frame) const {
    const auto participant = static_cast<size_t>(frame.context.participant());
    const int32_t group = participant < group_of_.size() ? group_of_[participant] : -1;
    if (group < 0) {
        if (!givesZerosToOthers(spec_.kind)) {
            throw invalidArgument(spec_.name.text + ": replica " + std::to_string(frame.context.replica_id) +
                                  ", partition " + std::to_string(frame.context.partition_id) +
                                  " is in none of its replica groups");
        }
        for (size_t k = 0; k < spec_.tensors.size(); ++k)
            std::memset(frame.buffers[spec_.tensors[k].result], 0, static_cast<size_t>(resultBytes(k)));
        return;
    }
    Contribution own;
    for (const auto& tensor : spec_.tensors) {
        own.operands.push_back(frame.buffers[tensor.operand]);
        own.results.push_back(frame.buffers[tensor.result]);
    }
    if (spec_.root >= 0) own.operands.push_back(frame.buffers[spec_.root]);
    const std::vector<int32_t>& members = spec_.groups[static_cast<size_t>(group)];
    if (members.size() == 1) {
        perform(members, {&own, 1}, frame.pool);
        return;
    }
    if (frame.context.rendezvous == nullptr) {
        throw Error(Code::kFailedPrecondition,
                    spec_.name.text + " needs " + std::to_string(members.size()) +
                        " devices, but the program runs on one; set num_replicas or num_partitions");
    }
    frame.context.rendezvous->meet(static_cast<int>(participant), members, spec_.name, std::move(own),
                                   [&](Members all) { perform(members, all, frame.pool); });
}

void CollectiveStep::perform(std::span<const int32_t> members, Members all, ThreadPool& pool) const {
    for (size_t k = 0; k < spec_.tensors.size(); ++k) {
        switch (spec_.kind) {
            case CollectiveSpec::Kind::kAllGather:
                gather(k, all, pool);
                break;
            case CollectiveSpec::Kind::kAllReduce: {
                std::vector<std::byte*> results;
                for (const Contribution& member : all) {
                    if (!member.results.empty()) results.push_back(member.results[k]);
                }
                reduce(k, all, results, pool);
                break;
            }
            case CollectiveSpec::Kind::kReduce: {
                const size_t root = rootOf(k, all);
                for (size_t m = 0; m < all.size(); ++m) {
                    if (all[m].results.empty()) continue;
                    if (m == root)
                        reduce(k, all, {&all[m].results[k], 1}, pool);
                    else
                        std::memset(all[m].results[k], 0, static_cast<size_t>(resultBytes(k)));
                }
                break;
            }
            case CollectiveSpec::Kind::kReduceScatter:
                reduceScatter(k, all, pool);
                break;
            case CollectiveSpec::Kind::kAllToAll:
                exchange(k, all, pool);
                break;
            case CollectiveSpec::Kind::kPermute:
                permute(k, members, all, pool);
                break;
            case CollectiveSpec::Kind::kBroadcast:
                broadcast(k, all, pool);
                break;
        }
    }
}

void CollectiveStep::gather(size_t k, Members all, ThreadPool& pool) const {
    const auto& tensor = spec_.tensors[k];
    const std::span<const int64_t> shape(tensor.operand_shape);
    const auto d = static_cast<size_t>(spec_.dimension);
    const int64_t outer = product(shape.first(d));
    const int64_t bytes = product(shape.subspan(d)) * tensor.operand_width;
    const auto count = static_cast<int64_t>(all.size());
    // Row o of the result is row o of every member, one after the other.
    const int64_t grain = std::max<int64_t>(1, kCopyGrain / std::max<int64_t>(1, bytes * count));
    for (const Contribution& member : all) {
        if (member.results.empty()) continue;
        std::byte* to = member.results[k];
        if (outer == 1) {
            for (int64_t m = 0; m < count; ++m)
                copyBytes(to + m * bytes, all[static_cast<size_t>(m)].operands[k], bytes, pool);
            continue;
        }
        pool.parallelFor(outer, grain, [&](int64_t begin, int64_t end) {
            for (int64_t o = begin; o < end; ++o) {
                for (int64_t m = 0; m < count; ++m)
                    std::memcpy(to + (o * count + m) * bytes,
                                all[static_cast<size_t>(m)].operands[k] + o * bytes,
                                static_cast<size_t>(bytes));
            }
        });
    }
}

void CollectiveStep::exchange(size_t k, Members all, ThreadPool& pool) const {
    const auto& tensor = spec_.tensors[k];
    const auto split = static_cast<size_t>(spec_.dimension);
    const auto concat = static_cast<size_t>(spec_.concat_dimension);
    const std::vector<int64_t> from_strides = denseStrides(tensor.operand_shape);
    const std::vector<int64_t> to_strides = denseStrides(tensor.result_shape);
    std::vector<int64_t> part = tensor.operand_shape;
    part[split] /= static_cast<int64_t>(all.size());
    if (product(part) == 0) return;
    StridedCopy copy;
    copy.from = copy.to = typeOfWidth(tensor.operand_width);
    for (size_t d = 0; d < part.size(); ++d) copy.dims.push_back({part[d], from_strides[d], to_strides[d]});
    copy = normalized(copy);
    const int64_t from_step = part[split] * from_strides[split] * tensor.operand_width;
    const int64_t to_step = part[concat] * to_strides[concat] * tensor.operand_width;
    for (size_t r = 0; r < all.size(); ++r) {
        if (all[r].results.empty()) continue;
        for (size_t j = 0; j < all.size(); ++j) {
            optirs::plugin::run(copy, all[j].operands[k] + static_cast<int64_t>(r) * from_step,
                                all[r].results[k] + static_cast<int64_t>(j) * to_step, pool);
        }
    }
}

void CollectiveStep::permute(size_t k, std::span<const int32_t> members, Members all,
                             ThreadPool& pool) const {
    for (size_t m = 0; m < members.size(); ++m) {
        if (all[m].results.empty()) continue;
        const auto pair = std::ranges::find(spec_.pairs, members[m], [](const auto& p) { return p.second; });
        if (pair == spec_.pairs.end()) {
            std::memset(all[m].results[k], 0, static_cast<size_t>(resultBytes(k)));
            continue;
        }
        const auto source = static_cast<size_t>(std::ranges::find(members, pair->first) - members.begin());
        copyBytes(all[m].results[k], all[source].operands[k], resultBytes(k), pool);
    }
}

void CollectiveStep::broadcast(size_t k, Members all, ThreadPool& pool) const {
    const size_t root = rootOf(k, all);
    for (const Contribution& member : all) {
        if (!member.results.empty())
            copyBytes(member.results[k], all[root].operands[k], resultBytes(k), pool);
    }
}

}  // namespace optirs::plugin
