/// @file
/// Functions and the module.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

/// `func.func`. A declaration has an empty body.
class Function {
 public:
    Function(std::string name, FunctionType type) : name_(std::move(name)), type_(std::move(type)) {}

    const std::string& name() const { return name_; }
    const FunctionType& type() const { return type_; }
    void setType(FunctionType type) { type_ = std::move(type); }

    bool isPublic() const { return visibility_ != "private" && visibility_ != "nested"; }
    const std::string& visibility() const { return visibility_; }  ///< empty: not written (public)
    void setVisibility(std::string visibility) { visibility_ = std::move(visibility); }

    const Location& location() const { return location_; }
    void setLocation(Location location) { location_ = std::move(location); }

    bool isDeclaration() const { return body_.empty(); }
    Region& region() { return body_; }
    const Region& region() const { return body_; }
    /// The entry block; its arguments are the function's. @pre !isDeclaration()
    Block& body() const { return body_.front(); }
    /// The values it returns. @pre verified
    std::vector<Value*> returned() const { return body().last()->operands(); }

    /// Attributes of the function itself, of argument i, of result i (`mhlo.sharding`, ...).
    NamedAttributes& attributes() { return attributes_; }
    const NamedAttributes& attributes() const { return attributes_; }
    std::vector<NamedAttributes>& argumentAttributes() { return argument_attributes_; }
    const std::vector<NamedAttributes>& argumentAttributes() const { return argument_attributes_; }
    std::vector<NamedAttributes>& resultAttributes() { return result_attributes_; }
    const std::vector<NamedAttributes>& resultAttributes() const { return result_attributes_; }

 private:
    std::string name_;
    std::string visibility_;
    FunctionType type_;
    Location location_;
    NamedAttributes attributes_;
    std::vector<NamedAttributes> argument_attributes_;  // one per input
    std::vector<NamedAttributes> result_attributes_;    // one per result
    Region body_;
};

/// `module`: functions by name, in program order.
class Module {
 public:
    const std::string& name() const { return name_; }
    void setName(std::string name) { name_ = std::move(name); }
    NamedAttributes& attributes() { return attributes_; }
    const NamedAttributes& attributes() const { return attributes_; }

    std::span<const std::unique_ptr<Function>> functions() const { return functions_; }
    /// @throws Error INVALID_ARGUMENT when the name is taken.
    Function& addFunction(std::unique_ptr<Function> function);
    void eraseFunction(const Function& function);
    /// Null when there is none.
    Function* function(std::string_view name) const;
    /// What a client runs: @main, or the only public function.
    /// @throws Error INVALID_ARGUMENT when there is no such function.
    Function& entry() const;

    /// Operations beside functions (`sdy.mesh`); one block, without terminator.
    Region& others() { return others_; }
    const Region& others() const { return others_; }

 private:
    std::string name_;
    NamedAttributes attributes_;
    std::vector<std::unique_ptr<Function>> functions_;
    std::unordered_map<std::string_view, Function*> by_name_;
    Region others_;
};

}  // namespace optirs::plugin
