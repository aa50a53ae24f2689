// Checks the tensors of one call, one after the other: each by itself, then against those before it. Outputs
// must not share memory with any other tensor; inputs may with each other.
#pragma once

#include <array>

#include "src/kernels/operand.h"

namespace optirs::kernels {

class Checker {
 public:
    using Types = std::initializer_list<uint32_t>;
    using Shape = std::span<const int64_t>;

    Operand input(const char* name, const optirs_dl_tensor* tensor, Types types);
    Operand input(const char* name, const optirs_dl_tensor* tensor, Types types, Shape shape);
    Operand output(const char* name, const optirs_dl_tensor* tensor, Types types);
    Operand output(const char* name, const optirs_dl_tensor* tensor, Types types, Shape shape);
    Operand input(const char* name, const optirs_dl_tensor* tensor, Types types,
                  std::initializer_list<int64_t> shape) {
        return input(name, tensor, types, Shape(shape.begin(), shape.size()));
    }
    Operand output(const char* name, const optirs_dl_tensor* tensor, Types types,
                   std::initializer_list<int64_t> shape) {
        return output(name, tensor, types, Shape(shape.begin(), shape.size()));
    }
    /// For tensors with free strides (Layout::kRows).
    Operand inputRows(const char* name, const optirs_dl_tensor* tensor, Types types);
    Operand outputRows(const char* name, const optirs_dl_tensor* tensor, Types types, Shape shape);
    /// As above, for a tensor that may be NULL.
    void optionalInput(const char* name, const optirs_dl_tensor* tensor, Types types,
                       std::initializer_list<int64_t> shape) {
        if (tensor != nullptr) {
            input(name, tensor, types, shape);
        }
    }
    void optionalOutput(const char* name, const optirs_dl_tensor* tensor, Types types,
                        std::initializer_list<int64_t> shape) {
        if (tensor != nullptr) {
            output(name, tensor, types, shape);
        }
    }
    /// An output that may be the very same memory as an input, and otherwise as above.
    Operand outputOrInPlace(const char* name, const optirs_dl_tensor* tensor, Types types, Shape shape,
                            const Operand& in_place_of);

 private:
    void add(const Operand& operand, bool is_output, const Operand* in_place_of);

    struct Entry {
        Operand operand;
        bool is_output = false;
    };
    std::array<Entry, 24> entries_;
    size_t used_ = 0;
};

void checkRank(const Operand& operand, int32_t rank);
void checkShape(const Operand& operand, std::span<const int64_t> shape);

}  // namespace optirs::kernels
