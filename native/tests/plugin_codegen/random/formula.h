/// @file
/// What formulas of numbers that are not exact are written with.
#pragma once

#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {

class Formula {
 protected:
    explicit Formula(uint64_t seed) : w_(seed) {}

    /// Multiples of 1/16 between -1 and 1.
    Entry argument(const TensorType& type) {
        std::vector<std::byte> values(static_cast<size_t>(type.byteCount()));
        const auto width = static_cast<size_t>(byteWidth(type.element()));
        for (size_t i = 0; i < values.size(); i += width)
            storeReal(static_cast<double>(w_.between(-16, 16)) / 16, type.element(), &values[i]);
        return addArgument(w_, program_, type, values);
    }

    double oneOf(const std::vector<double>& numbers) { return w_.pick(numbers); }
    Entry splat(const TensorType& type, double value) { return w_.literal(Literal::splat(type, value)); }
    Entry unary(const char* name, const Entry& x) { return w_.operation(name, {x}, x.type); }
    /// In either order where that makes no difference.
    Entry binary(std::string_view name, const Entry& x, const Entry& y) {
        const bool swaps = (name == "add" || name == "multiply") && w_.oneIn(3);
        return w_.operation(name, {swaps ? y : x, swaps ? x : y}, x.type);
    }
    Entry with(std::string_view name, const Entry& x, double number) {
        return binary(name, x, splat(x.type, number));
    }
    Entry broadcast(const Entry& x, const TensorType& type, const Dims& mapping) {
        return w_.operation("broadcast_in_dim", {x}, type, "broadcast_dimensions = " + arrayOf(mapping));
    }
    /// Over one dimension.
    Entry reduced(const char* name, const Entry& x, double start, int64_t dim) {
        const TensorType scalar = x.type.withDims({});
        const std::string body = w_.region({scalar, scalar}, [&](const std::vector<Entry>& a) {
            return std::vector<Entry>{w_.operation(name, {a[0], a[1]}, scalar)};
        });
        return w_.operation("reduce", {x, w_.number(x.element(), start)},
                            x.type.withDims(withoutAt(x.dims(), static_cast<size_t>(dim))),
                            "dimensions = array<i64: " + std::to_string(dim) + ">", body);
    }
    /// Back along the dimension over which it was reduced.
    Entry spread(const Entry& x, const TensorType& type, int64_t dim) {
        Dims mapping;
        for (int64_t d = 0; d < type.rank(); ++d) {
            if (d != dim) mapping.push_back(d);
        }
        return broadcast(x, type, mapping);
    }

    Writer w_;
    WrittenProgram program_;
    std::vector<Entry> results_;
};

}  // namespace optirs::plugin::testing
