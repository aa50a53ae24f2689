#include "pjrt_cpu/runtime/decompositions.h"

#include <Eigen/Eigenvalues>
#include <Eigen/Householder>
#include <Eigen/QR>
#include <algorithm>
#include <limits>
#include <numeric>

#include "pjrt_cpu/runtime/linear_algebra.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

/// The sizes of a call: `batch` matrices of m x n.
struct Sizes {
    int64_t batch, m, n;
    int64_t k() const { return std::min(m, n); }
};

/// The leading dimensions of the operand, then `last`.
TensorType like(const TensorType& operand, ElementType element, std::initializer_list<int64_t> last) {
    const auto dims = operand.dims();
    std::vector<int64_t> out(dims.begin(), dims.end() - 2);
    out.insert(out.end(), last);
    return {element, out};
}

std::string nameOf(const CustomCallArguments& call) {
    return std::string(call.target) + " at " + std::string(call.location);
}

Sizes sizesOf(const CustomCallArguments& call) {
    const TensorType* a = call.operands.empty() ? nullptr : call.operands[0].type;
    if (a == nullptr || a->rank() < 2)
        throw invalidArgument(nameOf(call) + ": the first operand should be a matrix, or several");
    Sizes sizes{1, a->dim(a->rank() - 2), a->dim(a->rank() - 1)};
    for (int64_t d = 0; d < a->rank() - 2; ++d) sizes.batch *= a->dim(d);
    return sizes;
}

void expect(const CustomCallArguments& call, const char* what, std::span<const CustomCallBuffer> given,
            std::initializer_list<TensorType> wanted) {
    if (given.size() != wanted.size()) {
        throw invalidArgument(nameOf(call) + " should have " + std::to_string(wanted.size()) + " " + what +
                              "s, not " + std::to_string(given.size()));
    }
    size_t i = 0;
    for (const TensorType& type : wanted) {
        if (*given[i].type != type) {
            throw invalidArgument(nameOf(call) + ": " + what + " " + std::to_string(i) + " should be " +
                                  type.toString() + ", not " + given[i].type->toString());
        }
        ++i;
    }
}

/// Matrix `index` of the buffer, rows x columns.
template <class T>
Eigen::Map<Matrix<T>> matrix(const CustomCallBuffer& buffer, int64_t index, int64_t rows, int64_t columns) {
    return {reinterpret_cast<T*>(buffer.data) + index * rows * columns, rows, columns};
}
template <class T>
Eigen::Map<Vector<T>> vector(const CustomCallBuffer& buffer, int64_t index, int64_t size) {
    return {reinterpret_cast<T*>(buffer.data) + index * size, size};
}

/// Calls `body(T{}, index)` for every matrix, where T is the type of its elements.
template <class Body>
void forEachMatrix(const CustomCallArguments& call, const Sizes& sizes, const Body& body) {
    const std::string name(call.target);
    withNumberType(call.operands[0].type->element(), name.c_str(), [&](auto number) {
        call.frame.pool.parallelFor(sizes.batch, 1, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) body(number, i);
        });
    });
}

void qr(const CustomCallArguments& call) {
    const Sizes sizes = sizesOf(call);
    const TensorType& a = *call.operands[0].type;
    expect(call, "operand", call.operands, {a});
    expect(call, "result", call.results, {a, like(a, a.element(), {sizes.k()})});
    if (sizes.k() == 0) return;
    forEachMatrix(call, sizes, [&]<class T>(T, int64_t i) {
        const Eigen::HouseholderQR<Matrix<T>> result(matrix<T>(call.operands[0], i, sizes.m, sizes.n));
        matrix<T>(call.results[0], i, sizes.m, sizes.n) = result.matrixQR();
        vector<T>(call.results[1], i, sizes.k()) = result.hCoeffs().conjugate();
    });
}

