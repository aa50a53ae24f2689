#include "pjrt_cpu/ir/module.h"

#include <algorithm>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {

Function& Module::addFunction(std::unique_ptr<Function> function) {
    const auto [at, inserted] = by_name_.emplace(function->name(), function.get());
    if (!inserted) {
        throw invalidArgument("function " + symbolToString(function->name()) + " at " +
                              function->location().toString() + " was already defined at " +
                              at->second->location().toString());
    }
    functions_.push_back(std::move(function));
    return *functions_.back();
}

void Module::eraseFunction(const Function& function) {
    by_name_.erase(function.name());
    std::erase_if(functions_, [&](const auto& f) { return f.get() == &function; });
}

Function* Module::function(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

namespace {

Function& functionToRun(const Module& module) {
    if (Function* main = module.function("main")) return *main;
    Function* only = nullptr;
    for (const auto& f : module.functions()) {
        if (!f->isPublic()) continue;
        if (only != nullptr) {
            throw invalidArgument("the module has several public functions (" + symbolToString(only->name()) +
                                  ", " + symbolToString(f->name()) + ") and none is @main");
        }
        only = f.get();
    }
    if (only == nullptr) throw invalidArgument("the module has no public function to run");
    return *only;
}

}  // namespace

Function& Module::entry() const {
    Function& entry = functionToRun(*this);
    if (entry.isDeclaration()) {
        throw invalidArgument("the function to run, " + symbolToString(entry.name()) + " at " +
                              entry.location().toString() + ", has no body");
    }
    return entry;
}

}  // namespace optirs::plugin
