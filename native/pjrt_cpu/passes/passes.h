/// @file
/// Rewrites of a module. Each leaves a verified module verified and computes the same values, bit for
/// bit (NaN payloads apart); each takes time linear in the program for the programs that occur.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// What the passes may spend.
struct PassLimits {
    size_t max_operations = size_t{1} << 22;  ///< after inlining
    int max_region_nesting = 64;              ///< after inlining
    int max_call_depth = 512;
    int64_t max_folded_elements = 1024;  ///< of the result of a folded operation
};

/// The whole pipeline. Afterwards the module is its entry function (and functions that custom calls
/// name), without calls, composites, or operations that the code generator need not know:
/// dot, einsum, unary_einsum, broadcast, torch_index_select, batch_norm_*, map, cross-replica-sum,
/// optimization_barrier's shardings, tuples, chlo operations that have an expansion, and dynamic
/// forms whose shapes turn out static.
/// @throws Error INVALID_ARGUMENT (recursion, unknown callee), RESOURCE_EXHAUSTED (limits),
///     UNIMPLEMENTED (a shape that stays dynamic).
void runPasses(Module& module, const PassLimits& limits = {});

/// Replaces every func.call reachable from the entry by the callee's body, then erases what is no
/// longer referred to. Composites become their decomposition.
void inlineCalls(Module& module, const PassLimits& limits = {});

/// Gives every operation one form: see canonicalise.cpp. @returns whether anything changed
bool canonicalise(Function& function);
/// Expands operations into elementary ones: see decompose.cpp, decompose_batch_norm.cpp,
/// decompose_chlo.cpp. @returns whether anything changed
bool decompose(Function& function);
/// Replaces dynamic forms (dynamic_reshape, ...) whose shape operands are constant by static ones, and
/// result types that say `?` by what inference knows. @returns whether anything changed
bool refineShapes(Function& function);
/// Evaluates operations on small constants. @returns whether anything changed
bool foldConstants(Function& function, const PassLimits& limits = {});
/// Algebraic identities that hold bit for bit. @returns whether anything changed
bool simplify(Function& function);
/// Merges equal operations without side effects. @returns whether anything changed
bool eliminateCommonSubexpressions(Function& function);
/// Removes operations without uses and side effects. @returns whether anything changed
bool eliminateDeadCode(Function& function);

}  // namespace optirs::plugin
