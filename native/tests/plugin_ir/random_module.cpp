#include "random_module.h"

#include <bit>
#include <cmath>

#include "pjrt_cpu/ir/builder.h"

namespace optirs::plugin::testing {
namespace {

using enum OpKind;

class Generator {
 public:
    explicit Generator(uint64_t seed) : random_(seed) {}

    std::unique_ptr<Module> make() {
        auto module = std::make_unique<Module>();
        module->others().addBlock();
        FunctionType type;
        type.inputs = {shaped(ElementType::kF32), shaped(ElementType::kI32)};
        auto function = std::make_unique<Function>("main", type);
        function->argumentAttributes().resize(2);
        Block& block = function->region().addBlock();
        reals_ = {block.addArgument(type.inputs[0])};
        integers_ = {block.addArgument(type.inputs[1])};
        Builder builder(block);
        booleans_ = {builder.compare("LT", reals_[0], builder.constant(shaped(ElementType::kF32), 0.5))};
        for (int i = 0; i < 40; ++i) step(builder);
        std::vector<Value*> results = {reals_.back(), integers_.back(), booleans_.back(), pick(reals_),
                                       pick(integers_)};
        builder.create(kReturn, results, {});
        for (const Value* each : results) type.results.push_back(each->type());
        function->resultAttributes().resize(results.size());
        function->setType(type);
        module->addFunction(std::move(function));
        return module;
    }

 private:
    static TensorType shaped(ElementType element) { return {element, {3, 4}}; }
    size_t below(size_t n) { return random_() % n; }
    Value* pick(const std::vector<Value*>& values) { return values[below(values.size())]; }

    Value* constant(Builder& builder, ElementType element) {
        static constexpr double kReals[] = {0.0, -0.0, 1.0, 2.0, -3.5, 0.25, INFINITY, NAN};
        static constexpr int64_t kIntegers[] = {0, 1, -1, 2, 7, INT32_MIN, INT32_MAX, 31};
        if (element == ElementType::kF32) return builder.constant(shaped(element), kReals[below(8)]);
        return builder.constant(Literal::splatInteger(shaped(element), kIntegers[below(8)]));
    }

    // Through shapes and back to the one shape.
    Value* move(Builder& builder, Value* value) {
        switch (below(6)) {
            case 0:
                return builder.transpose(builder.transpose(value, {1, 0}), {1, 0});
            case 1:
                return builder.reshape(builder.transpose(builder.reshape(value, {4, 3}), {1, 0}), {3, 4});
            case 2: {
                NamedAttributes attributes;
                attributes.set("dimensions", Attribute::integers({static_cast<int64_t>(below(2))}));
                return builder.create(kReverse, {value}, value->type(), std::move(attributes));
            }
            case 3: {
                NamedAttributes attributes;
                attributes.set("start_indices", Attribute::integers({0, 1}));
                attributes.set("limit_indices", Attribute::integers({3, 3}));
                attributes.set("strides", Attribute::integers({1, 1}));
                const TensorType half = value->tensor().withDims({3, 2});
                Value* slice = builder.create(kSlice, {value}, half, std::move(attributes));
                NamedAttributes join;
                join.set("dimension", Attribute::integer(1));
                return builder.create(kConcatenate, {slice, slice}, value->type(), std::move(join));
            }
            case 4: {
                Value* index = builder.constant(Literal::splatInteger(TensorType(ElementType::kI32, {}),
                                                                      static_cast<int64_t>(below(5)) - 1));
                NamedAttributes attributes;
                attributes.set("slice_sizes", Attribute::integers({1, 4}));
                Value* row = builder.create(kDynamicSlice, {value, index, index},
                                            value->tensor().withDims({1, 4}), std::move(attributes));
                return builder.broadcastInDim(builder.reshape(row, {4}), {3, 4}, {1});
            }
            default: {
                // The sum of a row would round by its order; its maximum does not.
                Value* init =
                    builder.constant(value->tensor().withDims({}),
                                     value->tensor().element() == ElementType::kF32 ? -INFINITY : 0);
                return builder.broadcastInDim(builder.reduce(kMaximum, value, init, {1}), {3, 4}, {0});
            }
        }
    }

