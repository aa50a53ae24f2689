/// @file
/// Single numbers under element-wise operations; part of the reference evaluator.
#pragma once

#include "interpreter.h"
#include "pjrt_cpu/ir/op_kind.h"

namespace optirs::plugin::testing {

inline bool isReal(const TensorType& type) { return isFloat(type.element()); }
double roundTo(double value, ElementType type);
int64_t wrapTo(int64_t value, ElementType type);
double realOf(OpKind kind, double x);
double realOf(OpKind kind, double x, double y);
int64_t integerOf(OpKind kind, int64_t x, ElementType type);
int64_t integerOf(OpKind kind, int64_t x, int64_t y, ElementType type);
bool compare(const Operation& op, const std::vector<Tensor>& in, size_t i);
void convert(const Tensor& from, Tensor& to, size_t i);

}  // namespace optirs::plugin::testing
