/// @file
/// Types of StableHLO values: tensors, tokens, tuples, functions. All are immutable values.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pjrt_cpu/ir/element_type.h"

namespace optirs::plugin {

/// The size of a dimension that is written `?`.
inline constexpr int64_t kDynamic = INT64_MIN;

/// `!quant.uniform<storage<min:max>:expressed:axis, {scale:zero_point, ...}>`.
struct QuantizedType {
    ElementType storage = ElementType::kI8;
    ElementType expressed = ElementType::kF32;
    int64_t storage_min = -128;
    int64_t storage_max = 127;
    int64_t axis = -1;  ///< quantized dimension; -1: one scale for the whole tensor
    std::vector<double> scales;
    std::vector<int64_t> zero_points;

    bool operator==(const QuantizedType&) const = default;
};

/// `tensor<2x?xf32, #stablehlo.bounds<?, 3>>`.
class TensorType {
 public:
    TensorType() = default;
    TensorType(ElementType element, std::vector<int64_t> dims) : element_(element), dims_(std::move(dims)) {}

    ElementType element() const { return element_; }
    std::span<const int64_t> dims() const { return dims_; }
    int64_t rank() const { return static_cast<int64_t>(dims_.size()); }
    int64_t dim(int64_t i) const { return dims_[static_cast<size_t>(i)]; }
    bool isScalar() const { return dims_.empty(); }

    bool isStatic() const;
    /// Product of the dimensions. Static shapes only. The parser and verifier refuse shapes whose
    /// byte count does not fit int64, so this cannot overflow.
    int64_t elementCount() const;
    /// elementCount() * byteWidth(element()).
    int64_t byteCount() const;

    /// Upper bounds of dynamic dimensions (kDynamic: none); empty when the type has no bounds.
    std::span<const int64_t> bounds() const { return bounds_; }
    void setBounds(std::vector<int64_t> bounds) { bounds_ = std::move(bounds); }
    /// Whether the bytes of the shape, and of its bounds, fit int64. Later code multiplies dimensions
    /// without asking, so every product has to fit, zeros left out.
    bool sizeFits() const;

    /// Non-null exactly when element() is kQuantized.
    const QuantizedType* quantized() const { return quantized_.get(); }
    void setQuantized(std::shared_ptr<const QuantizedType> quantized);

    TensorType withElement(ElementType element) const;
    TensorType withDims(std::vector<int64_t> dims) const;

    /// `tensor<2x3xf32>`, in MLIR syntax.
    std::string toString() const;
    bool operator==(const TensorType& other) const;

 private:
    ElementType element_ = ElementType::kF32;
    std::vector<int64_t> dims_;
    std::vector<int64_t> bounds_;
    std::shared_ptr<const QuantizedType> quantized_;
};

class Type;

/// `!stablehlo.token`: orders side effects, carries no data.
struct TokenType {
    bool operator==(const TokenType&) const = default;
};

/// `tuple<...>`.
struct TupleType {
    std::vector<Type> elements;
    bool operator==(const TupleType& other) const;
};

/// `(...) -> (...)`.
struct FunctionType {
    std::vector<Type> inputs;
    std::vector<Type> results;
    bool operator==(const FunctionType& other) const;
};

/// A type the plugin has no meaning for, kept as text (`!foo.bar<...>`, `i32` outside a tensor, ...).
struct OpaqueType {
    std::string text;
    bool operator==(const OpaqueType&) const = default;
};

/// Any of the above.
class Type {
 public:
    Type() : data_(TokenType{}) {}
    Type(TensorType t) : data_(std::move(t)) {}    // NOLINT(google-explicit-constructor)
    Type(TokenType t) : data_(t) {}                // NOLINT(google-explicit-constructor)
    Type(TupleType t) : data_(std::move(t)) {}     // NOLINT(google-explicit-constructor)
    Type(FunctionType t) : data_(std::move(t)) {}  // NOLINT(google-explicit-constructor)
    Type(OpaqueType t) : data_(std::move(t)) {}    // NOLINT(google-explicit-constructor)

    bool isTensor() const { return std::holds_alternative<TensorType>(data_); }
    bool isToken() const { return std::holds_alternative<TokenType>(data_); }
    bool isTuple() const { return std::holds_alternative<TupleType>(data_); }

    const TensorType* tensorOrNull() const { return std::get_if<TensorType>(&data_); }
    const TupleType* tupleOrNull() const { return std::get_if<TupleType>(&data_); }
    const FunctionType* functionOrNull() const { return std::get_if<FunctionType>(&data_); }
    const OpaqueType* opaqueOrNull() const { return std::get_if<OpaqueType>(&data_); }

    /// The tensor type. @throws Error INTERNAL when it is another kind of type.
    const TensorType& tensor() const;

    std::string toString() const;
    bool operator==(const Type& other) const { return data_ == other.data_; }

 private:
    std::variant<TokenType, TensorType, TupleType, FunctionType, OpaqueType> data_;
};

inline bool TupleType::operator==(const TupleType& other) const { return elements == other.elements; }
inline bool FunctionType::operator==(const FunctionType& other) const {
    return inputs == other.inputs && results == other.results;
}

/// Whether the type has a dimension that is unknown and has a bound.
bool hasBound(const Type& type);
/// The dimensions at their largest: bounds where the size is not known; kDynamic where there is no bound
/// either.
std::vector<int64_t> boundsOf(const TensorType& type);

/// `2x?x3`, empty for a scalar.
std::string shapeToString(std::span<const int64_t> dims);
/// `[2, 3]`.
std::string listToString(std::span<const int64_t> values);

}  // namespace optirs::plugin
