// Loops and branches that carry tables, read and update them by rows, swap them and hand them on: what may be
// done in place, and what may not.
#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {
namespace {

using enum ElementType;

class Loops {
 public:
    explicit Loops(uint64_t seed) : w_(seed) {}

    WrittenProgram write() {
        w_.allow(20000);
        static const std::vector<ElementType> kTypes = {kI32, kF32, kI8, kI64, kBF16};
        const ElementType element = w_.pick(kTypes);
        const int64_t rows = w_.pick(Dims{3, 4, 8, 17});
        const int64_t columns = w_.oneIn(3) ? rows : w_.pick(Dims{1, 5, 16, 33, 256});
        table_ = {element, {rows, columns}};
        row_ = {element, {columns}};
        argument(table_);
        argument(table_);
        argument(row_);
        argument({kI32, {}});
        argument({kI32, {rows}});
        block(3 + w_.below(8), 3);
        std::vector<Entry> results = {any(table_)};
        for (size_t more = w_.below(5); more > 0; --more) results.push_back(w_.any());
        finish(w_, program_, results, 2);
        return program_;
    }

 private:
    void argument(const TensorType& type) {
        std::vector<std::byte> values(static_cast<size_t>(type.byteCount()));
        const auto width = static_cast<size_t>(byteWidth(type.element()));
        for (size_t i = 0; i < values.size(); i += width)
            storeReal(static_cast<double>(w_.between(-3, 9)), type.element(), &values[i]);
        addArgument(w_, program_, type, values);
    }

    Entry any(const TensorType& type) {
        return w_.anyWhere([&](const Entry& entry) { return entry.type == type; });
    }
    Entry table() { return any(table_); }
    Entry row() { return any(row_); }
    /// Where a row is: a number that is computed, or a constant.
    Entry place() {
        return w_.oneIn(4) ? w_.number(kI32, static_cast<double>(w_.between(-1, 4))) : any({kI32, {}});
    }
    Entry zero() { return w_.number(kI32, 0); }

    Entry binary(const Entry& x, const Entry& y) {
        static const std::vector<const char*> kNames = {"add", "subtract", "maximum", "minimum"};
        return w_.operation(w_.pick(kNames), {x, y}, x.type);
    }
    Entry lessThan(const Entry& x, const Entry& y) {
        return w_.operation("compare", {x, y}, TensorType(kI1, {}),
                            "comparison_direction = #stablehlo<comparison_direction LT>");
    }
    Entry spread(const Entry& row) {
        return w_.operation("broadcast_in_dim", {row}, table_, "broadcast_dimensions = array<i64: 1>");
    }

    Entry rowAt(const Entry& table, const Entry& at) {
        const TensorType one = table_.withDims({1, table_.dim(1)});
        const Entry part = w_.operation("dynamic_slice", {table, at, zero()}, one,
                                        "slice_sizes = " + arrayOf({1, table_.dim(1)}));
        return w_.operation("reshape", {part}, row_);
    }

    /// One row, or two of another table, or itself at another place.
    void update() {
        const Entry into = table();
        const int64_t count = w_.oneIn(3) ? w_.between(1, table_.dim(0)) : 1;
        const TensorType part = table_.withDims({count, table_.dim(1)});
        const Entry from =
            count == 1 && w_.oneIn(2)
                ? w_.operation("reshape", {w_.oneIn(2) ? binary(rowAt(into, place()), row()) : row()}, part)
                : w_.operation("dynamic_slice", {w_.oneIn(2) ? into : table(), place(), zero()}, part,
                               "slice_sizes = " + arrayOf({count, table_.dim(1)}));
        w_.operation("dynamic_update_slice", {into, from, place(), zero()}, table_);
    }

    /// Rows that are added, or replace what was there; numbers that name no row are left out. Sums are of
    /// whole numbers.
    void scatter() {
        const Entry rows = any({kI32, {table_.dim(0)}});
        const TensorType scalar = table_.withDims({});
        const bool adds = w_.oneIn(2);
        const std::string body = w_.region({scalar, scalar}, [&](const std::vector<Entry>& a) {
            return std::vector<Entry>{w_.operation(adds ? "add" : "maximum", {a[0], a[1]}, scalar)};
        });
        const Entry updates = w_.summable(table());
        const Entry into = adds ? w_.summable(table()) : table();
        w_.operation("scatter", {into, rows, updates}, table_,
                     "scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], "
                     "inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>",
                     body);
    }

