#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pjrt_cpu/ir/attribute.h"
#include "pjrt_cpu/ir/type.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// An operand or result of a custom call: dense, row-major, alive during the call.
struct CustomCallBuffer {
    const TensorType* type;
    std::byte* data;
};

struct CustomCallArguments {
    std::span<const CustomCallBuffer> operands;
    std::span<const CustomCallBuffer> results;
    std::string_view backend_config;
    const Frame& frame;
    std::string_view target;
    /// `line 3, column 5` of the program.
    std::string_view location;
    const NamedAttributes& attributes;
};

/// Reports failure by throwing Error. Called on a device thread or on the thread that executes; may use
/// frame.pool.
using CustomCallFunction = std::function<void(const CustomCallArguments&)>;

/// The targets that a program may name. Thread-safe; entries are never removed.
class CustomCallRegistry {
 public:
    /// Holds the plugin's own targets from the start.
    static CustomCallRegistry& instance();
    /// Throws ALREADY_EXISTS when the name is taken.
    void add(std::string name, CustomCallFunction function);
    /// Null when there is no such target.
    std::shared_ptr<const CustomCallFunction> find(std::string_view name) const;
    std::vector<std::string> names() const;

 private:
    struct State;
    CustomCallRegistry();
    ~CustomCallRegistry();
    std::unique_ptr<State> state_;
};

struct CustomCallSpec {
    std::string target;
    std::string backend_config;
    std::string location;
    NamedAttributes attributes;
    std::vector<TensorType> operand_types;
    std::vector<int32_t> operand_allocations;
    std::vector<TensorType> result_types;
    std::vector<int32_t> result_allocations;
};

/// Throws UNIMPLEMENTED, with the names that are registered, for a target that is not.
std::unique_ptr<Step> makeCustomCallStep(const CustomCallSpec& spec);

}  // namespace optirs::plugin