void householderProduct(const CustomCallArguments& call) {
    const Sizes sizes = sizesOf(call);
    const TensorType& a = *call.operands[0].type;
    const TensorType* taus = call.operands.size() == 2 ? call.operands[1].type : nullptr;
    const int64_t k = taus != nullptr && taus->rank() > 0 ? taus->dim(taus->rank() - 1) : 0;
    expect(call, "operand", call.operands, {a, like(a, a.element(), {k})});
    expect(call, "result", call.results, {a});
    if (k > sizes.k()) {
        throw invalidArgument(nameOf(call) + ": " + std::to_string(k) + " reflectors do not lie in " +
                              a.toString());
    }
    forEachMatrix(call, sizes, [&]<class T>(T, int64_t i) {
        const Matrix<T> vectors = matrix<T>(call.operands[0], i, sizes.m, sizes.n).leftCols(k);
        const Vector<T> factors = vector<T>(call.operands[1], i, k);
        Matrix<T> q = Matrix<T>::Identity(sizes.m, sizes.n);
        q.applyOnTheLeft(Eigen::householderSequence(vectors, factors));
        matrix<T>(call.results[0], i, sizes.m, sizes.n) = q;
    });
}

/// In place; `permutation` starts as 0, 1, ...
template <class T>
void decomposeLu(Eigen::Map<Matrix<T>> a, int32_t* pivots, int32_t* permutation) {
    for (int64_t j = 0; j < std::min(a.rows(), a.cols()); ++j) {
        int64_t pivot = 0;
        a.col(j).tail(a.rows() - j).cwiseAbs().maxCoeff(&pivot);
        pivot += j;
        pivots[j] = static_cast<int32_t>(pivot);
        if (pivot != j) {
            a.row(j).swap(a.row(pivot));
            std::swap(permutation[j], permutation[pivot]);
        }
        const int64_t below = a.rows() - j - 1;
        if (a(j, j) != T(0)) a.col(j).tail(below) /= a(j, j);
        const int64_t right = a.cols() - j - 1;
        a.bottomRightCorner(below, right).noalias() -= a.col(j).tail(below) * a.row(j).tail(right);
    }
}

void lu(const CustomCallArguments& call) {
    const Sizes sizes = sizesOf(call);
    const TensorType& a = *call.operands[0].type;
    expect(call, "operand", call.operands, {a});
    expect(call, "result", call.results,
           {a, like(a, ElementType::kI32, {sizes.k()}), like(a, ElementType::kI32, {sizes.m})});
    forEachMatrix(call, sizes, [&]<class T>(T, int64_t i) {
        auto out = matrix<T>(call.results[0], i, sizes.m, sizes.n);
        out = matrix<T>(call.operands[0], i, sizes.m, sizes.n);
        auto permutation = vector<int32_t>(call.results[2], i, sizes.m);
        std::iota(permutation.begin(), permutation.end(), 0);
        decomposeLu<T>(out, vector<int32_t>(call.results[1], i, sizes.k()).data(), permutation.data());
    });
}

void eigh(const CustomCallArguments& call) {
    const Sizes sizes = sizesOf(call);
    const int64_t n = sizes.n;
    const TensorType& a = *call.operands[0].type;
    expect(call, "operand", call.operands, {like(a, a.element(), {n, n})});
    const ElementType real = isComplex(a.element()) ? realType(a.element()) : a.element();
    expect(call, "result", call.results, {a, like(a, real, {n})});
    const bool lower = !call.backend_config.starts_with('0');
    if (n == 0) return;
    forEachMatrix(call, sizes, [&]<class T>(T, int64_t i) {
        using Real = decltype(realPart(T{}));
        const auto in = matrix<T>(call.operands[0], i, n, n);
        const Matrix<T> whole = lower ? Matrix<T>(in.template selfadjointView<Eigen::Lower>())
                                      : Matrix<T>(in.template selfadjointView<Eigen::Upper>());
        Eigen::SelfAdjointEigenSolver<Matrix<T>> solver(n);
        const bool is_finite = whole.allFinite();  // the solver would not end
        if (is_finite) solver.compute(whole);
        auto vectors = matrix<T>(call.results[0], i, n, n);
        auto values = vector<Real>(call.results[1], i, n);
        if (!is_finite || solver.info() != Eigen::Success) {
            vectors.setConstant(std::numeric_limits<Real>::quiet_NaN());
            values.setConstant(std::numeric_limits<Real>::quiet_NaN());
            return;
        }
        vectors = solver.eigenvectors();
        values = solver.eigenvalues();
    });
}

}  // namespace

void registerDecompositions(CustomCallRegistry& registry) {
    registry.add("Qr", qr);
    registry.add("ProductOfElementaryHouseholderReflectors", householderProduct);
    registry.add("LuDecomposition", lu);
    registry.add("Eigh", eigh);
}

}  // namespace optirs::plugin