    /// Elements from elsewhere in the table: none may be written before it is read.
    void moved() {
        const Entry x = table();
        switch (w_.below(4)) {
            case 0:
                w_.operation("reverse", {x}, table_,
                             w_.oneIn(2) ? "dimensions = array<i64: 0>" : "dimensions = array<i64: 1>");
                return;
            case 1:
                if (table_.dim(0) != table_.dim(1)) return;
                w_.operation("transpose", {x}, table_, "permutation = array<i64: 1, 0>");
                return;
            case 2: {
                const int64_t at = w_.between(1, table_.dim(0) - 1);
                const auto part = [&](int64_t from, int64_t to) {
                    return w_.operation("slice", {x}, table_.withDims({to - from, table_.dim(1)}),
                                        "start_indices = " + arrayOf({from, 0}) + ", limit_indices = " +
                                            arrayOf({to, table_.dim(1)}) + ", strides = array<i64: 1, 1>");
                };
                const Entry end = part(at, table_.dim(0));
                w_.operation("concatenate", {end, part(0, at)}, table_, "dimension = 0 : i64");
                return;
            }
            default:
                w_.operation(
                    "gather", {x, any({kI32, {table_.dim(0)}})}, table_,
                    "dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = "
                    "[0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = " +
                        arrayOf({1, table_.dim(1)}));
        }
    }

    void reduced() {
        const TensorType scalar = table_.withDims({});
        const std::string body = w_.region({scalar, scalar}, [&](const std::vector<Entry>& a) {
            return std::vector<Entry>{w_.operation("maximum", {a[0], a[1]}, scalar)};
        });
        w_.operation("reduce", {table(), w_.number(table_.element(), -50)}, row_,
                     "dimensions = array<i64: 0>", body);
    }

    /// Tables first, then rows and a number; some twice.
    std::vector<Entry> state() {
        std::vector<Entry> out = {table()};
        for (size_t more = w_.below(3); more > 0; --more) out.push_back(w_.oneIn(5) ? out.back() : table());
        if (w_.oneIn(2)) out.push_back(row());
        if (w_.oneIn(3)) out.push_back(any({kI32, {}}));
        return out;
    }
    static std::vector<TensorType> typesOf(const std::vector<Entry>& entries) {
        std::vector<TensorType> types;
        for (const Entry& entry : entries) types.push_back(entry.type);
        return types;
    }
    /// What goes on: what was there, perhaps in another's place, or what was made.
    std::vector<Entry> next(const std::vector<TensorType>& types, const std::vector<Entry>& carried) {
        std::vector<Entry> out;
        for (const TensorType& type : types) {
            std::vector<Entry> same;
            for (const Entry& entry : carried) {
                if (entry.type == type) same.push_back(entry);
            }
            out.push_back(!same.empty() && w_.oneIn(3) ? w_.pick(same) : any(type));
        }
        return out;
    }

    void loop(size_t depth) {
        const std::vector<Entry> start = state();
        const Entry last = w_.number(kI32, static_cast<double>(w_.between(0, 5)));
        const Entry one = w_.number(kI32, 1);
        std::vector<Entry> carried = start;
        carried.insert(carried.begin(), zero());
        const std::vector<TensorType> types = typesOf(carried);
        const std::string condition =
            w_.region(types, [&](const std::vector<Entry>& a) -> std::vector<Entry> {
                if (!w_.oneIn(6)) return {lessThan(a[0], last)};
                return {
                    w_.operation("and", {lessThan(a[0], last), lessThan(place(), one)}, TensorType(kI1, {}))};
            });
        const std::string body = w_.region(types, [&](const std::vector<Entry>& a) {
            for (const Entry& argument : a) w_.add(argument);
            block(1 + w_.below(5), depth - 1);
            std::vector<Entry> out = next(typesOf(start), {a.begin() + 1, a.end()});
            out.insert(out.begin(), w_.operation("add", {a[0], one}, one.type));
            return out;
        });
        w_.operation("while", carried, types, "", condition + ", " + body);
    }

    void branch(size_t depth) {
        const std::vector<Entry> known = state();
        const std::vector<TensorType> types = typesOf(known);
        const Entry predicate = lessThan(place(), place());
        const auto region = [&] {
            return w_.region({}, [&](const std::vector<Entry>&) {
                block(w_.below(4), depth - 1);
                return next(types, known);
            });
        };
        const std::string yes = region();
        w_.operation("if", {predicate}, types, "", yes + ", " + region());
    }

    void step(size_t depth) {
        switch (w_.below(depth > 0 ? 14 : 10)) {
            case 0:
            case 1:
            case 2:
                return update();
            case 3:
                return scatter();
            case 4:
                return moved();
            case 5:
                rowAt(table(), place());
                return;
            case 6:
                return reduced();
            case 7:
                binary(table(), w_.oneIn(2) ? spread(row()) : table());
                return;
            case 8:
                w_.operation("select", {lessThan(place(), place()), table(), table()}, table_);
                return;
            case 9:
                binary(place(), place());
                return;
            case 10:
                return branch(depth);
            default:
                return loop(depth);
        }
    }
    void block(size_t length, size_t depth) {
        for (; length > 0; --length) step(depth);
    }

    Writer w_;
    WrittenProgram program_;
    TensorType table_ = {kI32, {}};
    TensorType row_ = {kI32, {}};
};

}  // namespace

WrittenProgram writeLoops(uint64_t seed) { return Loops(seed).write(); }

}  // namespace optirs::plugin::testing
