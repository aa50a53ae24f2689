#include "pjrt_cpu/stablehlo/verify_sharding.h"

#include <algorithm>

#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

std::vector<Type> typesOf(const std::vector<Value*>& values) {
    std::vector<Type> out;
    out.reserve(values.size());
    for (const Value* value : values) out.push_back(value->type());
    return out;
}

/// Runs `body`; its errors are about `op`.
template <class Body>
void about(const Operation& op, const Body& body) {
    try {
        body();
    } catch (const Error& error) {
        throw invalidOperation(op, error.message());
    }
}

/// The part of a dimension that the manual axes of its sharding leave.
int64_t localSize(int64_t size, const DimensionSharding& dimension, const Mesh& mesh,
                  const std::vector<std::string>& manual) {
    if (size == kDynamic) return size;
    for (const AxisRef& axis : dimension.axes) {
        if (std::ranges::find(manual, axis.name) == manual.end()) continue;
        const int64_t parts = axis.size(mesh);
        size = (size + parts - 1) / parts;
    }
    return size;
}

}  // namespace

const std::vector<Mesh>& ShardingVerifier::meshes() {
    if (!meshes_) meshes_ = plugin::meshes(module_);
    return *meshes_;
}

void ShardingVerifier::checkValue(const Sharding& sharding, const Type& type) {
    checkSharding(sharding, meshOf(sharding, meshes()));
    const TensorType* tensor = type.tensorOrNull();
    const auto rank = static_cast<int64_t>(sharding.dimensions.size());
    // A maximal mesh puts a whole value on one device, whatever its rank.
    if (tensor == nullptr || (rank == 0 && meshOf(sharding, meshes()).isMaximal())) return;
    if (rank != tensor->rank()) {
        throw invalidArgument(sharding.toString() + " is of " + std::to_string(rank) +
                              " dimensions, the value is " + tensor->toString());
    }
}

void ShardingVerifier::checkValues(const std::vector<Sharding>& shardings, const std::vector<Type>& types) {
    if (shardings.size() != types.size()) {
        throw invalidArgument(std::to_string(shardings.size()) + " shardings for " +
                              std::to_string(types.size()) + " values");
    }
    for (size_t i = 0; i < types.size(); ++i) checkValue(shardings[i], types[i]);
}

void ShardingVerifier::check(const Function& function) {
    try {
        const auto side = [&](const std::vector<Type>& types, const auto& sharding_of) {
            for (size_t i = 0; i < types.size(); ++i) {
                if (const auto sharding = sharding_of(function, i)) checkValue(*sharding, types[i]);
            }
        };
        side(function.type().inputs, argumentSharding);
        side(function.type().results, resultSharding);
    } catch (const Error& error) {
        throw invalidArgument("function " + symbolToString(function.name()) + " at " +
                              function.location().toString() + ": " + error.message());
    }
}

void ShardingVerifier::check(const Operation& op) {
    using enum OpKind;
    if (op.kind() == kSdyManualComputation) {
        about(op, [&] { checkManualComputation(op); });
        return;
    }
    const std::vector<Sharding> shardings = [&] {
        std::vector<Sharding> out;
        about(op, [&] { out = operationShardings(op); });
        return out;
    }();
    // A call or custom call may say one sharding for a token or no result at all.
    if (shardings.empty() || op.resultCount() == 0) return;
    about(op, [&] { checkValues(shardings, op.resultTypes()); });
}

void ShardingVerifier::checkManualComputation(const Operation& op) {
    const std::vector<Sharding> in = inShardings(op);
    const std::vector<Sharding> out = outShardings(op);
    const std::vector<std::string> manual = manualAxes(op);
    checkValues(in, typesOf(op.operands()));
    checkValues(out, op.resultTypes());
    const Block& block = body(op);
    const Operation* end = block.terminator();
    if (block.argumentCount() != in.size() || end == nullptr || end->operandCount() != out.size()) {
        throw invalidArgument("the body takes a value for each operand and returns one for each result");
    }
    const auto check_local = [&](const Sharding& sharding, const Type& global, const Type& local,
                                 const char* what) {
        const TensorType* from = global.tensorOrNull();
        const TensorType* to = local.tensorOrNull();
        if (from == nullptr || to == nullptr) return;
        const Mesh& mesh = meshOf(sharding, meshes());
        std::vector<int64_t> dims;
        for (int64_t i = 0; i < from->rank(); ++i) {
            const bool divided = !sharding.dimensions.empty();
            dims.push_back(
                divided ? localSize(from->dim(i), sharding.dimensions[static_cast<size_t>(i)], mesh, manual)
                        : from->dim(i));
        }
        const TensorType wanted = from->withDims(std::move(dims));
        if (!std::ranges::equal(wanted.dims(), to->dims())) {
            throw invalidArgument(std::string(what) + " of the body should be " + wanted.toString() +
                                  ", the part of " + from->toString() + " by " + sharding.toString() +
                                  ", got " + to->toString());
        }
    };
    for (size_t i = 0; i < in.size(); ++i) {
        check_local(in[i], op.operand(i)->type(), block.argument(i)->type(), "an argument");
    }
    for (size_t i = 0; i < out.size(); ++i) {
        check_local(out[i], op.result(i)->type(), end->operand(i)->type(), "a result");
    }
}

}  // namespace optirs::plugin
