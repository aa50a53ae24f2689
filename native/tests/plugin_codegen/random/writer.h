/// @file
/// What a random StableHLO program is written with.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "pjrt_cpu/ir/literal.h"

namespace optirs::plugin::testing {

using Dims = std::vector<int64_t>;

/// A value of the program.
struct Entry {
    std::string name;
    TensorType type;
    ElementType element() const { return type.element(); }
    Dims dims() const { return {type.dims().begin(), type.dims().end()}; }
    int64_t rank() const { return type.rank(); }
    int64_t size() const { return type.elementCount(); }
};

std::string listOf(const Dims& values);
std::string arrayOf(const Dims& values);
Dims withoutAt(Dims dims, size_t at);

/// Writes operations and remembers the values they make. Reproducible: all randomness comes from the seed.
class Writer {
 public:
    explicit Writer(uint64_t seed);

    size_t below(size_t n) { return n == 0 ? 0 : random_() % n; }
    bool oneIn(size_t n) { return below(n) == 0; }
    int64_t between(int64_t low, int64_t high) {
        return low + static_cast<int64_t>(below(static_cast<size_t>(high - low + 1)));
    }
    template <typename T>
    const T& pick(const std::vector<T>& list) {
        return list[below(list.size())];
    }
    /// Some of 0, 1, ... n - 1, in order.
    Dims some(int64_t n);
    Dims shuffled(Dims list);

    ElementType element() { return pick(elements_); }
    ElementType integerElement();
    Dims shape();
    /// Tensors of so many elements.
    void allow(int64_t elements) { max_elements_ = elements; }
    int64_t maxElements() const { return max_elements_; }
    bool fits(const TensorType& type) const {
        return type.elementCount() <= max_elements_ && type.rank() <= 6;
    }

    const std::vector<Entry>& values() const { return values_; }
    /// Recent values are likelier: deep programs fuse more.
    Entry any();
    Entry anyWhere(const std::function<bool(const Entry&)>& wanted);
    Entry anyOf(const TensorType& type);
    void add(Entry entry) { values_.push_back(std::move(entry)); }
    size_t valueCount() const { return values_.size(); }
    void forgetAfter(size_t count) { values_.resize(count); }

    /// One operation in the generic form; its results join the values.
    std::vector<Entry> operation(std::string_view name, const std::vector<Entry>& operands,
                                 const std::vector<TensorType>& results, const std::string& attributes = "",
                                 const std::string& regions = "");
    Entry operation(std::string_view name, const std::vector<Entry>& operands, const TensorType& result,
                    const std::string& attributes = "", const std::string& regions = "") {
        return operation(name, operands, std::vector<TensorType>{result}, attributes, regions)[0];
    }
    /// A region in braces; what `fill` makes of its arguments is returned. Its values are forgotten.
    using Fill = std::function<std::vector<Entry>(const std::vector<Entry>&)>;
    std::string region(const std::vector<TensorType>& arguments, const Fill& fill);

    Entry literal(const Literal& literal);
    Entry number(ElementType element, double value);
    /// A constant, often a splat of a special number.
    Entry constant(const TensorType& type);
    /// Numbers that make edges likely.
    std::vector<std::byte> randomBytes(const TensorType& type);
    /// The value in another type, by whatever operations lead there.
    Entry coerced(Entry value, const TensorType& type);
    /// Floats made small whole numbers, so that sums are exact in any order; other types as they are.
    Entry summable(const Entry& value);

    /// Where a reduction may start: a small whole number.
    Entry startOf(const TensorType& scalar) { return summable(anyOf(scalar)); }
    /// What `write` writes knows only these values: those of a body that is applied to elements.
    void withOnly(const std::vector<Entry>& values, const std::function<void()>& write);
    /// Without NaN, whose bits and order are not defined.
    Entry withoutNan(const Entry& value);

    bool isInBody() const { return is_in_body_; }

    /// Only these sizes from here on.
    void useSizes(Dims sizes) { sizes_ = std::move(sizes); }
    /// What is done after each step that is not in a body applied to elements.
    void afterSteps(std::function<void()> note) { after_step_ = std::move(note); }
    void endStep() const {
        if (after_step_ && !is_in_body_) after_step_();
    }

