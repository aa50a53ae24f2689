#include "src/kernels/checker.h"

#include <algorithm>

#include "src/core/text.h"

namespace optirs::kernels {

using core::concat;

void checkRank(const Operand& operand, int32_t rank) {
    if (operand->ndim != rank) {
        refuse(operand, concat("must have ", rank, rank == 1 ? " dimension" : " dimensions"));
    }
}

void checkShape(const Operand& operand, std::span<const int64_t> shape) {
    if (std::ranges::equal(operand.shape(), shape)) {
        return;
    }
    std::string wanted = "[";
    for (const int64_t extent : shape) {
        wanted += concat(wanted.size() == 1 ? "" : ",", extent);
    }
    refuse(operand, concat("must have the shape ", wanted, "]"));
}

Operand Checker::input(const char* name, const optirs_dl_tensor* tensor, Types types) {
    const Operand operand = required(name, tensor);
    checkType(operand, types);
    add(operand, false, nullptr);
    return operand;
}

Operand Checker::input(const char* name, const optirs_dl_tensor* tensor, Types types, Shape shape) {
    const Operand operand = input(name, tensor, types);
    checkShape(operand, shape);
    return operand;
}

Operand Checker::output(const char* name, const optirs_dl_tensor* tensor, Types types) {
    const Operand operand = required(name, tensor);
    checkType(operand, types);
    add(operand, true, nullptr);
    return operand;
}

Operand Checker::output(const char* name, const optirs_dl_tensor* tensor, Types types, Shape shape) {
    const Operand operand = required(name, tensor);
    checkType(operand, types);
    checkShape(operand, shape);
    add(operand, true, nullptr);
    return operand;
}

Operand Checker::inputRows(const char* name, const optirs_dl_tensor* tensor, Types types) {
    const Operand operand = required(name, tensor, -1, Layout::kRows);
    checkType(operand, types);
    add(operand, false, nullptr);
    return operand;
}

Operand Checker::outputRows(const char* name, const optirs_dl_tensor* tensor, Types types, Shape shape) {
    const Operand operand = required(name, tensor, -1, Layout::kRows);
    checkType(operand, types);
    checkShape(operand, shape);
    checkSeparateRows(operand);
    add(operand, true, nullptr);
    return operand;
}

Operand Checker::outputOrInPlace(const char* name, const optirs_dl_tensor* tensor, Types types, Shape shape,
                                 const Operand& in_place_of) {
    const Operand operand = required(name, tensor);
    checkType(operand, types);
    checkShape(operand, shape);
    add(operand, true, &in_place_of);
    return operand;
}

void Checker::add(const Operand& operand, bool is_output, const Operand* in_place_of) {
    if (used_ > 0) {
        checkSameDevice(operand, entries_[0].operand);
    }
    for (size_t i = 0; i < used_; ++i) {
        const Operand& other = entries_[i].operand;
        const bool is_same = in_place_of != nullptr && other.tensor == in_place_of->tensor &&
                             other.data() == operand.data() && other.type() == operand.type();
        if ((is_output || entries_[i].is_output) && !is_same) {
            checkDisjoint(operand, other);
        }
    }
    entries_[used_++] = {operand, is_output};
}

}  // namespace optirs::kernels
