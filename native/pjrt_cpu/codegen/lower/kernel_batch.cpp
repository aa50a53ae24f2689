#include "pjrt_cpu/codegen/lower/kernel_batch.h"

#include <algorithm>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/printer.h"

namespace optirs::plugin {
namespace {

/// Prints what a kernel evaluates: operations numbered in the order of the walk, buffers by their operand
/// numbers.
class Fingerprint {
 public:
    explicit Fingerprint(const KernelSpec& spec) : spec_(spec) {}

    std::string run() {
        const Group& group = *spec_.group;
        text_ = std::to_string(static_cast<int>(group.kind)) + " " + listToString(group.shape) + " " +
                std::to_string(group.row_rank) + "\n";
        for (const Value* root : group.roots) {
            const std::string number = visit(root, true);
            text_ += "root b" + std::to_string(spec_.operand_of.at(root)) + " " + number + "\n";
        }
        for (const Operation* op : group.reductions) text_ += "reduce " + visit(op->result(), true) + "\n";
        if (group.op != nullptr) text_ += "op " + visit(group.op->result(), true) + "\n";
        return std::move(text_);
    }

 private:
    std::string visit(const Value* value, bool evaluated) {
        const auto buffer = spec_.operand_of.find(value);
        const bool is_root = std::ranges::find(spec_.group->roots, value) != spec_.group->roots.end();
        if (!evaluated && buffer != spec_.operand_of.end() && !is_root) {
            return "b" + std::to_string(buffer->second) + ":" + value->tensor().toString();
        }
        const Operation* op = value->definition();
        if (op == nullptr) return "argument";
        const auto known = numbers_.find(op);
        if (known != numbers_.end())
            return "%" + std::to_string(known->second) + "#" + std::to_string(value->index());
        std::string line(op->name());
        for (const Value* operand : op->operands()) line += " " + visit(operand, false);
        for (const auto& [name, attribute] : op->attributes()) {
            if (!name.starts_with("mhlo.")) line += " " + name + "=" + attribute.toString();
        }
        if (op->regionCount() > 0) {
            for (const Value* captured : capturedValues(*op)) line += " uses " + visit(captured, false);
            line += print(*op);
        }
        line += " : " + value->tensor().toString();
        const size_t number = numbers_.size();
        numbers_[op] = number;
        text_ += std::to_string(number) + " = " + line + "\n";
        return "%" + std::to_string(number) + "#" + std::to_string(value->index());
    }

    const KernelSpec& spec_;
    std::map<const Operation*, size_t> numbers_;
    std::string text_;
};

constexpr size_t kKernelsPerModule = 6;

}  // namespace

std::string fingerprint(const KernelSpec& spec) { return Fingerprint(spec).run(); }

void KernelBatch::add(KernelSpec spec, KernelStep* step) {
    const auto [entry, added] = by_text_.try_emplace(fingerprint(spec), specs_.size());
    if (added) specs_.push_back(std::move(spec));
    steps_.emplace_back(entry->second, step);
}

void KernelBatch::addComparator(const Operation& sort, std::function<void(void*)> receive) {
    comparators_.emplace_back(&sort, std::move(receive));
}

void KernelBatch::compile(MachineCode& code, const std::string& dump_folder) {
    std::vector<ModuleEmitter> modules;
    // At least two modules, for two threads.
    const size_t per_module = std::clamp<size_t>((specs_.size() + 1) / 2, 1, kKernelsPerModule);
    for (size_t begin = 0; begin < specs_.size(); begin += per_module) {
        modules.emplace_back(
            [this, begin, end = std::min(begin + per_module, specs_.size())](llvm::Module& module) {
                for (size_t i = begin; i < end; ++i)
                    emitKernel(module, "kernel" + std::to_string(i), specs_[i]);
            });
    }
    if (!comparators_.empty()) {
        modules.emplace_back([this](llvm::Module& module) {
            for (size_t i = 0; i < comparators_.size(); ++i) {
                emitComparator(module, "comparator" + std::to_string(i), *comparators_[i].first);
            }
        });
    }
    if (modules.empty()) return;
    code.compile(modules, dump_folder);
    for (const auto& [index, step] : steps_) {
        step->setFunction(reinterpret_cast<KernelFunction>(code.function("kernel" + std::to_string(index))));
    }
    for (size_t i = 0; i < comparators_.size(); ++i) {
        comparators_[i].second(code.function("comparator" + std::to_string(i)));
    }
}

}  // namespace optirs::plugin
