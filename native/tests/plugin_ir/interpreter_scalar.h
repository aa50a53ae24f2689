/// @file
/// Single numbers under element-wise operations; part of the reference evaluator.
#pragma once

#include "interpreter.h"
#include "pjrt_cpu/ir/op_kind.h"

namespace optirs::plugin::testing {

/// Whether its numbers are Tensor::reals.
inline bool isReal(const TensorType& type) { return isFloat(type.element()) || isComplex(type.element()); }
/// Numbers that an element of a real or complex type is made of.
inline int64_t partsOf(const TensorType& type) { return isComplex(type.element()) ? 2 : 1; }
double roundTo(double value, ElementType type);
int64_t wrapTo(int64_t value, ElementType type);
double realOf(OpKind kind, double x);
double realOf(OpKind kind, double x, double y);
int64_t integerOf(OpKind kind, int64_t x, ElementType type);
int64_t integerOf(OpKind kind, int64_t x, int64_t y, ElementType type);
bool compare(const Operation& op, const std::vector<Tensor>& in, size_t i);
void convert(const Tensor& from, Tensor& to, size_t i);

}  // namespace optirs::plugin::testing
