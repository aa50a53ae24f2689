#include "pjrt_cpu/runtime/kernel_calls.h"

#include <optirs/kernel_optimizer.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "pjrt_cpu/ir/attribute.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/kernel_call_targets.h"
#include "src/core/error.h"
#include "src/cpu/kernel_error.h"

namespace optirs::plugin {
namespace {

Error malformed(const CustomCallArguments& call, const std::string& what) {
    return invalidArgument(std::string(call.target) + " at " + std::string(call.location) + ": " + what);
}

optirs_dl_data_type dlpackType(const CustomCallArguments& call, ElementType type) {
    switch (type) {
        case ElementType::kF32:
            return {OPTIRS_DL_FLOAT, 32, 1};
        case ElementType::kBF16:
            return {OPTIRS_DL_BFLOAT, 16, 1};
        case ElementType::kF16:
            return {OPTIRS_DL_FLOAT, 16, 1};
        case ElementType::kF8E4M3FN:
            return {OPTIRS_DL_F8E4M3FN, 8, 1};
        case ElementType::kF8E5M2:
            return {OPTIRS_DL_F8E5M2, 8, 1};
        case ElementType::kF8E8M0FNU:
            return {OPTIRS_DL_F8E8M0FNU, 8, 1};
        case ElementType::kI32:
            return {OPTIRS_DL_INT, 32, 1};
        case ElementType::kI64:
            return {OPTIRS_DL_INT, 64, 1};
        case ElementType::kI16:
            return {OPTIRS_DL_INT, 16, 1};
        case ElementType::kUi8:
            return {OPTIRS_DL_UINT, 8, 1};
        default:
            throw malformed(call, "kernels take no tensors of " + std::string(elementTypeName(type)));
    }
}

/// The arguments of a kernel while they are put together.
class Binder {
 public:
    Binder(const CustomCallArguments& call, const KernelTarget& target) : call_(call), target_(target) {
        target.initialise(args_);
        auto& lists = *new (lists_) optirs_optimizer_tensors{};
        lists.struct_size = sizeof(lists);
        lists.count = 1;
        readConfig();
        checkNames("operands", operands_, call.operands.size());
        checkNames("results", results_, call.results.size());
        // Results first: an operand of the same name is then copied into the result.
        for (size_t i = 0; i < call.results.size(); ++i) {
            checkResult(field(results_[i]));
            bindTensor(field(results_[i]), call.results[i]);
        }
        for (size_t i = 0; i < call.operands.size(); ++i) {
            bindOperand(operands_[i], call.operands[i]);
        }
    }

    void run() { target_.run(args_, lists_, call_.frame.pool); }

 private:
    static constexpr size_t kMaxTensors = 32;

    struct Tensor {
        optirs_dl_tensor tensor;
        std::array<int64_t, 16> shape;
    };

    const KernelField& field(std::string_view name) const {
        const auto found = std::ranges::find(target_.fields, name, &KernelField::name);
        if (found == target_.fields.end()) {
            std::string names;
            for (const KernelField& one : target_.fields) {
                names += (names.empty() ? "" : ", ") + std::string(one.name);
            }
            throw malformed(call_, "has no argument \"" + std::string(name) + "\"; it has " + names);
        }
        return *found;
    }

    std::byte* at(const KernelField& field) { return (field.is_of_list ? lists_ : args_) + field.offset; }

    /// The dictionary, whichever way it is spelled.
    void readConfig() {
        const Attribute* config = call_.attributes.find("mhlo.backend_config");
        if (config == nullptr) {
            config = call_.attributes.find("backend_config");
        }
        if (config == nullptr) {
            return;
        }
        const auto* entries = config->get<NamedAttributes>();
        const auto* text = config->get<std::string>();
        if (entries == nullptr && (text == nullptr || !text->empty())) {
            throw malformed(call_, "backend_config is " + config->toString() + ", expected a dictionary");
        }
        for (const NamedAttribute* entry = entries != nullptr ? entries->begin() : nullptr;
             entries != nullptr && entry != entries->end(); ++entry) {
            if (entry->name == "operands" || entry->name == "results") {
                readNames(*entry);
            } else {
                setScalar(field(entry->name), entry->value);
            }
        }
    }

