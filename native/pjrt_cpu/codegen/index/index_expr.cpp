#include "pjrt_cpu/codegen/index/index_expr.h"

#include <algorithm>
#include <numeric>

namespace optirs::plugin {
namespace {

int64_t floorDivide(int64_t a, int64_t b) {
    const int64_t q = a / b;
    return q - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

/// Divides constant and coefficients exactly.
IndexExpr divideExactly(const IndexExpr& a, int64_t divisor) {
    IndexExpr result(a.constant / divisor);
    for (const auto& [atom, coefficient] : a.terms) result.terms.emplace_back(atom, coefficient / divisor);
    return result;
}

}  // namespace

IndexExpr IndexContext::variable(int64_t size) {
    if (size == 1) return 0;
    atoms_.push_back({AtomKind::kVariable, {0, size - 1}, {}, 1});
    IndexExpr result;
    result.terms.emplace_back(static_cast<AtomId>(atoms_.size() - 1), 1);
    return result;
}

IndexExpr IndexContext::dynamic(IndexRange range) {
    if (range.low == range.high) return range.low;
    atoms_.push_back({AtomKind::kComputed, range, {}, 1});
    IndexExpr result;
    result.terms.emplace_back(static_cast<AtomId>(atoms_.size() - 1), 1);
    return result;
}

IndexExpr IndexContext::intern(AtomKind kind, const IndexExpr& inner, int64_t divisor, IndexRange range) {
    auto& table = kind == AtomKind::kQuotient ? quotients_ : remainders_;
    const auto [entry, added] = table.try_emplace({inner, divisor}, static_cast<AtomId>(atoms_.size()));
    if (added) atoms_.push_back({kind, range, inner, divisor});
    IndexExpr result;
    result.terms.emplace_back(entry->second, 1);
    return result;
}

IndexExpr IndexContext::add(const IndexExpr& a, const IndexExpr& b) {
    IndexExpr result(a.constant + b.constant);
    result.terms.reserve(a.terms.size() + b.terms.size());
    auto i = a.terms.begin();
    auto j = b.terms.begin();
    while (i != a.terms.end() || j != b.terms.end()) {
        if (j == b.terms.end() || (i != a.terms.end() && i->first < j->first)) {
            result.terms.push_back(*i++);
        } else if (i == a.terms.end() || j->first < i->first) {
            result.terms.push_back(*j++);
        } else {
            if (i->second + j->second != 0) result.terms.emplace_back(i->first, i->second + j->second);
            ++i;
            ++j;
        }
    }
    recombine(result);
    return result;
}

void IndexContext::recombine(IndexExpr& a) {
    for (const auto& [id, coefficient] : a.terms) {
        const Atom& remainder_atom = atom(id);
        if (remainder_atom.kind != AtomKind::kRemainder) continue;
        const auto found = quotients_.find({remainder_atom.inner, remainder_atom.divisor});
        if (found == quotients_.end()) continue;
        const AtomId quotient_id = found->second;
        for (const auto& [other, other_coefficient] : a.terms) {
            if (other != quotient_id || other_coefficient != coefficient * remainder_atom.divisor) continue;
            const IndexExpr inner = remainder_atom.inner;
            const int64_t factor = coefficient;
            const AtomId remainder_id = id;
            const auto is_either = [&](const auto& term) {
                return term.first == remainder_id || term.first == quotient_id;
            };
            a.terms.erase(std::ranges::remove_if(a.terms, is_either).begin(), a.terms.end());
            a = add(a, scale(inner, factor));
            return;
        }
    }
}

IndexExpr IndexContext::scale(const IndexExpr& a, int64_t factor) {
    if (factor == 0) return 0;
    IndexExpr result = a;
    result.constant *= factor;
    for (auto& term : result.terms) term.second *= factor;
    return result;
}

IndexRange IndexContext::range(const IndexExpr& a) const {
    IndexRange result{a.constant, a.constant};
    for (const auto& [id, coefficient] : a.terms) {
        const IndexRange& r = atom(id).range;
        result.low += coefficient * (coefficient > 0 ? r.low : r.high);
        result.high += coefficient * (coefficient > 0 ? r.high : r.low);
    }
    return result;
}

IndexExpr IndexContext::quotient(const IndexExpr& a, int64_t divisor) {
    if (divisor == 1) return a;
    // Terms that the divisor divides leave the division: floor((d x + r) / d) = x + floor(r / d).
    IndexExpr whole(floorDivide(a.constant, divisor));
    IndexExpr rest(a.constant - whole.constant * divisor);
    for (const auto& term : a.terms) {
        const int64_t q = floorDivide(term.second, divisor);
        if (term.second == q * divisor) {
            whole.terms.emplace_back(term.first, q);
        } else {
            rest.terms.push_back(term);
        }
    }
    const IndexRange bounds = range(rest);
    const int64_t low = floorDivide(bounds.low, divisor);
    const int64_t high = floorDivide(bounds.high, divisor);
    if (low == high) return add(whole, low);
    int64_t common = divisor;
    for (const auto& term : rest.terms) common = std::gcd(common, term.second);
    IndexExpr reduced = rest;
    int64_t reduced_divisor = divisor;
    if (common > 1) {
        // floor((g y + c) / (g e)) = floor((y + floor(c / g)) / e)
        reduced.constant = floorDivide(rest.constant, common) * common;
        reduced = divideExactly(reduced, common);
        reduced_divisor /= common;
        if (reduced_divisor == 1) return add(whole, reduced);
    }
    if (reduced.terms.size() == 1 && reduced.constant == 0 && reduced.terms[0].second == 1) {
        const Atom& only = atom(reduced.terms[0].first);
        if (only.kind == AtomKind::kQuotient) {
            const IndexExpr inner = only.inner;
            return add(whole, quotient(inner, only.divisor * reduced_divisor));
        }
    }
    return add(whole, intern(AtomKind::kQuotient, reduced, reduced_divisor, {low, high}));
}

IndexExpr IndexContext::remainder(const IndexExpr& a, int64_t divisor) {
    if (divisor == 1) return 0;
    IndexExpr rest(a.constant - floorDivide(a.constant, divisor) * divisor);
    for (const auto& term : a.terms) {
        if (term.second % divisor != 0) rest.terms.push_back(term);
    }
    const IndexRange bounds = range(rest);
    const int64_t low = floorDivide(bounds.low, divisor);
    if (low == floorDivide(bounds.high, divisor)) return add(rest, -low * divisor);
    int64_t common = divisor;
    for (const auto& term : rest.terms) common = std::gcd(common, term.second);
    if (common > 1) {
        // (g y + c) mod (g e) = g ((y + c / g) mod e) + c mod g
        const int64_t left = rest.constant - floorDivide(rest.constant, common) * common;
        IndexExpr reduced = rest;
        reduced.constant -= left;
        return add(scale(remainder(divideExactly(reduced, common), divisor / common), common), left);
    }
    if (rest.terms.size() == 1 && rest.constant == 0 && rest.terms[0].second == 1) {
        const Atom& only = atom(rest.terms[0].first);
        if (only.kind == AtomKind::kRemainder && only.divisor % divisor == 0) {
            const IndexExpr inner = only.inner;
            return remainder(inner, divisor);
        }
    }
    // The quotient's atom must exist for recombine() to find it.
    quotient(rest, divisor);
    return intern(AtomKind::kRemainder, rest, divisor, {0, divisor - 1});
}

IndexExpr IndexContext::linear(const Index& index, const std::vector<int64_t>& dims) {
    IndexExpr result;
    int64_t stride = 1;
    for (size_t d = dims.size(); d-- > 0;) {
        result = add(result, scale(index[d], stride));
        stride *= dims[d];
    }
    return result;
}

Index IndexContext::delinear(const IndexExpr& position, const std::vector<int64_t>& dims) {
    Index result(dims.size());
    // A tensor without elements has no positions to tell apart.
    if (std::ranges::find(dims, 0) != dims.end()) return result;
    int64_t stride = 1;
    for (size_t d = dims.size(); d-- > 0;) {
        // The leading dimension needs no remainder: positions are inside the tensor.
        const IndexExpr q = quotient(position, stride);
        result[d] = d == 0 ? q : remainder(q, dims[d]);
        if (dims[d] == 1) result[d] = 0;
        stride *= dims[d];
    }
    return result;
}

}  // namespace optirs::plugin
