// Merges operations that compute the same value.
#include <functional>
#include <string_view>
#include <unordered_map>

#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/passes/passes.h"

namespace optirs::plugin {
namespace {

void mix(size_t& hash, size_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL + (hash >> 29); }

size_t hashIntegers(std::span<const int64_t> values) {
    size_t hash = values.size();
    for (const int64_t value : values) mix(hash, static_cast<size_t>(value));
    return hash;
}

// Equal attributes have equal hashes; what is rare hashes to its kind only.
size_t hashOf(const Attribute& attribute) {
    size_t hash = attribute.data().index();
    if (const auto* value = attribute.get<IntegerAttribute>()) mix(hash, static_cast<size_t>(value->value));
    if (const auto* value = attribute.get<std::string>()) mix(hash, std::hash<std::string>{}(*value));
    if (const auto* value = attribute.get<EnumAttribute>()) mix(hash, std::hash<std::string>{}(value->value));
    if (const auto* value = attribute.get<ArrayListAttribute>()) mix(hash, hashIntegers(value->integers));
    if (const auto* value = attribute.get<Literal>()) {
        // A splat may equal a literal with every element written out, so only what both have in common.
        mix(hash, hashIntegers(value->type().dims()));
        if (value->elementCount() > 0) {
            const auto bytes = static_cast<size_t>(value->elementBytes());
            const auto last = value->element(value->elementCount() - 1);
            for (const std::byte* element : {value->element(0), last}) {
                mix(hash, std::hash<std::string_view>{}({reinterpret_cast<const char*>(element), bytes}));
            }
        }
    }
    return hash;
}

size_t hashOf(const Operation& op) {
    auto hash = static_cast<size_t>(op.kind());
    for (size_t i = 0; i < op.operandCount(); ++i) mix(hash, std::hash<const Value*>{}(op.operand(i)));
    for (const auto& [name, value] : op.attributes()) mix(hash, hashOf(value));
    for (const Value& result : op.results()) {
        if (const TensorType* type = result.type().tensorOrNull()) {
            mix(hash, static_cast<size_t>(type->element()));
            mix(hash, hashIntegers(type->dims()));
        }
    }
    return hash;
}

using ValueMap = std::unordered_map<const Value*, const Value*>;

bool sameOperation(const Operation& a, const Operation& b, ValueMap& inner);

bool sameBlock(const Block& a, const Block& b, ValueMap& inner) {
    if (a.argumentCount() != b.argumentCount()) return false;
    for (size_t i = 0; i < a.argumentCount(); ++i) {
        if (a.argument(i)->type() != b.argument(i)->type()) return false;
        inner[a.argument(i)] = b.argument(i);
    }
    const Operation* left = a.first();
    const Operation* right = b.first();
    for (; left != nullptr && right != nullptr; left = left->next(), right = right->next()) {
        if (!sameOperation(*left, *right, inner)) return false;
        for (size_t i = 0; i < left->resultCount(); ++i) inner[left->result(i)] = right->result(i);
    }
    return left == right;
}

bool sameOperation(const Operation& a, const Operation& b, ValueMap& inner) {
    if (a.kind() != b.kind() || a.operandCount() != b.operandCount() || a.resultCount() != b.resultCount() ||
        a.regionCount() != b.regionCount() || a.name() != b.name()) {
        return false;
    }
    for (size_t i = 0; i < a.operandCount(); ++i) {
        const auto found = inner.find(a.operand(i));
        if ((found == inner.end() ? a.operand(i) : found->second) != b.operand(i)) return false;
    }
    for (size_t i = 0; i < a.resultCount(); ++i) {
        if (a.result(i)->type() != b.result(i)->type()) return false;
    }
    if (!(a.attributes() == b.attributes())) return false;
    for (size_t i = 0; i < a.regionCount(); ++i) {
        const auto left = a.region(i).blocks();
        const auto right = b.region(i).blocks();
        if (left.size() != right.size()) return false;
        for (size_t j = 0; j < left.size(); ++j) {
            if (!sameBlock(*left[j], *right[j], inner)) return false;
        }
    }
    return true;
}

class Merger {
 public:
    bool run(Block& block) {
        std::vector<size_t> added;  // to forget when the block ends
        for (Operation* op = block.first(); op != nullptr;) {
            Operation* next = op->next();
            // Inside first: two loops become equal when their bodies are.
            for (size_t i = 0; i < op->regionCount(); ++i) {
                for (const auto& inner : op->region(i).blocks()) run(*inner);
            }
            if (op->resultCount() > 0 && !hasSideEffect(*op)) visit(*op, added);
            op = next;
        }
        for (const size_t hash : added) seen_[hash].pop_back();
        return changed_;
    }

 private:
    void visit(Operation& op, std::vector<size_t>& added) {
        const size_t hash = hashOf(op);
        std::vector<Operation*>& candidates = seen_[hash];
        for (const Operation* earlier : candidates) {
            ValueMap inner;
            if (!sameOperation(*earlier, op, inner)) continue;
            for (size_t i = 0; i < op.resultCount(); ++i)
                op.result(i)->replaceAllUsesWith(earlier->result(i));
            op.erase();
            changed_ = true;
            return;
        }
        candidates.push_back(&op);
        added.push_back(hash);
    }

    std::unordered_map<size_t, std::vector<Operation*>> seen_;
    bool changed_ = false;
};

}  // namespace

bool eliminateCommonSubexpressions(Function& function) {
    if (function.isDeclaration()) return false;
    return Merger().run(function.body());
}

}  // namespace optirs::plugin
