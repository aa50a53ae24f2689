// Who exchanges data with whom.
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

int64_t rowCount(const Literal& pairs) { return pairs.type().rank() == 2 ? pairs.type().dim(0) : 0; }

}  // namespace

std::vector<std::vector<int64_t>> replicaGroups(const Operation& op) {
    const Literal& groups = literalAttribute(op, "replica_groups");
    std::vector<std::vector<int64_t>> out(static_cast<size_t>(rowCount(groups)));
    const int64_t columns = out.empty() ? 0 : groups.type().dim(1);
    for (size_t row = 0; row < out.size(); ++row) {
        for (int64_t column = 0; column < columns; ++column) {
            out[row].push_back(groups.integer(static_cast<int64_t>(row) * columns + column));
        }
    }
    return out;
}

std::vector<std::pair<int64_t, int64_t>> sourceTargetPairs(const Operation& op) {
    const Literal& pairs = literalAttribute(op, "source_target_pairs");
    if (pairs.type().rank() != 2 || pairs.type().dim(1) != 2) {
        throw invalidOperation(
            op, "source_target_pairs should be tensor<Nx2xi64>, got " + pairs.type().toString());
    }
    std::vector<std::pair<int64_t, int64_t>> out;
    out.reserve(static_cast<size_t>(rowCount(pairs)));
    for (int64_t i = 0; i < rowCount(pairs); ++i) {
        out.emplace_back(pairs.integer(2 * i), pairs.integer(2 * i + 1));
    }
    return out;
}

}  // namespace optirs::plugin
