/// @file
/// Rewrites of a module. Each leaves a verified module verified and computes the same values, bit for
/// bit (NaN payloads apart); each takes time linear in the program for the programs that occur.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// What the passes may spend.
struct PassLimits {
    size_t max_operations = size_t{1} << 22;  ///< after inlining
    int max_region_nesting = 64;              ///< after inlining
    int max_call_depth = 512;
    int64_t max_folded_elements = 1024;  ///< of the result of a folded operation
    /// Told of each pass that changed something, and what it left; may be empty.
    std::function<void(std::string_view pass, const Function& function)> after_pass;
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

/// Makes the entry of a program for `num_partitions` partitions, whose values are annotated with shardings
/// (`sdy.sharding`, `mhlo.sharding`), the program of one partition: its arguments and results are the tiles
/// that partition_id holds. See partition.cpp. @pre inlined
/// @throws Error INVALID_ARGUMENT, UNIMPLEMENTED (an argument that does not divide into tiles)
void partition(Module& module, int32_t num_replicas, int32_t num_partitions);
/// Operations of test programs (check.*, interpreter.probe, interpreter.print) become custom calls with
/// effects: see lower_checks.cpp. @returns whether anything changed
bool lowerChecks(Function& function);
/// async_start and async_done become the operation between them. @returns whether anything changed
bool inlineAsync(Function& function);
/// Tuples become their elements, also those that the function takes and returns; a token that it takes or
/// returns becomes tensor<0xi1>: see flatten_tuples.cpp. @returns whether anything changed
bool flattenTuples(Function& function);
/// Quantized tensors become tensors of their storage type: see expand_quantized.cpp. Their shapes must be
/// known. @returns whether anything changed
bool expandQuantized(Function& function);
/// Values with dimensions that are known only at run time, below a bound, become values of the size of the
/// bounds, with the sizes beside them as values of the program: see bounded/. What lies past a size is never
/// part of a result. Where results of the entry have such dimensions, it returns their sizes too, and where
/// arguments have, it takes them: as its last, a list of i32 with the attribute kSizesAttribute, the pairs of
/// result or argument and dimension in that order. Other functions, which operations call by their names,
/// cannot.
/// @throws Error UNIMPLEMENTED for operations that cannot keep a size
/// @returns whether anything changed
bool padBounded(Function& function, bool is_entry = true);
inline constexpr std::string_view kSizesAttribute = "optirs.sizes";
/// Whether the entry takes arguments whose shapes are not all known.
bool hasDynamicArguments(const Module& module);
/// Whether all unknown dimensions of the function's arguments have a bound.
bool argumentsHaveBounds(const Function& function);
/// Which dimension of an array is larger than an argument's bound, and what to do; empty: none is.
std::string excessOverBound(const TensorType& given, const TensorType& declared);
/// Gives the entry's arguments shapes that are known (quantized ones: of the storage type), inlines its calls
/// and brings the shapes that follow into the program.
/// @throws Error INVALID_ARGUMENT: another number of arguments, a shape that does not fit the declared one or
///     its bounds, a shape assertion that does not hold
void specialiseArguments(Module& module, std::span<const TensorType> types, const PassLimits& limits = {});
/// Uses constants for arguments of the entry, by number; they stay in its signature.
void bindArguments(Module& module, std::span<const std::pair<size_t, Literal>> values,
                   const PassLimits& limits = {});
/// Whether every result in the entry has a known shape.
bool shapesAreKnown(const Module& module);

/// Gives every operation one form: see canonicalise.cpp. @returns whether anything changed
bool canonicalise(Function& function);
/// Expands operations into elementary ones: see decompose.cpp, decompose_batch_norm.cpp,
/// expand_chlo.cpp. @returns whether anything changed
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
