// How the calls of kernel_walk.h are written down.
#pragma once

#include <type_traits>

#include "kernel_walk.h"

namespace optirs::test {

inline constexpr optirs_dl_data_type kF32 = {OPTIRS_DL_FLOAT, 32, 1};
inline constexpr optirs_dl_data_type kBF16 = {OPTIRS_DL_BFLOAT, 16, 1};
inline constexpr optirs_dl_data_type kE4M3 = {OPTIRS_DL_F8E4M3FN, 8, 1};
inline constexpr optirs_dl_data_type kE8M0 = {OPTIRS_DL_F8E8M0FNU, 8, 1};
inline constexpr optirs_dl_data_type kU8 = {OPTIRS_DL_UINT, 8, 1};
inline constexpr optirs_dl_data_type kS32 = {OPTIRS_DL_INT, 32, 1};
inline constexpr optirs_dl_data_type kS64 = {OPTIRS_DL_INT, 64, 1};

inline constexpr WalkUse kWritten = WalkUse::kWritten;
inline constexpr WalkUse kUpdated = WalkUse::kUpdated;

template <class Member>
constexpr WalkNumber::Kind kindOf() {
    if constexpr (std::is_same_v<Member, double>) {
        return WalkNumber::Kind::kReal;
    } else if constexpr (std::is_same_v<Member, int32_t>) {
        return WalkNumber::Kind::kInt32;
    } else {
        static_assert(std::is_same_v<Member, int64_t> || std::is_same_v<Member, uint64_t>);
        return WalkNumber::Kind::kInt64;
    }
}

template <class Args, optirs_error* (*kFunction)(optirs_stream*, const Args*)>
optirs_error* runWith(optirs_stream* stream, const void* args) {
    return kFunction(stream, static_cast<const Args*>(args));
}

/// Of the type Args, which is the argument struct.
#define OPTIRS_TENSOR(member, ...) {#member, offsetof(Args, member), __VA_ARGS__}
/// Of the lists of an optimizer.
#define OPTIRS_LIST(member, ...) {#member, offsetof(optirs_optimizer_tensors, member), __VA_ARGS__}
#define OPTIRS_NUMBER(member, value) \
    {#member, offsetof(Args, member), kindOf<decltype(Args::member)>(), value}
#define OPTIRS_CALL(NAME, name, ...) \
    WalkCall { #name, OPTIRS_KERNEL_##NAME, sizeof(Args), runWith<Args, optirs_##name>, __VA_ARGS__ }

}  // namespace optirs::test
