#include "src/kernels/overlap.h"

#include <algorithm>
#include <array>

namespace optirs::kernels {

namespace {

/// A view as rows without gaps, and how they are repeated.
struct Rows {
    struct Repetition {
        int64_t stride, extent;  // in bytes; at least 2
    };

    explicit Rows(const Operand& operand) : bytes(operand->dtype.bits / 8) {
        const int64_t element = bytes;
        if (operand->strides == nullptr) {
            bytes = operand.byteCount();
            return;
        }
        for (int32_t i = operand->ndim; i-- > 0;) {
            const int64_t extent = operand->shape[i];
            if (extent == 1) {
                continue;
            }
            const int64_t stride = operand->strides[i] * element;
            if (used == 0 && stride == bytes) {
                bytes *= extent;
            } else {
                all[used++] = {stride, extent};
            }
        }
    }
    std::span<const Repetition> repetitions() const { return {all.data(), used}; }

    int64_t bytes;
    std::array<Repetition, kMaxRank> all;
    size_t used = 0;
};

int64_t floorDivide(int64_t value, int64_t divisor) {
    return value / divisor - (value % divisor < 0 ? 1 : 0);
}

/// Two rows, and the steps that change the distance from the first to the second. They lie over each other
/// where it is more than -second_bytes and less than first_bytes. The search goes from the largest stride to
/// the smallest; where each has room for what the smaller ones reach, as in views of one block, it leaves no
/// more than two numbers of steps to try.
class Search {
 public:
    Search(int64_t first_bytes, int64_t second_bytes)
        : first_bytes_(first_bytes), second_bytes_(second_bytes) {}

    /// Steps along a stride that is not 0, besides those that it has. Returns whether it had none.
    bool add(int64_t stride, int64_t least, int64_t most) {
        const auto end = all_.begin() + static_cast<std::ptrdiff_t>(used_);
        const auto at = std::find_if(all_.begin(), end, [&](const Steps& it) { return it.stride <= stride; });
        const bool is_new = at == end || at->stride != stride;
        if (is_new) {
            std::move_backward(at, end, end + 1);
            *at = {stride};
            ++used_;
        }
        at->least += least;
        at->most += most;
        return is_new;
    }

    bool meets(int64_t distance) {
        sumUp();
        return meets(0, distance);
    }

    /// Of a row with itself: whether steps other than none bring it over itself. Opposite steps do the same,
    /// so that the first ones are upwards.
    bool meetsElsewhere() {
        sumUp();
        for (size_t at = 0; at < used_; ++at) {
            all_[at].least = 1;
            if (meets(at, 0)) {
                return true;
            }
        }
        return false;
    }

 private:
    struct Steps {
        int64_t stride = 0, least = 0, most = 0;
        int64_t rest_least = 0, rest_most = 0;  // what all smaller strides can add
    };

    void sumUp() {
        int64_t least = 0;
        int64_t most = 0;
        for (size_t at = used_; at-- > 0;) {
            Steps& steps = all_[at];
            steps.rest_least = least;
            steps.rest_most = most;
            least += steps.least * steps.stride;
            most += steps.most * steps.stride;
        }
    }

    bool meets(size_t at, int64_t distance) {
        if (at == used_) {
            return -second_bytes_ < distance && distance < first_bytes_;
        }
        if (--tries_ < 0) {
            return true;
        }
        const Steps& steps = all_[at];
        const int64_t below = -second_bytes_ - steps.rest_most - distance;
        const int64_t above = first_bytes_ - steps.rest_least - distance;
        const int64_t last = std::min(steps.most, floorDivide(above - 1, steps.stride));
        for (int64_t i = std::max(steps.least, floorDivide(below, steps.stride) + 1); i <= last; ++i) {
            if (meets(at + 1, distance + i * steps.stride)) {
                return true;
            }
        }
        return false;
    }

    int64_t first_bytes_, second_bytes_;
    std::array<Steps, 2 * kMaxRank> all_;
    size_t used_ = 0;
    int tries_ = 10000;
};

}  // namespace

bool shareMemory(const Operand& left, const Operand& right) {
    if (!Place(left).overlaps(Place(right))) {
        return false;
    }
    const Rows first(left);
    const Rows second(right);
    Search search(first.bytes, second.bytes);
    for (const auto& [stride, extent] : first.repetitions()) {
        if (stride != 0) {
            search.add(stride, 1 - extent, 0);
        }
    }
    for (const auto& [stride, extent] : second.repetitions()) {
        if (stride != 0) {
            search.add(stride, 0, extent - 1);
        }
    }
    return search.meets(right.data() - left.data());
}

bool overlapsItself(const Operand& operand) {
    if (operand.elementCount() == 0) {
        return false;
    }
    const Rows rows(operand);
    Search search(rows.bytes, rows.bytes);
    for (const auto& [stride, extent] : rows.repetitions()) {
        // Two dimensions of one stride: a step along one is a step back along the other.
        if (stride == 0 || !search.add(stride, 1 - extent, extent - 1)) {
            return true;
        }
    }
    return search.meetsElsewhere();
}

}  // namespace optirs::kernels
