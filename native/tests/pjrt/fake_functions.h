// What the files of the fake plugin share: its version, how a function begins, and its events.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "tests/pjrt/fake_objects.h"

namespace fake {

/// The minor version that this build of the plugin speaks.
extern const int kMinor;

/// False in the build whose PJRT_Event_OnReady is NULL.
extern const bool kHasOnReady;
extern const bool kHasFfiHandlers;

Thread& thread();
void fireManualEvents();

/// An event in the manner of Control::events; `work` is done before it is over; `code` is an error of its
/// own.
PJRT_Event* makeEvent(std::function<void()> work = {}, int code = 0);

/// Bookkeeping behind enter.
PJRT_Error* enterFunction(const char* function, bool has_right_size);

/// Every function begins here: the struct must have the size of this version, and the function may be told to
/// fail.
template <class Args>
PJRT_Error* enter(const char* function, const Args* args) {
    return enterFunction(
        function,
        args->struct_size == std::min<std::size_t>(pjrt_abi::structSize<Args>(kMinor), sizeof(Args)));
}

#define FAKE_FUNCTION(name) PJRT_Error* name([[maybe_unused]] name##_Args* args)
#define FAKE_ENTER(name)                            \
    if (PJRT_Error* failure = enter(#name, args)) { \
        return failure;                             \
    }
#define FAKE_ENTRY(name) table.name = name;

template <class T, class Handle>
T& as(Handle* handle) {
    return *reinterpret_cast<T*>(const_cast<std::remove_const_t<Handle>*>(handle));
}

PJRT_NamedValue named(const char* name, PJRT_NamedValue_Type type);

/// One value of each kind.
const std::vector<PJRT_NamedValue>& attributes();

void addPluginFunctions(PJRT_Api& table);
void addClientFunctions(PJRT_Api& table);
void addBufferFunctions(PJRT_Api& table);
void addProgramFunctions(PJRT_Api& table);
void addExecutionFunctions(PJRT_Api& table);
void addPlaceFunctions(PJRT_Api& table);
void addCreationFunctions(PJRT_Api& table);
void addLoadingFunctions(PJRT_Api& table);

}  // namespace fake
