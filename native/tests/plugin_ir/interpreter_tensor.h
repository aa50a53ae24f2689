/// @file
/// Tensors and indices as the parts of the reference evaluator handle them.
#pragma once

#include <algorithm>
#include <complex>
#include <functional>
#include <span>

#include "interpreter_scalar.h"

namespace optirs::plugin::testing {

/// Runs a block of the program being evaluated, with these arguments.
using RunBlock = std::function<std::vector<Tensor>(const Block&, const std::vector<Tensor>&)>;
using Position = std::vector<int64_t>;

inline Tensor make(const TensorType& type) {
    Tensor out{type, {}, {}};
    if (isReal(type)) {
        out.reals.resize(static_cast<size_t>(type.elementCount() * partsOf(type)));
    } else {
        out.integers.resize(static_cast<size_t>(type.elementCount()));
    }
    return out;
}

inline Position unravel(int64_t linear, std::span<const int64_t> dims) {
    Position index(dims.size());
    for (size_t i = dims.size(); i-- > 0;) {
        index[i] = linear % dims[i];
        linear /= dims[i];
    }
    return index;
}

inline int64_t ravel(std::span<const int64_t> index, std::span<const int64_t> dims) {
    int64_t linear = 0;
    for (size_t i = 0; i < dims.size(); ++i) linear = linear * dims[i] + index[i];
    return linear;
}

inline bool isInside(std::span<const int64_t> index, std::span<const int64_t> dims) {
    for (size_t i = 0; i < dims.size(); ++i) {
        if (index[i] < 0 || index[i] >= dims[i]) return false;
    }
    return true;
}

inline void copyElement(const Tensor& from, int64_t source, Tensor& to, int64_t target) {
    if (isReal(to.type)) {
        const int64_t parts = partsOf(to.type);
        for (int64_t k = 0; k < parts; ++k)
            to.reals[static_cast<size_t>(parts * target + k)] =
                from.reals[static_cast<size_t>(parts * source + k)];
    } else {
        to.integers[static_cast<size_t>(target)] = from.integers[static_cast<size_t>(source)];
    }
}

inline Tensor scalarAt(const Tensor& tensor, int64_t at) {
    Tensor out = make(tensor.type.withDims({}));
    copyElement(tensor, at, out, 0);
    return out;
}

inline std::complex<double> complexAt(const Tensor& tensor, int64_t at) {
    return {tensor.reals[static_cast<size_t>(2 * at)], tensor.reals[static_cast<size_t>(2 * at + 1)]};
}

/// By its parts, each of which is rounded.
inline void setComplex(Tensor& tensor, int64_t at, double re, double im) {
    tensor.reals[static_cast<size_t>(2 * at)] = roundTo(re, tensor.type.element());
    tensor.reals[static_cast<size_t>(2 * at + 1)] = roundTo(im, tensor.type.element());
}

/// An index as it is meant: what an unsigned 64-bit number has above INT64_MAX is far beyond every end.
inline int64_t indexAt(const Tensor& tensor, int64_t at) {
    const int64_t value = tensor.integers[static_cast<size_t>(at)];
    return isUnsignedInteger(tensor.type.element()) && value < 0 ? INT64_MAX / 2 : value;
}

inline bool contains(std::span<const int64_t> list, int64_t value) {
    return std::ranges::find(list, value) != list.end();
}

/// Those of 0, 1, ... below `rank` that no list has.
inline Position others(int64_t rank, std::initializer_list<std::span<const int64_t>> lists) {
    Position out;
    for (int64_t d = 0; d < rank; ++d) {
        if (std::ranges::none_of(lists, [&](auto list) { return contains(list, d); })) out.push_back(d);
    }
    return out;
}

// Each evaluates the operations of its name.
std::vector<Tensor> reduce(const Operation& op, const std::vector<Tensor>& in, const RunBlock& run);
std::vector<Tensor> reduceWindow(const Operation& op, const std::vector<Tensor>& in, const RunBlock& run);
Tensor selectAndScatter(const Operation& op, const std::vector<Tensor>& in, const RunBlock& run);
std::vector<Tensor> sort(const Operation& op, const std::vector<Tensor>& in, const RunBlock& run);
Tensor map(const Operation& op, const std::vector<Tensor>& in, const RunBlock& run);
Tensor gather(const Operation& op, const std::vector<Tensor>& in);
std::vector<Tensor> scatter(const Operation& op, const std::vector<Tensor>& in, const RunBlock& run);
Tensor dotGeneral(const Operation& op, const std::vector<Tensor>& in);
Tensor convolution(const Operation& op, const std::vector<Tensor>& in);
/// Between widths: one element to several, several to one, or to one as wide.
Tensor bitcast(const Operation& op, const Tensor& in);
/// An element-wise operation that takes or makes complex numbers.
void complexElement(const Operation& op, const std::vector<Tensor>& in, Tensor& out, int64_t i);
/// Moves elements: whether `op` does nothing else.
bool isMovement(const Operation& op);
void move(const Operation& op, const std::vector<Tensor>& in, Tensor& out, int64_t linear);

}  // namespace optirs::plugin::testing
