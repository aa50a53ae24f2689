/// @file
/// Writes formulas over tensors of one shape as operations.
#pragma once

#include <initializer_list>
#include <span>

#include "pjrt_cpu/ir/builder.h"

namespace optirs::plugin {

/// A value in a formula; arithmetic on it makes operations. Plain numbers become constants of its type.
class Term {
 public:
    Term(Builder& builder, Value* value) : builder_(&builder), value_(value) {}

    Value* value() const { return value_; }
    Term constant(double number) const { return {*builder_, builder_->constant(value_->tensor(), number)}; }
    Term apply(OpKind kind) const { return {*builder_, builder_->unary(kind, value_)}; }
    Term apply(OpKind kind, Term other) const {
        return {*builder_, builder_->binary(kind, value_, other.value_)};
    }
    Term compare(std::string_view direction, Term other) const {
        return {*builder_, builder_->compare(direction, value_, other.value_)};
    }
    Term compare(std::string_view direction, double number) const {
        return compare(direction, constant(number));
    }
    /// This (a predicate) ? a : b.
    Term select(Term a, Term b) const { return {*builder_, builder_->select(value_, a.value_, b.value_)}; }
    Term convert(ElementType element) const { return {*builder_, builder_->convert(value_, element)}; }
    Term bitcast(ElementType element) const {
        return {*builder_,
                builder_->create(OpKind::kBitcastConvert, {value_}, value_->tensor().withElement(element))};
    }

    Term abs() const { return apply(OpKind::kAbs); }
    Term exp() const { return apply(OpKind::kExponential); }
    Term log() const { return apply(OpKind::kLog); }
    Term log1p() const { return apply(OpKind::kLogPlusOne); }
    Term expm1() const { return apply(OpKind::kExponentialMinusOne); }
    Term sqrt() const { return apply(OpKind::kSqrt); }
    Term sign() const { return apply(OpKind::kSign); }
    Term floor() const { return apply(OpKind::kFloor); }

    friend Term operator+(Term a, Term b) { return a.apply(OpKind::kAdd, b); }
    friend Term operator-(Term a, Term b) { return a.apply(OpKind::kSubtract, b); }
    friend Term operator*(Term a, Term b) { return a.apply(OpKind::kMultiply, b); }
    friend Term operator/(Term a, Term b) { return a.apply(OpKind::kDivide, b); }
    friend Term operator+(Term a, double b) { return a + a.constant(b); }
    friend Term operator-(Term a, double b) { return a - a.constant(b); }
    friend Term operator*(Term a, double b) { return a * a.constant(b); }
    friend Term operator/(Term a, double b) { return a / a.constant(b); }
    friend Term operator+(double a, Term b) { return b.constant(a) + b; }
    friend Term operator-(double a, Term b) { return b.constant(a) - b; }
    friend Term operator*(double a, Term b) { return b.constant(a) * b; }
    friend Term operator/(double a, Term b) { return b.constant(a) / b; }
    Term operator-() const { return apply(OpKind::kNegate); }

 private:
    Builder* builder_;
    Value* value_;
};

}  // namespace optirs::plugin
