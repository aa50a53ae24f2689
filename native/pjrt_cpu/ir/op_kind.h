/// @file
/// The operations, one X-macro list (op_kinds.def), and their traits.
#pragma once

#include <cstdint>
#include <string_view>

namespace optirs::plugin {

namespace traits {
inline constexpr uint8_t kNone = 0;
/// Element i of the result depends on element i of the operands (or on a scalar operand, for
/// select's predicate and clamp's bounds); all have one shape.
inline constexpr uint8_t kElementwise = 1;
inline constexpr uint8_t kCommutative = 2;
/// May not be removed, duplicated or reordered. custom_call: see hasSideEffect in operation.h.
inline constexpr uint8_t kSideEffect = 4;
inline constexpr uint8_t kTerminator = 8;
/// Has the effects of what its regions contain.
inline constexpr uint8_t kRecursiveEffects = 16;
}  // namespace traits

enum class OpKind : uint16_t {
#define X(name, text, op_traits) k##name,
#include "pjrt_cpu/ir/op_kinds.def"
#undef X
    kUnknown,
};

/// `stablehlo.add`; empty for kUnknown.
std::string_view opKindName(OpKind kind);
/// kUnknown when there is none. `func.return` gives kReturn.
OpKind opKindFromName(std::string_view name);

uint8_t opTraits(OpKind kind);
inline bool isElementwise(OpKind kind) { return (opTraits(kind) & traits::kElementwise) != 0; }
inline bool isCommutative(OpKind kind) { return (opTraits(kind) & traits::kCommutative) != 0; }
inline bool isTerminator(OpKind kind) { return (opTraits(kind) & traits::kTerminator) != 0; }

}  // namespace optirs::plugin
