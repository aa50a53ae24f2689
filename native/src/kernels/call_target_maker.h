/// @file
/// How the files of targets say what the fields of a kernel's arguments are, as far as programs can set them.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

#include "src/kernels/all.h"
#include "src/kernels/call_targets.h"

namespace optirs::kernels {

template <class Member>
constexpr KernelFieldKind kindOf() {
    if constexpr (std::is_same_v<Member, const optirs_dl_tensor*>) {
        return KernelFieldKind::kTensor;
    } else if constexpr (std::is_same_v<Member, double>) {
        return KernelFieldKind::kReal;
    } else if constexpr (std::is_same_v<Member, int32_t>) {
        return KernelFieldKind::kInt32;
    } else {
        static_assert(std::is_same_v<Member, int64_t> || std::is_same_v<Member, uint64_t>);
        return KernelFieldKind::kInt64;
    }
}

/// Fields of `Args`, which a struct of fields names; those of lists are of optirs_optimizer_tensors.
#define OPTIRS_FIELD(Struct, member, use, is_of_list)                                               \
    KernelField {                                                                                   \
        #member, offsetof(Struct, member), kindOf<decltype(Struct::member)>(), KernelFieldUse::use, \
            is_of_list                                                                              \
    }
#define OPTIRS_READ(member) OPTIRS_FIELD(Args, member, kRead, false)
#define OPTIRS_WRITTEN(member) OPTIRS_FIELD(Args, member, kWritten, false)
#define OPTIRS_UPDATED(member) OPTIRS_FIELD(Args, member, kUpdated, false)
#define OPTIRS_LIST_READ(member) OPTIRS_FIELD(optirs_optimizer_tensors, member, kRead, true)
#define OPTIRS_LIST_UPDATED(member) OPTIRS_FIELD(optirs_optimizer_tensors, member, kUpdated, true)

template <class Args>
void runOn(optirs_kernel kernel, std::byte* args, CallMachine& machine) {
    Call<Args> call(reinterpret_cast<const Args*>(args));
    call.args.workspace_size = machine.workspaceBytes(kernel, &call.args);
    call.args.workspace = machine.workspace(call.args.workspace_size);
    machine.run(kernel, &call.args);
}

/// Makes the entry of a kernel optirs_<name>; `set` sets defaults that are not 0.
template <class Fields, optirs_kernel kKernel, auto kSet>
KernelTarget target(std::string_view name, std::vector<std::string_view> operands,
                    std::vector<std::string_view> results) {
    using Args = typename Fields::Args;
    static_assert(sizeof(Args) <= kKernelArgumentBytes);
    return {name,
            Fields::kAll,
            std::move(operands),
            std::move(results),
            [](std::byte* args) {
                auto& typed = *new (args) Args{};
                typed.struct_size = sizeof(Args);
                kSet(typed);
            },
            [](std::byte* args, [[maybe_unused]] std::byte* lists, CallMachine& machine) {
                if constexpr (requires(Args typed) { typed.tensors; }) {
                    reinterpret_cast<Args*>(args)->tensors =
                        reinterpret_cast<const optirs_optimizer_tensors*>(lists);
                }
                runOn<Args>(kKernel, args, machine);
            }};
}

/// Of a number without a default: the checks of the kernel refuse it where a program leaves it so.
inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

inline constexpr auto kNoDefaults = [](auto& /*args*/) {};
inline constexpr auto kProductDefaults = [](auto& args) { args.alpha = 1; };

}  // namespace optirs::kernels
