// A PJRT plugin for tests, with devices of its own imagination. This file is built several times, with these
// definitions, and linked with the others, which do not depend on them:
//   FAKE_MAJOR, FAKE_MINOR   the version that it speaks (0, 114); its table and structs have the size of that
//   version FAKE_EXTRA               so many functions more than the newest table known (0)
//   FAKE_WITHOUT_ON_READY    PJRT_Event_OnReady is NULL
//   FAKE_EXTENSIONS          every extension that the client knows, instead of two that it cannot use
//   FAKE_OLD_FFI             its extension FFI ends before the registration of handlers
//   FAKE_ENTRY_POINT         name of the exported function (GetPjrtApi)
#include <cstdlib>

#include "tests/pjrt/fake_extensions.h"

#ifndef FAKE_MAJOR
#define FAKE_MAJOR 0
#endif
#ifndef FAKE_MINOR
#define FAKE_MINOR PJRT_API_MINOR
#endif
#ifndef FAKE_ENTRY_POINT
#define FAKE_ENTRY_POINT GetPjrtApi
#endif
#ifndef FAKE_EXTRA
#define FAKE_EXTRA 0
#endif

#define FAKE_EXPORT __attribute__((visibility("default")))

namespace fake {

const int kMinor = FAKE_MINOR;
#ifdef FAKE_WITHOUT_ON_READY
const bool kHasOnReady = false;
#else
const bool kHasOnReady = true;
#endif
#ifdef FAKE_OLD_FFI
const bool kHasFfiHandlers = false;
#else
const bool kHasFfiHandlers = true;
#endif

namespace {

PJRT_Extension_Base* extensions() {
#ifdef FAKE_EXTENSIONS
    return allExtensions();
#else
    static PJRT_Extension_Base unknown{sizeof(PJRT_Extension_Base), static_cast<PJRT_Extension_Type>(99),
                                       nullptr};
    static PJRT_Extension_Base layouts{sizeof(PJRT_Extension_Base), PJRT_Extension_Type_Layouts, &unknown};
    return &layouts;
#endif
}

// As many bytes as this version's table has, so that a sanitizer sees any read beyond it.
const PJRT_Api* makeTable() {
    PJRT_Api full{};
    full.extension_start = FAKE_MINOR >= 42 ? extensions() : reinterpret_cast<PJRT_Extension_Base*>(~0ULL);
    full.pjrt_api_version.struct_size = PJRT_Api_Version_STRUCT_SIZE;
    full.pjrt_api_version.major_version = FAKE_MAJOR;
    full.pjrt_api_version.minor_version = FAKE_MINOR;
    addPluginFunctions(full);
    addClientFunctions(full);
    addBufferFunctions(full);
    addProgramFunctions(full);
    addExecutionFunctions(full);
    addPlaceFunctions(full);
    addCreationFunctions(full);
    addLoadingFunctions(full);
    std::size_t size = offsetof(PJRT_Api, PJRT_Error_Destroy) + FAKE_EXTRA * sizeof(void*);
    for (const auto& function : pjrt_abi::kFunctions) {
        size += function.since_minor <= FAKE_MINOR ? sizeof(void*) : 0;
    }
    full.struct_size = size;
    void* table = std::calloc(1, size);
    std::memcpy(table, &full, std::min(size, sizeof full));
    return static_cast<const PJRT_Api*>(table);
}

}  // namespace
}  // namespace fake

extern "C" {

FAKE_EXPORT const PJRT_Api* FAKE_ENTRY_POINT();
const PJRT_Api* FAKE_ENTRY_POINT() {
    static const PJRT_Api* const table = fake::makeTable();
    return table;
}

FAKE_EXPORT fake::Control* fakeControl();
fake::Control* fakeControl() {
    fake::control().fire = fake::fireManualEvents;
    return &fake::control();
}

}  // extern "C"