    const std::string& text() const { return text_; }

 private:
    Entry ofParts(const Entry& value, const std::function<Entry(const Entry&)>& change);
    void randomElement(ElementType element, std::byte* out);

    std::mt19937_64 random_;
    std::vector<ElementType> elements_;
    std::vector<int64_t> sizes_;
    int64_t max_elements_;
    std::vector<Entry> values_;
    std::string text_;
    int next_name_ = 0;
    bool is_in_body_ = false;
    std::function<void()> after_step_;
};

/// Each writes an operation or a few on values known so far, or none when no value fits.
void writeElementwise(Writer& w);
void writeConversion(Writer& w);
void writeMovement(Writer& w);
void writeUpdate(Writer& w);
void writeGather(Writer& w);
void writeScatter(Writer& w);
void writeReduction(Writer& w);
void writeWindow(Writer& w);
void writeSort(Writer& w);
void writeProduct(Writer& w);
void writeConvolution(Writer& w);
/// One of any kind. `depth`: how many more regions may nest.
void writeStep(Writer& w, int depth);
/// What a body makes of numbers: anything, by operations on them and small tensors of them.
std::vector<Entry> anyFunction(Writer& w, const std::vector<Entry>& arguments,
                               const std::vector<TensorType>& results);

/// The dimensions in an order, with the sizes of the given meaning there.
struct Arranged {
    Dims places;  ///< of each meaning
    Dims dims;
};
Arranged arrange(Writer& w, const Dims& sizes);
/// Whether products of the type are written, and the type of their sums.
bool multiplies(ElementType element);
ElementType productType(Writer& w, ElementType element);

/// `scalar` combined with another, as a reduction does; `identity` gets the start. Exact in any order.
struct Combiner {
    Entry identity;
    std::function<Entry(Writer&, const Entry&, const Entry&)> combine;
};
Combiner randomCombiner(Writer& w, ElementType element);

/// Where the parts of a value are: it is cut into tiles[d] parts along dimension d, of which partition p has
/// the one at at[p].
struct Placement {
    Dims tiles;
    std::vector<Dims> at;
    std::string text;  ///< as an attribute
};

struct WrittenProgram {
    std::string text;
    /// The same where a size is known at run time only; that is what is compiled, if there is one.
    std::string bounded_text = {};
    std::vector<TensorType> arguments;
    std::vector<std::vector<std::byte>> values;  ///< of the arguments
    double tolerance = 0;                        ///< of a result, as a part of its greatest number
    double least_scale = 0;  ///< which counts as this at least: sums may have nothing left but errors
    /// Of several partitions: of each argument and result.
    std::vector<Placement> argument_places;
    std::vector<Placement> result_places;
};
Entry addArgument(Writer& w, WrittenProgram& program, const TensorType& type, std::vector<std::byte> values);
/// Writes the program around what `w` has written; one of so many arguments lends its memory to a result.
void finish(Writer& w, WrittenProgram& program, const std::vector<Entry>& results, size_t lent_of = 3);

/// A program of operations of every kind, on tensors of any type and shape.
WrittenProgram writeProgram(uint64_t seed);
/// Attention and its gradient, or what is nearly that. Its sums are not exact.
WrittenProgram writeAttention(uint64_t seed);
/// One convolution of many channels, or the gradient of its kernel. Its sums are not exact.
WrittenProgram writeImages(uint64_t seed);
/// A program for several partitions, which say where they are as they like.
WrittenProgram writePartitions(uint64_t seed);
/// Arrays with a size below a bound.
WrittenProgram writeBounded(uint64_t seed);
/// Loops and branches that carry tables and update them.
WrittenProgram writeLoops(uint64_t seed);
/// Layers of networks, or what is nearly that. Its sums are not exact.
WrittenProgram writeLayers(uint64_t seed);
/// An optimizer's step of several parameters, or what is nearly that.
WrittenProgram writeOptimizer(uint64_t seed);
/// What norms, losses and their gradients are made of.
WrittenProgram writeRows(uint64_t seed);

}  // namespace optirs::plugin::testing
