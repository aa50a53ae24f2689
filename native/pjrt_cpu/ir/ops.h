/// @file
/// Typed access to the attributes of operations. On a verified operation none of these fails;
/// otherwise they throw Error INVALID_ARGUMENT naming operation, attribute and line.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

/// INVALID_ARGUMENT / UNIMPLEMENTED: `stablehlo.add at line 3, column 5: <what>`.
Error invalidOperation(const Operation& op, const std::string& what);
/// UNIMPLEMENTED, with the operand and result types appended.
Error unimplementedOperation(const Operation& op, const std::string& what);
/// `(tensor<2xf32>, tensor<f32>) -> tensor<2xf32>`.
std::string signatureToString(const Operation& op);

// --- generic accessors -------------------------------------------------------------------------

std::span<const int64_t> integersAttribute(const Operation& op, std::string_view name);
/// Empty when absent.
std::span<const int64_t> integersAttributeOrEmpty(const Operation& op, std::string_view name);
int64_t integerAttribute(const Operation& op, std::string_view name);
int64_t integerAttributeOr(const Operation& op, std::string_view name, int64_t otherwise);
/// A bool, or the presence of a unit attribute; false when absent.
bool boolAttribute(const Operation& op, std::string_view name, bool otherwise = false);
double floatAttribute(const Operation& op, std::string_view name);
const std::string& stringAttribute(const Operation& op, std::string_view name);
/// Name of an `@symbol`.
const std::string& symbolAttribute(const Operation& op, std::string_view name);
const Literal& literalAttribute(const Operation& op, std::string_view name);

// --- constants ---------------------------------------------------------------------------------

/// The literal of stablehlo.constant.
const Literal& constantValue(const Operation& op);
/// The literal behind `value` when a constant defines it, else null.
const Literal* constantOrNull(const Value* value);
/// The number that every element of a value is, when a constant says so, maybe broadcast or reshaped.
std::optional<double> splatOf(const Value* value);

// --- shapes ------------------------------------------------------------------------------------

/// transpose: permutation. reverse, reduce, map: dimensions. broadcast_in_dim: operand dim -> result
/// dim. slice: see SliceAttributes.
std::span<const int64_t> permutation(const Operation& op);
std::span<const int64_t> dimensions(const Operation& op);
std::span<const int64_t> broadcastDimensions(const Operation& op);
/// iota: iota_dimension. concatenate, sort, get/set_dimension_size: dimension (sort: normalised, >= 0).
int64_t dimension(const Operation& op);
/// dynamic_slice, gather.
std::span<const int64_t> sliceSizes(const Operation& op);

struct SliceAttributes {
    std::span<const int64_t> start;
    std::span<const int64_t> limit;
    std::span<const int64_t> strides;
};
SliceAttributes sliceAttributes(const Operation& op);

struct PadAttributes {
    std::span<const int64_t> low;
    std::span<const int64_t> high;
    std::span<const int64_t> interior;
};
PadAttributes padAttributes(const Operation& op);

/// One dimension of a window, of reduce_window, select_and_scatter and convolution (kernel).
struct WindowDimension {
    int64_t size = 1;
    int64_t stride = 1;
    int64_t padding_low = 0;
    int64_t padding_high = 0;
    int64_t base_dilation = 1;    ///< of the input (convolution: lhs_dilation)
    int64_t window_dilation = 1;  ///< of the window (convolution: rhs_dilation)
    bool reversal = false;        ///< convolution only
};
/// reduce_window, select_and_scatter: one per operand dimension.
/// convolution: one per spatial dimension, in the order of input_spatial. Defaults filled in.
std::vector<WindowDimension> window(const Operation& op);

// --- dimension numbers -------------------------------------------------------------------------

const DotDimensions& dotDimensions(const Operation& op);
const GatherDimensions& gatherDimensions(const Operation& op);
const ScatterDimensions& scatterDimensions(const Operation& op);
const ConvolutionDimensions& convolutionDimensions(const Operation& op);
int64_t featureGroupCount(const Operation& op);
int64_t batchGroupCount(const Operation& op);

/// Precision of operand `i` of dot, dot_general, convolution: DEFAULT when nothing is said.
enum class Precision : uint8_t { kDefault, kHigh, kHighest };
Precision operandPrecision(const Operation& op, size_t i);

// --- enumerations ------------------------------------------------------------------------------

enum class ComparisonDirection : uint8_t { kEq, kNe, kGe, kGt, kLe, kLt };
ComparisonDirection comparisonDirection(const Operation& op);
/// Follows from the element type (UNSIGNED for i1 and ui*, SIGNED for i*, FLOAT for floats and complex),
/// whatever the program says, but for TOTALORDER of floats.
enum class ComparisonType : uint8_t { kFloat, kTotalOrder, kSigned, kUnsigned };
ComparisonType comparisonType(const Operation& op);

enum class RngAlgorithm : uint8_t { kDefault, kThreeFry, kPhilox };
RngAlgorithm rngAlgorithm(const Operation& op);
enum class RngDistribution : uint8_t { kUniform, kNormal };
RngDistribution rngDistribution(const Operation& op);
enum class FftType : uint8_t { kFft, kIfft, kRfft, kIrfft };
FftType fftType(const Operation& op);
enum class TransposeKind : uint8_t { kNoTranspose, kTranspose, kAdjoint };
TransposeKind transposeA(const Operation& op);

// --- regions -----------------------------------------------------------------------------------

/// The only block of region `i`.
Block& body(const Operation& op, size_t i = 0);
/// When the body of a reducer over one operand is `return f(a0, a1)` with `f` one binary operation
/// on its two arguments in either order (only for commutative f when swapped): f; else kUnknown.
OpKind reducerKind(const Block& block);

/// reduce, reduce_window, scatter, sort: number N of tensors reduced together.
/// reduce, reduce_window: operands are N inputs then N init values.
/// scatter: N inputs, the indices, N updates.
size_t tupleSize(const Operation& op);

// --- calls -------------------------------------------------------------------------------------

/// func.call: callee; custom_call: call_target_name.
const std::string& callee(const Operation& op);

/// Targets of custom calls that stand for an operation with a body: a windowed reduction whose window is an
/// operand, XLA's top-k, and the one that JAX's approx_max_k and approx_min_k call.
inline constexpr std::string_view kDynamicReduceWindow = "stablehlo.dynamic_reduce_window";
inline constexpr std::string_view kTopKCall = "TopK";
inline constexpr std::string_view kApproxTopKCall = "ApproxTopK";
bool callStandsForBody(std::string_view target);

/// all_reduce and the other collectives: rows of device ids, padded with -1.
std::vector<std::vector<int64_t>> replicaGroups(const Operation& op);
std::vector<std::pair<int64_t, int64_t>> sourceTargetPairs(const Operation& op);
/// {0, 0} when absent.
ChannelHandle channelHandle(const Operation& op);

}  // namespace optirs::plugin
