#include "tests/plugin_codegen/random_program.h"

#include <algorithm>

namespace optirs::plugin::testing {
namespace {

using Dims = std::vector<int64_t>;

std::string typeOf(const Dims& dims) {
    std::string text = "tensor<";
    for (const int64_t d : dims) text += std::to_string(d) + "x";
    return text + "i32>";
}

std::string listOf(const Dims& values) {
    std::string text = "[";
    for (size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(values[i]);
    return text + "]";
}

int64_t countOf(const Dims& dims) {
    int64_t count = 1;
    for (const int64_t d : dims) count *= d;
    return count;
}

class Generator {
 public:
    explicit Generator(uint32_t seed) : state_(seed * 2654435761u + 12345u) {}

    RandomProgram run() {
        for (int64_t i = 0; i < 3; ++i) {
            const Dims dims = shape();
            arguments_ += (i == 0 ? "" : ", ") + ("%a" + std::to_string(i)) + ": " + typeOf(dims);
            values_.push_back({"%a" + std::to_string(i), dims});
            result_.argument_sizes.push_back(countOf(dims));
        }
        body_ +=
            "  %zero = stablehlo.constant dense<0> : tensor<i32>\n  %low = stablehlo.constant "
            "dense<-2147483648> : tensor<i32>\n";
        const uint32_t length = 6 + next(14);
        for (uint32_t i = 0; i < length; ++i) step();
        std::string names;
        std::string types;
        for (size_t i = 3; i < values_.size(); ++i) {
            names += (i == 3 ? "" : ", ") + values_[i].name;
            types += (i == 3 ? "" : ", ") + typeOf(values_[i].dims);
        }
        const Entry& last = values_.back();
        result_.fused = text(last.name, typeOf(last.dims));
        result_.unfused = text(names, types);
        makeSteps();
        return result_;
    }

 private:
    struct Entry {
        std::string name;
        Dims dims;
    };

    uint32_t next(uint32_t bound) {
        state_ = state_ * 1664525u + 1013904223u;
        return (state_ >> 10) % bound;
    }

    Dims shape() {
        static constexpr int64_t kSizes[] = {1, 2, 3, 4, 6, 8, 12, 16, 40};
        Dims dims(1 + next(3));
        for (int64_t& d : dims) d = kSizes[next(9)];
        return dims;
    }

    std::string text(const std::string& names, const std::string& types) const {
        return "func.func @main(" + arguments_ + ") -> (" + types + ") {\n" + body_ + "  return " + names +
               " : " + types + "\n}\n";
    }

    void makeSteps() {
        std::string names;
        std::string types;
        std::string carried;
        std::string donors;
        std::string plain;
        for (size_t i = 0; i < 3; ++i) {
            // The latest value of the argument's shape, often the argument itself or another one.
            const Entry* found = &values_[i];
            for (const Entry& entry : values_) {
                if (entry.dims == values_[i].dims && next(4) != 0) found = &entry;
            }
            const std::string type = typeOf(values_[i].dims);
            const std::string number = std::to_string(i);
            const char* comma = i == 0 ? "" : ", ";
            names += comma + found->name;
            types += comma + type;
            carried += ", %a" + number + " = %b" + number;
            donors += comma + ("%a" + number) + ": " + type + " {tf.aliasing_output = " + number + " : i32}";
            plain += comma + ("%b" + number) + ": " + type;
        }
        result_.step = text(names, types);
        result_.donated = "func.func @main(" + donors + ") -> (" + types + ") {\n" + body_ + "  return " +
                          names + " : " + types + "\n}\n";
        result_.loop =
            "func.func @main(" + plain + ") -> (" + types + ") {\n" +
            "  %begin = stablehlo.constant dense<0> : tensor<i32>\n  %end = stablehlo.constant dense<3> : "
            "tensor<i32>\n" +
            "  %one = stablehlo.constant dense<1> : tensor<i32>\n  %w:4 = stablehlo.while(%i = %begin" +
            carried + ") : tensor<i32>, " + types + "\n   cond {\n" +
            "    %c = stablehlo.compare LT, %i, %end : (tensor<i32>, tensor<i32>) -> tensor<i1>\n" +
            "    stablehlo.return %c : tensor<i1>\n  } do {\n" + body_ +
            "    %k = stablehlo.add %i, %one : tensor<i32>\n" + "    stablehlo.return %k, " + names +
            " : tensor<i32>, " + types + "\n  }\n  return %w#1, %w#2, %w#3 : " + types + "\n}\n";
    }

    void emit(const std::string& expression, Dims dims) {
        std::string name = "%v" + std::to_string(values_.size());
        body_ += "  " + name + " = " + expression + "\n";
        values_.push_back({std::move(name), std::move(dims)});
    }

    /// Recent values are likelier: deep programs fuse more.
    Entry pick() {
        const auto count = static_cast<uint32_t>(values_.size());
        return values_[next(2) == 0 ? count - 1 - next(std::min(count, 3u)) : next(count)];
    }

    std::string signature(const Entry& in, const Dims& out) const {
        return " : (" + typeOf(in.dims) + ") -> " + typeOf(out);
    }

    void reduce(const Entry& x) {
        Dims reduced;
        Dims kept;
        for (size_t d = 0; d < x.dims.size(); ++d) {
            if (next(2) == 0)
                reduced.push_back(static_cast<int64_t>(d));
            else
                kept.push_back(x.dims[d]);
        }
        const bool largest = next(2) == 0;
        emit(std::string("stablehlo.reduce(") + x.name + " init: " + (largest ? "%low" : "%zero") +
                 ") applies stablehlo." + (largest ? "maximum" : "add") + " across dimensions = " +
                 listOf(reduced) + " : (" + typeOf(x.dims) + ", tensor<i32>) -> " + typeOf(kept),
             kept);
        if (next(3) == 0) return;
        // Back to the shape it came from, to meet its own operand: what normalisations do.
        const Entry r = values_.back();
        Dims mapping;
        for (size_t d = 0; d < x.dims.size(); ++d) {
            if (std::ranges::find(reduced, static_cast<int64_t>(d)) == reduced.end())
                mapping.push_back(static_cast<int64_t>(d));
        }
        emit("stablehlo.broadcast_in_dim " + r.name + ", dims = " + listOf(mapping) + signature(r, x.dims),
             x.dims);
        emit("stablehlo.subtract " + x.name + ", " + values_.back().name + " : " + typeOf(x.dims), x.dims);
    }

    void move(const Entry& x) {
        switch (next(6)) {
            case 0: {
                Dims order;
                for (size_t d = 0; d < x.dims.size(); ++d) order.push_back(static_cast<int64_t>(d));
                for (size_t d = order.size(); d > 1; --d)
                    std::swap(order[d - 1], order[next(static_cast<uint32_t>(d))]);
                Dims out;
                for (const int64_t d : order) out.push_back(x.dims[static_cast<size_t>(d)]);
                return emit("stablehlo.transpose " + x.name + ", dims = " + listOf(order) + signature(x, out),
                            out);
            }
            case 1: {
                int64_t count = countOf(x.dims);
                Dims out;
                for (const int64_t factor : {2, 3, 4}) {
                    if (count % factor == 0 && next(2) == 0) {
                        out.push_back(factor);
                        count /= factor;
                    }
                }
                out.insert(out.begin() + next(static_cast<uint32_t>(out.size() + 1)), count);
                return emit("stablehlo.reshape " + x.name + signature(x, out), out);
            }
            case 2: {
                Dims start;
                Dims limit;
                Dims stride;
                Dims out;
                for (const int64_t d : x.dims) {
                    start.push_back(next(static_cast<uint32_t>(d)));
                    limit.push_back(start.back() + 1 + next(static_cast<uint32_t>(d - start.back())));
                    stride.push_back(1 + next(2));
                    out.push_back((limit.back() - start.back() + stride.back() - 1) / stride.back());
                }
                std::string ranges;
                for (size_t d = 0; d < start.size(); ++d) {
                    ranges += (d == 0 ? "" : ", ") + std::to_string(start[d]) + ":" +
                              std::to_string(limit[d]) + ":" + std::to_string(stride[d]);
                }
                return emit("stablehlo.slice " + x.name + " [" + ranges + "]" + signature(x, out), out);
            }
            case 3:
                return emit("stablehlo.reverse " + x.name + ", dims = " +
                                listOf({next(static_cast<uint32_t>(x.dims.size()))}) + " : " + typeOf(x.dims),
                            x.dims);
            case 4: {
                Dims low;
                Dims high;
                Dims inner;
                Dims out;
                for (const int64_t d : x.dims) {
                    low.push_back(static_cast<int64_t>(next(3)) - (d > 2 ? 1 : 0));
                    high.push_back(next(2));
                    inner.push_back(next(2));
                    out.push_back(low.back() + high.back() + d + (d - 1) * inner.back());
                }
                return emit("stablehlo.pad " + x.name + ", %zero, low = " + listOf(low) +
                                ", high = " + listOf(high) + ", interior = " + listOf(inner) + " : (" +
                                typeOf(x.dims) + ", tensor<i32>) -> " + typeOf(out),
                            out);
            }
            default: {
                Dims out = x.dims;
                out[0] *= 2;
                return emit("stablehlo.concatenate " + x.name + ", " + x.name + ", dim = 0 : (" +
                                typeOf(x.dims) + ", " + typeOf(x.dims) + ") -> " + typeOf(out),
                            out);
            }
        }
    }

    void update(const Entry& x) {
        Dims sizes;
        std::string ranges;
        std::string starts;
        std::string types;
        for (const int64_t d : x.dims) {
            sizes.push_back(1 + next(static_cast<uint32_t>(d)));
            ranges += (ranges.empty() ? "0:" : ", 0:") + std::to_string(sizes.back());
            const std::string start = "%s" + std::to_string(starts_++);
            body_ += "  " + start + " = stablehlo.constant dense<" +
                     std::to_string(next(static_cast<uint32_t>(d))) + "> : tensor<i32>\n";
            starts += ", " + start;
            types += ", tensor<i32>";
        }
        emit("stablehlo.slice " + x.name + " [" + ranges + "]" + signature(x, sizes), sizes);
        const Entry part = values_.back();
        emit("stablehlo.dynamic_update_slice " + x.name + ", " + part.name + starts + " : (" +
                 typeOf(x.dims) + ", " + typeOf(part.dims) + types + ") -> " + typeOf(x.dims),
             x.dims);
    }

    void step() {
        const Entry x = pick();
        if (countOf(x.dims) > 20000) return reduce(x);
        if (x.dims.empty()) {
            const Dims out = shape();
            return emit("stablehlo.broadcast_in_dim " + x.name + ", dims = []" + signature(x, out), out);
        }
        switch (next(8)) {
            case 0:
                return reduce(x);
            case 1:
            case 2:
                return move(x);
            case 3:
                return update(x);
            case 4: {
                emit("stablehlo.iota dim = " + std::to_string(next(static_cast<uint32_t>(x.dims.size()))) +
                         " : " + typeOf(x.dims),
                     x.dims);
                const Entry i = values_.back();
                return emit("stablehlo.multiply " + x.name + ", " + i.name + " : " + typeOf(x.dims), x.dims);
            }
            default: {
                // A second operand of the same shape, when there is one.
                std::vector<Entry> same;
                for (const Entry& entry : values_) {
                    if (entry.dims == x.dims) same.push_back(entry);
                }
                static constexpr const char* kOps[] = {"add",      "multiply", "maximum",
                                                       "subtract", "xor",      "divide"};
                const Entry y = same[next(static_cast<uint32_t>(same.size()))];
                return emit(std::string("stablehlo.") + kOps[next(6)] + " " + x.name + ", " + y.name + " : " +
                                typeOf(x.dims),
                            x.dims);
            }
        }
    }

    uint32_t state_;
    std::vector<Entry> values_;
    std::string arguments_;
    std::string body_;
    int starts_ = 0;
    RandomProgram result_;
};

}  // namespace

RandomProgram makeRandomProgram(uint32_t seed) { return Generator(seed).run(); }

}  // namespace optirs::plugin::testing
