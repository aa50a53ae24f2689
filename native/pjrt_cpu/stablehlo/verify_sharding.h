/// @file
/// Checks what a program says about its division among devices.
#pragma once

#include <optional>
#include <vector>

#include "pjrt_cpu/ir/sharding.h"

namespace optirs::plugin {

/// Meshes exist, axes are theirs and used once, shardings are as many and of the rank of their values, and
/// the arguments of a manual computation are the parts its manual axes leave.
/// @throws Error INVALID_ARGUMENT naming operation or function
class ShardingVerifier {
 public:
    explicit ShardingVerifier(const Module& module) : module_(module) {}

    void checkMeshes() { meshes(); }
    void check(const Function& function);
    void check(const Operation& op);

 private:
    const std::vector<Mesh>& meshes();
    void checkValue(const Sharding& sharding, const Type& type);
    void checkValues(const std::vector<Sharding>& shardings, const std::vector<Type>& types);
    void checkManualComputation(const Operation& op);

    const Module& module_;
    std::optional<std::vector<Mesh>> meshes_;
};

}  // namespace optirs::plugin
