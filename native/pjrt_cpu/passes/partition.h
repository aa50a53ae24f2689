/// @file
/// What the parts of the partitioner share.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/ir/module.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/passes/tiling.h"

namespace optirs::plugin {

/// Makes one function compute on tiles. Every value of the old program is known whole, as a tile, or both.
class Partitioner {
 public:
    Partitioner(const Module& module, int32_t num_replicas, int32_t num_partitions);
    void run(Function& function);

 private:
    struct Placed {
        Value* whole = nullptr;
        Value* tile = nullptr;
        Tiling tiling;
    };

    // partition.cpp
    Value* whole(Value* value, Builder& builder);
    Value* tileOf(Value* value, const Tiling& tiling, Builder& builder);
    void setTile(Value* value, Value* tile, const Tiling& tiling);
    void setWhole(Value* value, Value* is) { placed_[value].whole = is; }
    /// Null when the value is whole on every partition.
    const Tiling* tilingOfValue(const Value* value) const;
    /// Nullopt when it is not to be cut, or does not divide.
    std::optional<Tiling> annotated(const NamedAttributes& attributes, const TensorType& type) const;
    std::optional<Tiling> shardyTiling(const Sharding& sharding, const TensorType& type) const;
    Tiling signatureTiling(const NamedAttributes& attributes, const TensorType& type,
                           const std::string& what) const;
    void takeArguments(Function& function);
    void giveResults(Function& function);
    void visitFrom(Operation* first, const Operation* end);
    void visit(Operation& op);
    void visitWhole(Operation& op);

    // partition_manual.cpp
    bool visitAnnotation(Operation& op);
    void forward(Operation& op);
    void setSame(const Value* value, Value* other);
    void visitSharding(Operation& op, const std::optional<Tiling>& tiling);
    void visitFullToShard(Operation& op);
    void visitShardToFull(Operation& op);
    Tiling manualTiling(const Operation& op, const Sharding& sharding, const TensorType& type,
                        const std::vector<std::string>& axes) const;
    std::vector<Value*> enterManual(Operation& op, std::span<Value* const> arguments);
    void leaveManual(Operation& op, std::span<Value* const> returned);
    void visitManualComputation(Operation& op);
    void visitGlobalToLocal(Operation& op);
    void visitNamedComputation(Operation& op);
    void spliceBody(Operation& op, Block& body);

    // partition_rules.cpp
    bool visitTiled(Operation& op);
    bool tileElementwise(Operation& op);
    bool tileTranspose(Operation& op);
    bool tileBroadcast(Operation& op);
    bool tileReduce(Operation& op);
    bool tileDot(Operation& op);
    bool placeTiled(Operation& op, const std::vector<Value*>& operands, const Tiling& result);

    const std::vector<Mesh> meshes_;
    const int32_t num_replicas_;
    const int32_t num_partitions_;
    std::map<const Value*, Placed> placed_;
    /// Replaced operations, in the order of the program.
    std::vector<Operation*> dead_;
    /// Inside a body that is written for one partition.
    bool is_manual_ = false;
    /// Inside a body that is applied to elements: partitions do not meet there, so all that it takes from
    /// outside is whole.
    bool is_of_elements_ = false;
};

}  // namespace optirs::plugin
