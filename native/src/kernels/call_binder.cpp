#include "src/kernels/call_binder.h"

#include <algorithm>
#include <cstring>

#include "src/core/error.h"
#include "src/core/text.h"
#include "src/kernels/operand.h"

namespace optirs::kernels {

using core::concat;

namespace {

[[noreturn]] void malformed(std::string what) {
    throw core::Error(core::Code::kInvalidArgument, std::move(what));
}

/// The bits of a number.
template <class T>
T numberOf(const std::array<std::byte, 8>& bits) {
    T value;
    std::memcpy(&value, bits.data(), sizeof(value));
    return value;
}

}  // namespace

CallBinder::CallBinder(const KernelTarget& target) : target_(target) {
    target.initialise(args_);
    auto& lists = *new (lists_) optirs_optimizer_tensors{};
    lists.struct_size = sizeof(lists);
    lists.count = 1;
}

void CallBinder::name(std::string_view side, std::vector<std::string_view> names) {
    (side == kOperands ? operands_ : results_) = {std::move(names), true};
}

void CallBinder::name(std::string_view side, std::string_view names_with_commas) {
    std::vector<std::string_view> names;
    for (std::string_view rest = names_with_commas; !rest.empty();) {
        const size_t comma = std::min(rest.find(','), rest.size());
        const std::string_view piece = rest.substr(0, comma);
        const size_t first = std::min(piece.find_first_not_of(' '), piece.size());
        names.push_back(piece.substr(first, piece.find_last_not_of(' ') + 1 - first));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    name(side, std::move(names));
}

void CallBinder::set(std::string_view name, double value) {
    const KernelField& of = field(name);
    if (of.kind != KernelFieldKind::kReal) {
        refuse(name, std::to_string(value));
    }
    store(of, value, 0);
}

void CallBinder::set(std::string_view name, int64_t value) {
    const KernelField& of = field(name);
    if (of.kind == KernelFieldKind::kTensor) {
        refuse(name, std::to_string(value));
    }
    store(of, static_cast<double>(value), value);
}

void CallBinder::refuse(std::string_view name, std::string_view value) const {
    const KernelFieldKind kind = field(name).kind;
    malformed(concat(name, " is ", value, ", expected ",
                     kind == KernelFieldKind::kTensor ? "an operand or a result"
                     : kind == KernelFieldKind::kReal ? "a number"
                                                      : "an integer"));
}

void CallBinder::run(std::span<const CallTensor> operands, std::span<const CallTensor> results,
                     CallMachine& machine) {
    checkNames(kOperands, operands_, operands.size());
    checkNames(kResults, results_, results.size());
    // Results first: an operand of the same name is then copied into the result.
    for (size_t i = 0; i < results.size(); ++i) {
        const KernelField& of = field(results_.names[i]);
        checkResult(of, operands.size());
        bindTensor(of, results[i], machine);
    }
    for (size_t i = 0; i < operands.size(); ++i) {
        bindOperand(operands_.names[i], operands[i], machine);
    }
    readScalars(machine);
    target_.run(args_, lists_, machine);
}

const KernelField& CallBinder::field(std::string_view name) const {
    const auto found = std::ranges::find(target_.fields, name, &KernelField::name);
    if (found == target_.fields.end()) {
        std::string names;
        for (const KernelField& one : target_.fields) {
            names += concat(names.empty() ? "" : ", ", one.name);
        }
        malformed(concat("has no argument \"", name, "\"; it has ", names));
    }
    return *found;
}

void CallBinder::checkNames(std::string_view side, const Side& names, size_t count) {
    if (count > names.names.size() || (names.is_given && count < names.names.size()) ||
        count > kMaxTensors / 2) {
        malformed(concat("has ", count, " ", side, ", but names of ", names.names.size(),
                         names.is_given ? "" : "; name them in backend_config"));
    }
    const auto used = std::span(names.names).first(count);
    for (const std::string_view name : used) {
        if (std::ranges::count(used, name) > 1) {
            malformed(concat(side, " has \"", name, "\" twice"));
        }
    }
}

/// The kernel writes it; and where it reads it too, there is an operand.
void CallBinder::checkResult(const KernelField& field, size_t operand_count) const {
    const auto operands = std::span(operands_.names).first(operand_count);
    if (field.kind != KernelFieldKind::kTensor || field.use == KernelFieldUse::kRead) {
        malformed(concat(field.name, " is not written, so it cannot be a result"));
    }
    if (field.use == KernelFieldUse::kUpdated && std::ranges::find(operands, field.name) == operands.end()) {
        malformed(concat(field.name, " is updated: it must be an operand too"));
    }
}

void CallBinder::store(const KernelField& field, double real, int64_t integer) {
    switch (field.kind) {
        case KernelFieldKind::kReal:
            std::memcpy(at(field), &real, sizeof(real));
            return;
        case KernelFieldKind::kInt32: {
            const auto narrow = static_cast<int32_t>(integer);
            if (narrow != integer) {
                malformed(concat(field.name, " is ", integer, ", which does not fit 32 bits"));
            }
            std::memcpy(at(field), &narrow, sizeof(narrow));
            return;
        }
        default:
            std::memcpy(at(field), &integer, sizeof(integer));
    }
}

void CallBinder::bindOperand(std::string_view name, const CallTensor& tensor, CallMachine& machine) {
    const KernelField& of = field(name);
    if (of.kind != KernelFieldKind::kTensor) {
        bindScalar(of, tensor, machine.device());
        return;
    }
    const optirs_dl_tensor* result = nullptr;
    std::memcpy(static_cast<void*>(&result), at(of), sizeof(void*));
    if (result == nullptr) {
        // Memory of an operand is not the kernel's to write.
        if (of.use != KernelFieldUse::kRead) {
            malformed(concat(name, " is written: it must be a result too"));
        }
        bindTensor(of, tensor, machine);
        return;
    }
    const Operand from{of.nameInC(), &view(name, tensor, machine.device())};
    const Operand to{of.nameInC(), result};
    if (from.type() != to.type() || !std::ranges::equal(from.shape(), to.shape())) {
        malformed(concat("operand ", from.text(), " and result ", to.text(),
                         " must be of one type: it is updated"));
    }
    if (from.data() != to.data() && from.byteCount() > 0) {
        machine.copy(result->data, tensor.data, static_cast<size_t>(from.byteCount()));
    }
}

/// A scalar field from a tensor of one element, which readScalars reads.
void CallBinder::bindScalar(const KernelField& field, const CallTensor& tensor, optirs_dl_device device) {
    const Operand operand{field.nameInC(), &view(field.name, tensor, device)};
    const uint32_t type = operand.type();
    const bool is_real = type == kF32 || type == kF64;
    if (operand.elementCount() != 1 ||
        !(type == kS32 || type == kS64 || (is_real && field.kind == KernelFieldKind::kReal))) {
        kernels::refuse(operand,
                        concat("must have one element of ",
                               field.kind == KernelFieldKind::kReal ? "f32, f64, i32 or i64" : "i32 or i64"));
    }
    scalars_.push_back({&field, type, operand->data});
}

/// All at once, as a machine may have to wait for them.
void CallBinder::readScalars(CallMachine& machine) {
    if (scalars_.empty()) {
        return;
    }
    std::vector<CallRead> reads;
    for (Scalar& scalar : scalars_) {
        const bool is_narrow = scalar.type == kF32 || scalar.type == kS32;
        reads.push_back({scalar.bits.data(), scalar.data, is_narrow ? size_t{4} : size_t{8}});
    }
    machine.read(reads);
    for (const Scalar& scalar : scalars_) {
        switch (scalar.type) {
            case kF32:
                store(*scalar.field, static_cast<double>(numberOf<float>(scalar.bits)), 0);
                break;
            case kF64:
                store(*scalar.field, numberOf<double>(scalar.bits), 0);
                break;
            default: {
                const int64_t integer =
                    scalar.type == kS32 ? numberOf<int32_t>(scalar.bits) : numberOf<int64_t>(scalar.bits);
                store(*scalar.field, static_cast<double>(integer), integer);
            }
        }
    }
}

void CallBinder::bindTensor(const KernelField& field, const CallTensor& tensor, CallMachine& machine) {
    const optirs_dl_tensor* address = &view(field.name, tensor, machine.device());
    std::memcpy(at(field), static_cast<const void*>(&address), sizeof(void*));
}

/// As kernels take tensors. What is a scalar in a program has one dimension among the arguments of a kernel.
const optirs_dl_tensor& CallBinder::view(std::string_view name, const CallTensor& tensor,
                                         optirs_dl_device device) {
    Tensor& made = tensors_[used_++];
    if (tensor.shape.size() > made.shape.size()) {
        malformed(concat(name, " has more than ", made.shape.size(), " dimensions"));
    }
    made.shape[0] = 1;
    std::ranges::copy(tensor.shape, made.shape.begin());
    made.tensor = {.data = tensor.data,
                   .device = device,
                   .ndim = std::max<int32_t>(1, static_cast<int32_t>(tensor.shape.size())),
                   .dtype = tensor.type,
                   .shape = made.shape.data(),
                   .strides = nullptr,
                   .byte_offset = 0};
    return made.tensor;
}

}  // namespace optirs::kernels
