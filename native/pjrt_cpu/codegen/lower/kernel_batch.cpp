#include "pjrt_cpu/codegen/lower/kernel_batch.h"

#include <algorithm>

#include "pjrt_cpu/codegen/emit/known_sign.h"
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
        for (const Operation* op : group.columns) text_ += "columns " + visit(op->result(), true) + "\n";
        if (!group.columns.empty()) text_ += "finer " + listToString(group.finer) + "\n";
        if (group.op != nullptr) text_ += "op " + visit(group.op->result(), true) + "\n";
        std::map<int32_t, int64_t> strides;
        for (const auto& [value, stride] : spec_.row_strides) strides[spec_.operand_of.at(value)] = stride;
        for (const auto& [operand, stride] : strides)
            text_ += "stride b" + std::to_string(operand) + " " + std::to_string(stride) + "\n";
        for (const int32_t operand : spec_.streamed) text_ += "streamed b" + std::to_string(operand) + "\n";
        if (spec_.column_count >= 0) text_ += "columns b" + std::to_string(spec_.column_count) + "\n";
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
        // What is known of an operand from outside the kernel.
        if (op->kind() == OpKind::kExponential && isNeverPositive(*op->operand(0))) line += " never positive";
        if (isSoftmaxDivision(*op)) line += " of softmax";
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
    add(std::move(spec), [step](KernelFunction function) { step->setFunction(function); });
}

void KernelBatch::add(KernelSpec spec, std::function<void(KernelFunction)> receive) {
    const auto [entry, added] = by_text_.try_emplace(fingerprint(spec), specs_.size());
    if (added) {
        specs_.push_back(std::move(spec));
        texts_.push_back(&entry->first);
    }
    receivers_.emplace_back(entry->second, std::move(receive));
}

void KernelBatch::addComparator(const Operation& sort, std::function<void(void*)> receive) {
    comparators_.emplace_back(&sort, std::move(receive));
}

ModuleSource KernelBatch::kernelModule(size_t begin, size_t end) const {
    ModuleSource source;
    for (size_t i = begin; i < end; ++i) {
        source.content += "kernel" + std::to_string(i) + "\n" + *texts_[i];
    }
    source.emit = [this, begin, end](llvm::Module& module) {
        for (size_t i = begin; i < end; ++i) emitKernel(module, "kernel" + std::to_string(i), specs_[i]);
    };
    return source;
}

ModuleSource KernelBatch::comparatorModule() const {
    ModuleSource source;
    for (size_t i = 0; i < comparators_.size(); ++i) {
        const Operation& sort = *comparators_[i].first;
        source.content += "comparator" + std::to_string(i) + "\n" + print(sort);
        for (const Value* operand : sort.operands()) source.content += " " + operand->type().toString();
        // What comes from outside: the constants that the comparator is compiled with, and the types of the
        // rest.
        for (const Value* captured : capturedValues(sort)) {
            const Operation* made_by = captured->definition();
            source.content +=
                "\n" + (made_by != nullptr && made_by->operandCount() == 0 ? print(*made_by)
                                                                           : captured->type().toString());
        }
    }
    source.emit = [this](llvm::Module& module) {
        for (size_t i = 0; i < comparators_.size(); ++i) {
            emitComparator(module, "comparator" + std::to_string(i), *comparators_[i].first);
        }
    };
    return source;
}

void KernelBatch::compile(MachineCode& code, const ObjectFiles& known, const std::string& dump_folder) {
    std::vector<ModuleSource> modules;
    // At least two modules, for two threads.
    const size_t per_module = std::clamp<size_t>((specs_.size() + 1) / 2, 1, kKernelsPerModule);
    for (size_t begin = 0; begin < specs_.size(); begin += per_module) {
        modules.push_back(kernelModule(begin, std::min(begin + per_module, specs_.size())));
    }
    if (!comparators_.empty()) modules.push_back(comparatorModule());
    if (modules.empty()) return;
    code.compile(modules, known, dump_folder);
    for (const auto& [index, receive] : receivers_) {
        receive(reinterpret_cast<KernelFunction>(code.function("kernel" + std::to_string(index))));
    }
    for (size_t i = 0; i < comparators_.size(); ++i) {
        comparators_[i].second(code.function("comparator" + std::to_string(i)));
    }
}

}  // namespace optirs::plugin
