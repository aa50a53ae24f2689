/// @file
/// HLO instructions as StableHLO operations.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/ir/module.h"
#include "pjrt_cpu/stablehlo/hlo/computation.h"

namespace optirs::plugin::hlo {

/// Leaves of a value, in order.
using Leaves = std::vector<Value*>;

/// One instruction being converted.
struct Site {
    const Instruction& in;
    Builder& builder;
    std::vector<const Instruction*> operand_instructions;
    std::vector<Leaves> operands;
    Leaves results;

    /// Operand `i`, a tensor or token. Throws INVALID_ARGUMENT.
    Value* operand(size_t i) const;
    void requireOperands(size_t count) const;
    Leaves allOperands() const;
    std::vector<Type> resultTypes() const;
};

class Converter {
 public:
    /// `module` takes the functions that calls stay calls of.
    Converter(const Computations& computations, Module& module)
        : computations_(computations), module_(module) {}

    /// Writes what the computation does at the builder's place, and gives the leaves of its root.
    Leaves inlineComputation(const Computation& computation, const std::vector<Leaves>& arguments,
                             Builder& builder);
    const Computation& computation(int64_t id) const;

 private:
    using Handler = void (Converter::*)(Site&);
    static Handler handlerOf(std::string_view opcode);
    static OpKind plainKindOf(std::string_view opcode);

    void convert(Site& site);
    Operation& emit(Site& site, OpKind kind, NamedAttributes attributes = {}, size_t regions = 0);
    /// `inlineComputation` as a block that takes the computation's parameters and returns its result; without
    /// parameters of its own when `captured` gives them.
    void fillBlock(const Computation& inner, Block& block, const Location& location,
                   const std::vector<Leaves>* captured = nullptr);
    void fillRegion(const Site& site, Region& region, size_t called,
                    const std::vector<Leaves>* captured = nullptr);
    const Computation& called(const Site& site, size_t i) const;

    // convert_structure.cpp
    void identity(Site& site);
    void constant(Site& site);
    void tuple(Site& site);
    void getTupleElement(Site& site);
    void afterAll(Site& site);
    void barrier(Site& site);
    void call(Site& site);
    void callOfManualBody(Site& site, const Computation& body);
    void conditional(Site& site);
    void whileLoop(Site& site);
    void map(Site& site);
    void customCall(Site& site);
    void bitcast(Site& site);

    // convert_movement.cpp
    void iota(Site& site);
    void broadcast(Site& site);
    void transpose(Site& site);
    void reverse(Site& site);
    void concatenate(Site& site);
    void slice(Site& site);
    void dynamicSlice(Site& site);
    void pad(Site& site);
    void gather(Site& site);
    void scatter(Site& site);
    void sort(Site& site);
    void topK(Site& site);
    void dimensionSize(Site& site);

    // convert_numeric.cpp
    void compare(Site& site);
    void dot(Site& site);
    void convolution(Site& site);
    void reduce(Site& site);
    void reduceWindow(Site& site);
    void selectAndScatter(Site& site);
    void reducePrecision(Site& site);
    void fft(Site& site);
    void cholesky(Site& site);
    void triangularSolve(Site& site);
    void batchNorm(Site& site);
    void rng(Site& site);
    void rngBitGenerator(Site& site);

    // convert_exchange.cpp
    void collective(Site& site);
    void permute(Site& site);
    void send(Site& site);
    void receive(Site& site);
    void done(Site& site);
    void infeed(Site& site);
    void outfeed(Site& site);

    const Computations& computations_;
    Module& module_;
    int depth_ = 0;
    int64_t written_ = 0;  ///< operations and their operands
};

/// Sets `mhlo.frontend_attributes` to those of Shardy in a FrontendAttributes, if there are any.
void addFrontendAttributes(const ProtoMessage& owner, uint32_t field, NamedAttributes& attributes);

/// The text of an OpSharding, as `mhlo.sharding` has it. Throws UNIMPLEMENTED for mesh-based ones.
std::string shardingText(const ProtoMessage& sharding, int depth = 0);

}  // namespace optirs::plugin::hlo
