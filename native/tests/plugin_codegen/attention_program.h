// Attention as a program, and the same in double.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {

inline constexpr size_t kHeads = 6;
inline constexpr size_t kRows = 100;  // no multiple of a block
inline constexpr size_t kColumns = 70;
inline constexpr size_t kWidth = 40;

enum class Mask { kNone, kCausal, kShifted };

/// Every occurrence.
std::string replaced(std::string text, const std::string& from, const std::string& to);

/// q [rows, heads, width], k, v [heads, columns, width]; T is the type, W that of the softmax. `gradient` is
/// the cotangent of the result: an argument, or (dependent) computed from the result.
std::string attention(const std::string& type, Mask mask, bool backward, bool dependent);

using Numbers = std::vector<double>;

/// {o, dq, dk, dv}
std::vector<Numbers> reference(const std::vector<Numbers>& in, Mask mask, bool dependent);

struct Inputs {
    std::vector<Numbers> numbers;
    std::vector<Bytes> bytes;
};

/// `narrow`: of bf16.
Inputs makeInputs(bool narrow);

/// What the steps of a program say of themselves.
std::string describe(const Program& program);

}  // namespace optirs::plugin::testing
