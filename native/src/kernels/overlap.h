// Whether tensors have memory in common: first by where they begin and end, then by their strides.
#pragma once

#include "src/kernels/operand.h"

namespace optirs::kernels {

/// Where the elements of an operand lie.
struct Place {
    Place() = default;
    explicit Place(const Operand& operand)
        : begin(operand.data()), end(operand.data() + operand.byteCount()) {}

    /// Nothing shares no memory.
    bool overlaps(const Place& other) const {
        return begin < other.end && other.begin < end && begin != end && other.begin != other.end;
    }

    const char* begin = nullptr;
    const char* end = nullptr;
};

/// Whether some byte belongs to both. Exact for views cut out of one block, nested or interleaved. Strides
/// that go together with nothing may make the search too long: it is given up, and the answer is yes.
bool shareMemory(const Operand& left, const Operand& right);

/// Whether some byte belongs to two elements; exact as above.
bool overlapsItself(const Operand& operand);

}  // namespace optirs::kernels