    void step(Builder& builder) {
        static constexpr OpKind kRealOps[] = {kAdd, kSubtract, kMultiply, kDivide, kMaximum, kMinimum};
        static constexpr OpKind kIntegerOps[] = {kAdd,
                                                 kSubtract,
                                                 kMultiply,
                                                 kAnd,
                                                 kOr,
                                                 kXor,
                                                 kMaximum,
                                                 kMinimum,
                                                 kShiftLeft,
                                                 kShiftRightLogical,
                                                 kShiftRightArithmetic,
                                                 kDivide,
                                                 kRemainder};
        static constexpr OpKind kUnaryOps[] = {
            kAbs, kNegate, kSqrt, kFloor, kCeil, kSign, kRoundNearestAfz, kRoundNearestEven};
        static constexpr OpKind kIntegerUnaryOps[] = {kNot,  kNegate, kAbs,
                                                      kSign, kPopcnt, kCountLeadingZeros};
        const bool real = below(2) == 0;
        std::vector<Value*>& pool = real ? reals_ : integers_;
        const ElementType element = real ? ElementType::kF32 : ElementType::kI32;
        switch (below(8)) {
            case 0:
                pool.push_back(constant(builder, element));
                break;
            case 1:
            case 2:
                pool.push_back(builder.binary(real ? kRealOps[below(6)] : kIntegerOps[below(13)], pick(pool),
                                              below(3) == 0 ? constant(builder, element) : pick(pool)));
                break;
            case 3:
                pool.push_back(
                    builder.unary(real ? kUnaryOps[below(8)] : kIntegerUnaryOps[below(6)], pick(pool)));
                break;
            case 4:
                pool.push_back(builder.select(pick(booleans_), pick(pool), pick(pool)));
                break;
            case 5: {
                static constexpr const char* kDirections[] = {"EQ", "NE", "LT", "LE", "GT", "GE"};
                booleans_.push_back(builder.compare(kDirections[below(6)], pick(pool), pick(pool)));
                if (below(2) == 0) booleans_.push_back(builder.unary(kNot, booleans_.back()));
                if (below(2) == 0)
                    booleans_.push_back(
                        builder.binary(below(2) == 0 ? kAnd : kXor, pick(booleans_), pick(booleans_)));
                break;
            }
            case 6:
                pool.push_back(move(builder, pick(pool)));
                break;
            default:
                if (real) {
                    // There and back through a wider or narrower type.
                    const ElementType other = below(2) == 0 ? ElementType::kF64 : ElementType::kBF16;
                    reals_.push_back(
                        builder.convert(builder.convert(pick(reals_), other), ElementType::kF32));
                } else {
                    integers_.push_back(builder.convert(pick(booleans_), ElementType::kI32));
                }
        }
    }

    std::mt19937_64 random_;
    std::vector<Value*> reals_;
    std::vector<Value*> integers_;
    std::vector<Value*> booleans_;
};

}  // namespace

std::unique_ptr<Module> makeRandomModule(uint64_t seed) { return Generator(seed).make(); }

std::vector<Tensor> makeRandomArguments(uint64_t seed) {
    Tensor real{TensorType(ElementType::kF32, {3, 4}), {}, {}};
    Tensor integer{TensorType(ElementType::kI32, {3, 4}), {}, {}};
    std::mt19937_64 random(seed + 1000);
    for (int i = 0; i < 12; ++i) {
        const double specials[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1.5, -2.25};
        real.reals.push_back(random() % 3 == 0
                                 ? specials[random() % 7]
                                 : static_cast<float>(static_cast<double>(random() % 2000) / 100 - 10));
        integer.integers.push_back(static_cast<int32_t>(random()));
    }
    return {real, integer};
}

bool sameNumber(double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
    return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

}  // namespace optirs::plugin::testing
