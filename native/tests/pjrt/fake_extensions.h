// What the files of the fake plugin's extensions share.
#pragma once

#include "pjrt_abi/pjrt_abi_extensions.h"
#include "tests/pjrt/fake_functions.h"

namespace fake {

// As FAKE_FUNCTION and FAKE_ENTER; callers may count the padding at the end of a struct.
#define FAKE_EXTENSION_FUNCTION(name) PJRT_Error* name([[maybe_unused]] name##_Args* args)
#define FAKE_EXTENSION_ENTER(name)                                                                  \
    if (PJRT_Error* failure = enterFunction(#name, args->struct_size >= name##_Args_STRUCT_SIZE &&  \
                                                       args->struct_size <= sizeof(name##_Args))) { \
        return failure;                                                                             \
    }

/// A handle that is nothing but a text.
template <class Handle>
Handle* newOther(std::string text) {
    auto* other = new Other;
    other->text = std::move(text);
    return reinterpret_cast<Handle*>(other);
}

/// The table as a part of the list.
template <class Table>
PJRT_Extension_Base* chained(Table& table, PJRT_Extension_Type type, std::size_t size,
                             PJRT_Extension_Base* next) {
    table.base = {size, type, next};
    return &table.base;
}

/// Everything that the client knows.
PJRT_Extension_Base* allExtensions();
PJRT_Extension_Base* serviceExtensions(PJRT_Extension_Base* next);
PJRT_Extension_Base* tpuExtensions(PJRT_Extension_Base* next);

}  // namespace fake