    void readNames(const NamedAttribute& entry) {
        const auto* list = entry.value.get<Attribute::List>();
        std::vector<std::string_view>& names = entry.name == "operands" ? operands_ : results_;
        names.clear();
        for (size_t i = 0; list != nullptr && i < list->size(); ++i) {
            if (const auto* name = (*list)[i].get<std::string>()) {
                names.push_back(*name);
            }
        }
        if (list == nullptr || names.size() != list->size()) {
            throw malformed(call_,
                            entry.name + " is " + entry.value.toString() + ", expected a list of strings");
        }
        is_named_[entry.name == "operands" ? 0 : 1] = true;
    }

    void checkNames(const char* what, const std::vector<std::string_view>& names, size_t count) const {
        const bool is_given = is_named_[std::string_view(what) == "operands" ? 0 : 1];
        if (count > names.size() || (is_given && count < names.size()) || count > kMaxTensors / 2) {
            throw malformed(call_, "has " + std::to_string(count) + " " + what + ", but names of " +
                                       std::to_string(names.size()) +
                                       (is_given ? "" : "; name them in backend_config"));
        }
        for (size_t i = 0; i < count; ++i) {
            if (std::ranges::count(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(count),
                                   names[i]) > 1) {
                throw malformed(call_, std::string(what) + " has \"" + std::string(names[i]) + "\" twice");
            }
        }
    }

    void setScalar(const KernelField& field, const Attribute& value) {
        const auto* real = value.get<FloatAttribute>();
        const auto* integer = value.get<IntegerAttribute>();
        const auto* truth = value.get<bool>();
        const bool is_real = field.kind == KernelFieldKind::kReal;
        if (field.kind == KernelFieldKind::kTensor ||
            (real == nullptr && integer == nullptr && truth == nullptr) || (real != nullptr && !is_real)) {
            throw malformed(call_, std::string(field.name) + " is " + value.toString() + ", expected " +
                                       (field.kind == KernelFieldKind::kTensor ? "an operand or a result"
                                        : is_real                              ? "a number"
                                                                               : "an integer"));
        }
        const int64_t whole = integer != nullptr ? integer->value : truth != nullptr && *truth ? 1 : 0;
        store(field, real != nullptr ? real->value : static_cast<double>(whole), whole);
    }

    void store(const KernelField& field, double real, int64_t integer) {
        switch (field.kind) {
            case KernelFieldKind::kReal:
                std::memcpy(at(field), &real, sizeof(real));
                return;
            case KernelFieldKind::kInt32: {
                const auto narrow = static_cast<int32_t>(integer);
                if (narrow != integer) {
                    throw malformed(call_, std::string(field.name) + " is " + std::to_string(integer) +
                                               ", which does not fit 32 bits");
                }
                std::memcpy(at(field), &narrow, sizeof(narrow));
                return;
            }
            default:
                std::memcpy(at(field), &integer, sizeof(integer));
        }
    }

    /// The kernel writes it; and where it reads it too, there is an operand.
    void checkResult(const KernelField& field) const {
        const auto operands = std::span(operands_).first(call_.operands.size());
        if (field.kind != KernelFieldKind::kTensor || field.use == KernelFieldUse::kRead) {
            throw malformed(call_, std::string(field.name) + " is not written, so it cannot be a result");
        }
        if (field.use == KernelFieldUse::kUpdated &&
            std::ranges::find(operands, field.name) == operands.end()) {
            throw malformed(call_, std::string(field.name) + " is updated: it must be an operand too");
        }
    }

    void bindOperand(std::string_view name, const CustomCallBuffer& buffer) {
        const KernelField& of = field(name);
        if (of.kind != KernelFieldKind::kTensor) {
            bindScalar(of, buffer);
            return;
        }
        const optirs_dl_tensor* result = nullptr;
        std::memcpy(static_cast<void*>(&result), at(of), sizeof(void*));
        if (result == nullptr) {
            // Memory of an operand is not the kernel's to write.
            if (of.use != KernelFieldUse::kRead) {
                throw malformed(call_, std::string(name) + " is written: it must be a result too");
            }
            bindTensor(of, buffer);
            return;
        }
        const auto updated = std::ranges::find(results_, name) - results_.begin();
        const CustomCallBuffer& to = call_.results[static_cast<size_t>(updated)];
        if (*to.type != *buffer.type) {
            throw malformed(call_, std::string(name) + " is updated: operand " + buffer.type->toString() +
                                       " and result " + to.type->toString() + " must be of one type");
        }
        if (to.data != buffer.data && buffer.type->byteCount() > 0) {
            std::memmove(to.data, buffer.data, static_cast<size_t>(buffer.type->byteCount()));
        }
    }

