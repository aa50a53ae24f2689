/// @file
/// The pretty form of most operations as data: the parser reads by it and the printer writes by it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pjrt_cpu/ir/op_kind.h"

namespace optirs::plugin {

/// How the types after `:` relate to operands and results. Any rule may be replaced by a function type.
enum class TypeRule : uint8_t {
    kFunction,           ///< always a function type
    kSame,               ///< one type for every operand and the result
    kSelectTypes,        ///< predicate type, then the type of the rest
    kComplexType,        ///< the result's; operands have its real type
    kResults,            ///< the types of the results
    kOperands,           ///< the types of the operands; no results
    kPairwise,           ///< operand i and result i have type i
    kOperandsToResults,  ///< operand types -> result types
};

/// Values and `key = attribute` clauses, then types.
struct PrettyForm {
    struct Clause {
        std::string_view key;
        std::string_view attribute;
        std::string_view enumeration = {};  ///< kind of the enumeration its bare word belongs to
    };
    OpKind kind;
    TypeRule rule;
    std::vector<Clause> clauses = {};
};

/// Null when the operation has no such form: it is written generically, or in a syntax of its own.
const PrettyForm* prettyForm(OpKind kind);

}  // namespace optirs::plugin
