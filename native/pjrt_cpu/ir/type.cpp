#include "pjrt_cpu/ir/type.h"

#include <algorithm>
#include <charconv>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

std::string dimToString(int64_t dim) { return dim == kDynamic ? "?" : std::to_string(dim); }

std::string scaleToString(double scale) {
    char text[40];
    const auto end = std::to_chars(text, text + sizeof text, scale).ptr;
    std::string out(text, end);
    // A scale has to read as a float, or its `:` would bind to an integer.
    if (out.find_first_of(".e") == std::string::npos) out += ".0";
    return out;
}

std::string quantizedToString(const QuantizedType& q) {
    std::string out = "!quant.uniform<";
    out += elementTypeName(q.storage);
    const int bits = bitWidth(q.storage);
    const bool is_signed = isSignedInteger(q.storage);
    const int64_t low = is_signed ? -(int64_t{1} << (bits - 1)) : 0;
    const int64_t high = (int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
    if (q.storage_min != low || q.storage_max != high) {
        out += "<" + std::to_string(q.storage_min) + ":" + std::to_string(q.storage_max) + ">";
    }
    out += ":";
    out += elementTypeName(q.expressed);
    if (q.axis >= 0) out += ":" + std::to_string(q.axis);
    out += q.axis >= 0 ? ", {" : ", ";
    for (size_t i = 0; i < q.scales.size(); ++i) {
        if (i > 0) out += ",";
        out += scaleToString(q.scales[i]);
        if (q.zero_points[i] != 0) out += ":" + std::to_string(q.zero_points[i]);
    }
    if (q.axis >= 0) out += "}";
    return out + ">";
}

std::string typesToString(const std::vector<Type>& types) {
    std::string out;
    for (size_t i = 0; i < types.size(); ++i) {
        if (i > 0) out += ", ";
        out += types[i].toString();
    }
    return out;
}

}  // namespace

std::string shapeToString(std::span<const int64_t> dims) {
    std::string out;
    for (size_t i = 0; i < dims.size(); ++i) {
        if (i > 0) out += "x";
        out += dimToString(dims[i]);
    }
    return out;
}

std::string listToString(std::span<const int64_t> values) {
    std::string out = "[";
    for (size_t i = 0; i < values.size(); ++i) {
        if (i > 0) out += ", ";
        out += dimToString(values[i]);
    }
    return out + "]";
}

bool TensorType::isStatic() const { return std::find(dims_.begin(), dims_.end(), kDynamic) == dims_.end(); }

int64_t TensorType::elementCount() const {
    int64_t count = 1;
    for (int64_t dim : dims_) {
        if (dim == kDynamic) throw internalError("elementCount of dynamic shape " + toString());
        count *= dim;
    }
    return count;
}

int64_t TensorType::byteCount() const { return elementCount() * byteWidth(element_); }

bool TensorType::sizeFits() const {
    const int64_t width = byteWidth(quantized_ ? quantized_->storage : element_);
    for (const std::span<const int64_t> sizes : {dims(), bounds()}) {
        int64_t bytes = width;
        for (const int64_t dim : sizes) {
            if (dim <= 0) continue;
            if (bytes > INT64_MAX / dim) return false;
            bytes *= dim;
        }
    }
    return true;
}

void TensorType::setQuantized(std::shared_ptr<const QuantizedType> quantized) {
    element_ = ElementType::kQuantized;
    quantized_ = std::move(quantized);
}

TensorType TensorType::withElement(ElementType element) const {
    TensorType out = *this;
    out.element_ = element;
    if (element != ElementType::kQuantized) out.quantized_ = nullptr;
    return out;
}

TensorType TensorType::withDims(std::vector<int64_t> dims) const {
    TensorType out = *this;
    out.dims_ = std::move(dims);
    out.bounds_.clear();
    return out;
}

std::string TensorType::toString() const {
    std::string out = "tensor<";
    for (int64_t dim : dims_) out += dimToString(dim) + "x";
    if (quantized_) {
        out += quantizedToString(*quantized_);
    } else {
        out += elementTypeName(element_);
    }
    if (!bounds_.empty()) {
        out += ", #stablehlo.bounds<";
        for (size_t i = 0; i < bounds_.size(); ++i) {
            if (i > 0) out += ", ";
            out += dimToString(bounds_[i]);
        }
        out += ">";
    }
    return out + ">";
}

bool TensorType::operator==(const TensorType& other) const {
    if (element_ != other.element_ || dims_ != other.dims_ || bounds_ != other.bounds_) return false;
    if (quantized_ == other.quantized_) return true;
    return quantized_ && other.quantized_ && *quantized_ == *other.quantized_;
}

const TensorType& Type::tensor() const {
    if (const TensorType* t = tensorOrNull()) return *t;
    throw internalError("expected a tensor type, got " + toString());
}

std::string Type::toString() const {
    if (const TensorType* t = tensorOrNull()) return t->toString();
    if (const TupleType* t = tupleOrNull()) return "tuple<" + typesToString(t->elements) + ">";
    if (const OpaqueType* t = opaqueOrNull()) return t->text;
    if (const FunctionType* t = functionOrNull()) {
        const bool single = t->results.size() == 1 && t->results[0].functionOrNull() == nullptr;
        const std::string results = typesToString(t->results);
        return "(" + typesToString(t->inputs) + ") -> " + (single ? results : "(" + results + ")");
    }
    return "!stablehlo.token";
}

bool hasBound(const Type& type) {
    const TensorType* tensor = type.tensorOrNull();
    if (tensor == nullptr || tensor->bounds().empty()) return false;
    for (int64_t d = 0; d < tensor->rank(); ++d) {
        if (tensor->dim(d) == kDynamic && tensor->bounds()[static_cast<size_t>(d)] != kDynamic) return true;
    }
    return false;
}

std::vector<int64_t> boundsOf(const TensorType& type) {
    std::vector<int64_t> dims(type.dims().begin(), type.dims().end());
    for (size_t d = 0; d < dims.size(); ++d) {
        if (dims[d] == kDynamic && !type.bounds().empty()) dims[d] = type.bounds()[d];
    }
    return dims;
}

}  // namespace optirs::plugin
