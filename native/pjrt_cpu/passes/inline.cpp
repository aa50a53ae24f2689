// func.call -> the callee's body.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "pjrt_cpu/ir/builder.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/passes/manual_call.h"
#include "pjrt_cpu/passes/named_calls.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

class Inliner {
 public:
    Inliner(Module& module, const PassLimits& limits) : module_(module), limits_(limits) {}

    /// Makes `function` free of calls, its callees first.
    void flatten(Function& function) {
        State& state = states_[&function];
        if (state.done) return;
        if (state.active)
            throw invalidArgument("function " + symbolToString(function.name()) +
                                  " calls itself: " + trace(function));
        if (static_cast<int>(stack_.size()) >= limits_.max_call_depth) {
            throw resourceExhausted("calls are nested more than " + std::to_string(limits_.max_call_depth) +
                                    " deep at function " + symbolToString(function.name()));
        }
        state.active = true;
        stack_.push_back(&function);
        Size size;
        if (!function.isDeclaration()) size = flattenBlock(function.body(), 0);
        stack_.pop_back();
        State& done = states_[&function];  // the map may have grown
        done = {true, false, size};
    }

 private:
    struct Size {
        size_t operations = 0;
        int nesting = 0;
    };
    struct State {
        bool done = false;
        bool active = false;
        Size size;
    };

    std::string trace(const Function& end) const {
        const auto begin = std::find(stack_.begin(), stack_.end(), &end);
        std::string out;
        for (auto at = begin; at != stack_.end(); ++at) out += symbolToString((*at)->name()) + " -> ";
        return out + symbolToString(end.name());
    }

    void grow(Size& size, size_t operations, int nesting, const Operation& at) const {
        size.operations += operations;
        size.nesting = std::max(size.nesting, nesting);
        if (size.operations > limits_.max_operations) {
            throw resourceExhausted("with its calls written out the program has more than " +
                                    std::to_string(limits_.max_operations) + " operations, at " +
                                    at.location().toString());
        }
        if (size.nesting > limits_.max_region_nesting) {
            throw resourceExhausted("with its calls written out the program nests regions more than " +
                                    std::to_string(limits_.max_region_nesting) + " levels deep, at " +
                                    at.location().toString());
        }
    }

    Size flattenBlock(Block& block, int nesting) {
        Size size;
        for (Operation* op = block.first(); op != nullptr;) {
            Operation* next = op->next();
            for (size_t i = 0; i < op->regionCount(); ++i) {
                for (const auto& inner : op->region(i).blocks()) {
                    const Size part = flattenBlock(*inner, nesting + 1);
                    grow(size, part.operations, part.nesting, *op);
                }
            }
            grow(size, 1, nesting, *op);
            const bool composite = op->kind() == OpKind::kComposite;
            if (composite || op->kind() == OpKind::kCall) {
                Function& target = find(*op, composite ? symbolAttribute(*op, "decomposition") : callee(*op));
                flatten(target);
                const Size& inner = states_[&target].size;
                grow(size, inner.operations, nesting + inner.nesting, *op);
                replace(*op, target);
            } else if (takesComputation(*op)) {
                Function& body = computation(*op);
                flatten(body);
                const Size& inner = states_[&body].size;
                grow(size, inner.operations, nesting + 1 + inner.nesting, *op);
                attach(*op, body);
            }
            op = next;
        }
        return size;
    }

    static bool takesComputation(const Operation& op) {
        return op.kind() == OpKind::kCustomCall && op.regionCount() == 0 && callStandsForBody(callee(op)) &&
               (callee(op) != kTopKCall || op.attribute("called_computations") != nullptr);
    }

    Function& defined(const Operation& op, const std::string& name) const {
        Function* target = module_.function(name);
        if (target == nullptr) throw invalidOperation(op, "there is no function " + symbolToString(name));
        if (target->isDeclaration())
            throw invalidOperation(op, "function " + symbolToString(name) + " has no body");
        return *target;
    }