    /// A scalar field from a tensor of one element.
    void bindScalar(const KernelField& field, const CustomCallBuffer& buffer) {
        const ElementType type = buffer.type->element();
        const bool is_real = type == ElementType::kF32 || type == ElementType::kF64;
        const bool is_integer = type == ElementType::kI32 || type == ElementType::kI64;
        if (buffer.type->elementCount() != 1 ||
            !(is_integer || (is_real && field.kind == KernelFieldKind::kReal))) {
            throw malformed(
                call_, std::string(field.name) + " is " + buffer.type->toString() +
                           ", expected one element of " +
                           (field.kind == KernelFieldKind::kReal ? "f32, f64, i32 or i64" : "i32 or i64"));
        }
        double real = 0;
        int64_t integer = 0;
        if (type == ElementType::kF32) {
            real = static_cast<double>(loadAs<float>(buffer));
        } else if (type == ElementType::kF64) {
            real = loadAs<double>(buffer);
        } else {
            integer = type == ElementType::kI32 ? loadAs<int32_t>(buffer) : loadAs<int64_t>(buffer);
            real = static_cast<double>(integer);
        }
        store(field, real, integer);
    }

    template <class T>
    static T loadAs(const CustomCallBuffer& buffer) {
        T value;
        std::memcpy(&value, buffer.data, sizeof(value));
        return value;
    }

    void bindTensor(const KernelField& field, const CustomCallBuffer& buffer) {
        const auto dims = buffer.type->dims();
        Tensor& made = tensors_[used_++];
        if (dims.size() > made.shape.size()) {
            throw malformed(call_, std::string(field.name) + " has more than 16 dimensions");
        }
        // What is a scalar in a program has one dimension among the arguments of a kernel.
        made.shape[0] = 1;
        std::ranges::copy(dims, made.shape.begin());
        made.tensor = {.data = buffer.data,
                       .device = {OPTIRS_DL_CPU, 0},
                       .ndim = std::max<int32_t>(1, static_cast<int32_t>(dims.size())),
                       .dtype = dlpackType(call_, buffer.type->element()),
                       .shape = made.shape.data(),
                       .strides = nullptr,
                       .byte_offset = 0};
        const optirs_dl_tensor* address = &made.tensor;
        std::memcpy(at(field), static_cast<const void*>(&address), sizeof(void*));
    }

    const CustomCallArguments& call_;
    const KernelTarget& target_;
    std::vector<std::string_view> operands_ = target_.operands;
    std::vector<std::string_view> results_ = target_.results;
    bool is_named_[2] = {false, false};
    alignas(std::max_align_t) std::byte args_[kKernelArgumentBytes] = {};
    alignas(std::max_align_t) std::byte lists_[sizeof(optirs_optimizer_tensors)] = {};
    std::array<Tensor, kMaxTensors> tensors_;
    size_t used_ = 0;
};

void runTarget(const CustomCallArguments& call, const KernelTarget& target) {
    const auto where = [&](const char* what) {
        return std::string(call.target) + " at " + std::string(call.location) + ": " + what;
    };
    try {
        Binder(call, target).run();
    } catch (const core::Error& error) {
        throw Error(static_cast<Code>(error.code()), where(error.what()));
    } catch (const cpu::KernelError& error) {
        throw Error(static_cast<Code>(error.code()), where(error.what()));
    }
}

}  // namespace

void registerKernelCalls(CustomCallRegistry& registry) {
    for (const KernelTarget& target : kernelTargets()) {
        registry.add("optirs." + std::string(target.name),
                     [&target](const CustomCallArguments& call) { runTarget(call, target); });
    }
}

}  // namespace optirs::plugin
