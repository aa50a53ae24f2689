/// @file
/// Symbolic indices: sums of integer multiples of atoms, simplified by what is known of the atoms' ranges. A
/// kernel's index arithmetic is done on these, so that reshapes, transposes, slices and broadcasts in a
/// fusion leave plain affine addresses, which the loop vectoriser understands.
#pragma once

#include <llvm/ADT/SmallVector.h>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace optirs::plugin {

using AtomId = int32_t;

/// constant + sum of coefficient * atom; terms sorted by atom, no zero coefficients.
struct IndexExpr {
    int64_t constant = 0;
    llvm::SmallVector<std::pair<AtomId, int64_t>, 2> terms;

    IndexExpr() = default;
    IndexExpr(int64_t value) : constant(value) {}  // NOLINT(google-explicit-constructor)
    bool isConstant() const { return terms.empty(); }
    bool operator==(const IndexExpr&) const = default;
    bool operator<(const IndexExpr& other) const {
        return constant != other.constant ? constant < other.constant : terms < other.terms;
    }
};

/// One expression per dimension of a tensor.
using Index = llvm::SmallVector<IndexExpr, 4>;

/// Inclusive bounds.
struct IndexRange {
    int64_t low = 0;
    int64_t high = 0;
};

/// Owns the atoms. Equal quotients and remainders are one atom, so expressions compare by value.
class IndexContext {
 public:
    enum class AtomKind : uint8_t {
        kVariable,   ///< a loop's counter
        kQuotient,   ///< floor(inner / divisor)
        kRemainder,  ///< inner - divisor * floor(inner / divisor)
        kComputed    ///< a number that the program computes
    };
    struct Atom {
        AtomKind kind = AtomKind::kVariable;
        IndexRange range;
        IndexExpr inner;
        int64_t divisor = 1;
    };

    /// A loop counter in [0, size).
    IndexExpr variable(int64_t size);
    /// A number computed at run time, in [low, high].
    IndexExpr dynamic(IndexRange range);

    const Atom& atom(AtomId id) const { return atoms_[static_cast<size_t>(id)]; }
    size_t size() const { return atoms_.size(); }

    IndexExpr add(const IndexExpr& a, const IndexExpr& b);
    IndexExpr scale(const IndexExpr& a, int64_t factor);
    /// @pre divisor > 0
    IndexExpr quotient(const IndexExpr& a, int64_t divisor);
    IndexExpr remainder(const IndexExpr& a, int64_t divisor);
    IndexRange range(const IndexExpr& a) const;

    /// Row-major position in a tensor of shape `dims`.
    IndexExpr linear(const Index& index, const std::vector<int64_t>& dims);
    /// The inverse of linear().
    Index delinear(const IndexExpr& position, const std::vector<int64_t>& dims);

 private:
    IndexExpr intern(AtomKind kind, const IndexExpr& inner, int64_t divisor, IndexRange range);
    /// q * d * k + r * k = inner * k for the quotient q and remainder r of one division.
    void recombine(IndexExpr& a);

    std::vector<Atom> atoms_;
    std::map<std::pair<IndexExpr, int64_t>, AtomId> quotients_;
    std::map<std::pair<IndexExpr, int64_t>, AtomId> remainders_;
};

}  // namespace optirs::plugin