    /// The one computation of a custom call.
    Function& computation(const Operation& op) const {
        const Attribute* names = op.attribute("called_computations");
        const auto* list = names != nullptr ? names->get<Attribute::List>() : nullptr;
        const auto* name =
            list != nullptr && list->size() == 1 ? list->front().get<SymbolAttribute>() : nullptr;
        if (name == nullptr) throw invalidOperation(op, "called_computations should name one function");
        return defined(op, name->name);
    }

    Function& find(const Operation& op, const std::string& name) const {
        Function& target = defined(op, name);
        const FunctionType& type = target.type();
        bool same = type.inputs.size() == op.operandCount() && type.results.size() == op.resultCount();
        for (size_t i = 0; same && i < op.operandCount(); ++i)
            same = isCompatible(op.operand(i)->type(), type.inputs[i]);
        for (size_t i = 0; same && i < op.resultCount(); ++i)
            same = isCompatible(op.result(i)->type(), type.results[i]);
        if (!same) {
            throw invalidOperation(op, signatureToString(op) + " does not match " + symbolToString(name) +
                                           ", which is " + Type(type).toString());
        }
        return target;
    }

    static void replace(Operation& call, const Function& target) {
        delimitManualCall(call);
        std::unordered_map<Value*, Value*> map;
        for (size_t i = 0; i < call.operandCount(); ++i) map[target.body().argument(i)] = call.operand(i);
        const auto mapped = [&](Value* value) { return map.at(value); };
        const auto define = [&](Value* from, Value* to) { map[from] = to; };
        for (const Operation& op : target.body()) {
            if (&op == target.body().last()) break;
            call.block()->insert(cloneOperation(op, mapped, define), &call);
        }
        const std::vector<Value*> returned = target.returned();
        for (size_t i = 0; i < returned.size(); ++i) call.result(i)->replaceAllUsesWith(map.at(returned[i]));
        call.erase();
    }

    /// The body of a function as the region of an operation: passes see one function at a time.
    static void attach(Operation& op, const Function& function) {
        std::unordered_map<Value*, Value*> map;
        const auto mapped = [&](Value* value) { return map.at(value); };
        const auto define = [&](Value* from, Value* to) { map[from] = to; };
        cloneBlock(function.body(), op.addRegion().addBlock(), mapped, define);
    }

    Module& module_;
    const PassLimits& limits_;
    std::vector<const Function*> stack_;
    std::unordered_map<const Function*, State> states_;
};

/// `strings`: names may be written as strings, too.
void collectSymbols(const Attribute& attribute, bool strings, std::vector<std::string>& out) {
    if (const auto* symbol = attribute.get<SymbolAttribute>()) out.push_back(symbol->name);
    if (const auto* text = attribute.get<std::string>(); text != nullptr && strings) out.push_back(*text);
    if (const auto* list = attribute.get<Attribute::List>()) {
        for (const Attribute& each : *list) collectSymbols(each, strings, out);
    }
    if (const auto* entries = attribute.get<NamedAttributes>()) {
        for (const auto& [name, value] : *entries) collectSymbols(value, strings, out);
    }
}

}  // namespace

void inlineCalls(Module& module, const PassLimits& limits) {
    Inliner inliner(module, limits);
    // The entry, and what custom calls and the test operations name.
    std::vector<Function*> work = {&module.entry()};
    std::unordered_set<const Function*> kept(work.begin(), work.end());
    while (!work.empty()) {
        Function& function = *work.back();
        work.pop_back();
        inliner.flatten(function);
        if (function.isDeclaration()) continue;
        std::vector<std::string> symbols;
        walk(function.body(), [&](const Operation& op) {
            const bool strings = op.kind() == OpKind::kInterpreterRunParallel;
            for (const auto& [name, value] : op.attributes()) collectSymbols(value, strings, symbols);
        });
        for (const std::string& symbol : symbols) {
            Function* named = module.function(symbol);
            if (named != nullptr && kept.insert(named).second) work.push_back(named);
        }
    }
    std::vector<Function*> dead;
    for (const auto& function : module.functions()) {
        if (!kept.contains(function.get())) dead.push_back(function.get());
    }
    for (Function* function : dead) module.eraseFunction(*function);
    for (const auto& function : module.functions()) recogniseNamedCalls(*function);
}

}  // namespace optirs::plugin
