// reshape and dynamic_reshape.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"

namespace optirs::plugin {
namespace {

/// Dimensions [first, second) of one side of a reshape.
using Range = std::pair<size_t, size_t>;

/// Dimensions of both sides that hold the same elements, by the sizes of memory.
struct Group {
    Range from;
    Range to;
};

/// The finest groups; one of everything where memory has no others.
std::vector<Group> groupsOf(const std::vector<int64_t>& from, const Sizes& sizes,
                            const std::vector<int64_t>& to) {
    const std::vector<Group> whole = {{{0, from.size()}, {0, to.size()}}};
    std::vector<Group> groups;
    size_t i = 0;
    size_t k = 0;
    while (i < from.size() || k < to.size()) {
        Group group = {{i, i}, {k, k}};
        int64_t left = 1;
        int64_t right = 1;
        bool is_sized = false;
        do {
            if (i < from.size() && (left <= right || k == to.size())) {
                is_sized = is_sized || sizes[i] != nullptr;
                left *= from[i++];
            } else {
                right *= to[k++];
            }
            if (left == 0 || right == 0) return whole;
        } while (left != right && (i < from.size() || k < to.size()));
        group.from.second = i;
        group.to.second = k;
        // A bound of 1 says nothing of a size, which is 0 or 1: it has a say in all.
        if (left != right || (is_sized && left == 1)) return whole;
        groups.push_back(group);
    }
    return groups;
}

int64_t product(const std::vector<int64_t>& dims) {
    int64_t all = 1;
    for (const int64_t dim : dims) all *= dim;  // types fit
    return all;
}

class Reshape {
 public:
    explicit Reshape(BoundedOp& op)
        : op_(op),
          from_(op.dims(0)),
          from_sizes_(op.sizesOf(op.operand(0))),
          to_(op.declaredDims()),
          to_sizes_(to_.size()),
          groups_(groupsOf(from_, from_sizes_, to_)) {
        if (op.op.kind() == OpKind::kDynamicReshape) {
            to_sizes_ = op.declaredSizes(op.operand(1));
        } else {
            for (const Group& group : groups_) inferSize(group);
        }
    }

    void run() {
        const bool in_place =
            product(from_) == product(to_) && std::ranges::all_of(groups_, [this](const Group& g) {
                return isContiguous(from_, from_sizes_, g.from) && isContiguous(to_, to_sizes_, g.to);
            });
        op_.replace(in_place ? op_.build.reshape(op_.operand(0), to_) : gathered(), to_sizes_);
    }

 private:
    /// The size of the one unknown dimension of a group is what the others leave to it.
    void inferSize(const Group& group) {
        bool is_sized = !op_.isExpanding();
        for (size_t d = group.from.first; d < group.from.second; ++d)
            is_sized = is_sized || from_sizes_[d] != nullptr;
        if (!is_sized) return;
        bool is_found = false;
        size_t unknown = 0;
        int64_t known = 1;
        for (size_t d = group.to.first; d < group.to.second; ++d) {
            if (!op_.isUnknown(static_cast<int64_t>(d)) || (op_.isExpanding() && to_[d] == 1)) {
                known *= to_[d];
                continue;
            }
            if (is_found)
                op_.refuse(static_cast<int64_t>(d),
                           "is one of several whose sizes do not follow from the operand's",
                           "give the sizes with stablehlo.dynamic_reshape");
            is_found = true;
            unknown = d;
        }
        if (!is_found) return;
        Value* elements = op_.number(1);
        for (size_t d = group.from.first; d < group.from.second; ++d)
            elements = op_.multiply(elements, op_.extentOf(op_.operand(0), static_cast<int64_t>(d)));
        to_sizes_[unknown] =
            op_.within(op_.divide(elements, op_.number(std::max<int64_t>(known, 1))), to_[unknown]);
    }

    /// Whether what is there lies together: only the outermost dimension has a size.
    static bool isContiguous(const std::vector<int64_t>& dims, const Sizes& sizes, Range range) {
        bool is_outermost = true;
        for (size_t d = range.first; d < range.second; ++d) {
            if (dims[d] == 1) continue;
            if (sizes[d] != nullptr && !is_outermost) return false;
            is_outermost = false;
        }
        return true;
    }

    Value* sizeAt(const Sizes& sizes, const std::vector<int64_t>& dims, size_t d) {
        return sizes[d] != nullptr ? sizes[d] : op_.number(dims[d]);
    }

    /// Each element of the result by its number among those that are there.
    Value* gathered() {
        const int64_t elements = product(from_);
        const int64_t places = product(to_);
        if (std::max(elements, places) > INT32_MAX)
            throw unimplementedOperation(op_.op, "of more than 2^31 elements with bounded dimensions");
        Value* number = op_.spread(op_.number(0), to_);
        Value* step = op_.number(1);
        for (size_t d = to_.size(); d-- > 0;) {
            Value* place = op_.places(to_, static_cast<int64_t>(d));
            number = op_.add(number, op_.multiply(place, op_.spread(step, to_)));
            step = op_.multiply(step, sizeAt(to_sizes_, to_, d));
        }
        Value* address = op_.spread(op_.number(0), to_);
        int64_t stride = 1;
        for (size_t d = from_.size(); d-- > 0;) {
            Value* size = op_.spread(op_.greatest(sizeAt(from_sizes_, from_, d), op_.number(1)), to_);
            Value* place = op_.build.binary(OpKind::kRemainder, number, size);
            address = op_.add(address, op_.multiply(place, op_.spread(op_.number(stride), to_)));
            number = op_.divide(number, size);
            stride *= from_[d];
        }
        Value* line = op_.build.reshape(op_.operand(0), {elements});
        return op_.build.reshape(op_.take(line, 0, op_.build.reshape(address, {places})), to_);
    }

    BoundedOp& op_;
    const std::vector<int64_t> from_;
    const Sizes from_sizes_;
    const std::vector<int64_t> to_;
    Sizes to_sizes_;
    const std::vector<Group> groups_;
};

}  // namespace

void padReshape(BoundedOp& op) { Reshape(op).run(); }

}  // namespace optirs::plugin
