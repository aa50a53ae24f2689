/// @file
/// The arguments of a kernel that a program calls as `optirs.<kernel>`, put together from what the program
/// says.
///
/// - Operands and results are fields of the kernel's argument struct. Which ones say `operands` and `results`
///   of the configuration, as lists or as texts with commas (`operands = "q, k, v, kv_lengths"`); what is
///   left out is in the order of call_targets_*.cpp, as far as there are operands and results.
/// - A scalar field is an entry of the configuration (`scale = 0.125`, `mask = 1`), or an operand of one
///   element, for what changes from call to call: the host reads it, so where operands are on a device it
///   waits for them, once for all of a call.
/// - A field that is operand and result is updated: the result starts as a copy.
/// - Of optimizers the fields are those of optirs_optimizer_tensors, one tensor each.
#pragma once

#include <optirs/kernel_optimizer.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/kernels/call_targets.h"

namespace optirs::kernels {

/// An operand or a result: dense, row-major, alive during the call.
struct CallTensor {
    void* data;
    optirs_dl_data_type type;
    std::span<const int64_t> shape;
};

/// Throws core::Error: INVALID_ARGUMENT for what is wrong with the call, and what the kernel says. Texts that
/// it is given must outlive it.
class CallBinder {
 public:
    static constexpr std::string_view kOperands = "operands";
    static constexpr std::string_view kResults = "results";

    explicit CallBinder(const KernelTarget& target);

    /// What operands or results are: `side` is kOperands or kResults.
    void name(std::string_view side, std::vector<std::string_view> names);
    void name(std::string_view side, std::string_view names_with_commas);

    /// A scalar field. An integer may be the value of any.
    void set(std::string_view name, double value);
    void set(std::string_view name, int64_t value);

    /// For a value that is no number: says what the field takes.
    [[noreturn]] void refuse(std::string_view name, std::string_view value) const;

    /// Once, when all is named and set.
    void run(std::span<const CallTensor> operands, std::span<const CallTensor> results, CallMachine& machine);

 private:
    static constexpr size_t kMaxTensors = 32;
    static constexpr size_t kMaxRank = 16;

    struct Side {
        std::vector<std::string_view> names;
        bool is_given = false;
    };
    struct Tensor {
        optirs_dl_tensor tensor;
        std::array<int64_t, kMaxRank> shape;
    };
    /// A scalar field whose value is an operand.
    struct Scalar {
        const KernelField* field;
        uint32_t type;
        const void* data;
        std::array<std::byte, 8> bits = {};
    };

    const KernelField& field(std::string_view name) const;
    std::byte* at(const KernelField& field) { return (field.is_of_list ? lists_ : args_) + field.offset; }
    static void checkNames(std::string_view side, const Side& names, size_t count);
    void checkResult(const KernelField& field, size_t operand_count) const;
    void store(const KernelField& field, double real, int64_t integer);
    void bindOperand(std::string_view name, const CallTensor& tensor, CallMachine& machine);
    void bindScalar(const KernelField& field, const CallTensor& tensor, optirs_dl_device device);
    void readScalars(CallMachine& machine);
    void bindTensor(const KernelField& field, const CallTensor& tensor, CallMachine& machine);
    const optirs_dl_tensor& view(std::string_view name, const CallTensor& tensor, optirs_dl_device device);

    const KernelTarget& target_;
    Side operands_{target_.operands};
    Side results_{target_.results};
    alignas(std::max_align_t) std::byte args_[kKernelArgumentBytes] = {};
    alignas(std::max_align_t) std::byte lists_[sizeof(optirs_optimizer_tensors)] = {};
    std::array<Tensor, kMaxTensors> tensors_;
    size_t used_ = 0;
    std::vector<Scalar> scalars_;
};

}  // namespace optirs::kernels
