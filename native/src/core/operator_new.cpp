// The library's own operator new: asks the fault injection first, and hands on to the process's operator new.
//
// The version script keeps these symbols inside liboptirs, so no other library is affected. There is no
// operator delete here: memory comes from the process's operator new and goes back to its operator delete,
// which keeps sanitizers exact.
#include <dlfcn.h>

#include <cstdlib>
#include <new>

#include "src/core/faults.h"

namespace {

using Allocate = void* (*)(std::size_t);
using AllocateAligned = void* (*)(std::size_t, std::align_val_t);

template <class Function>
Function processFunction(const char* mangled_name) noexcept {
    return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, mangled_name));
}

}  // namespace

void* operator new(std::size_t size) {
    static const auto next = processFunction<Allocate>("_Znwm");
    if (next == nullptr || optirs::core::allocationFaultDue()) {
        throw std::bad_alloc();
    }
    return next(size);
}

void* operator new[](std::size_t size) {
    static const auto next = processFunction<Allocate>("_Znam");
    if (next == nullptr || optirs::core::allocationFaultDue()) {
        throw std::bad_alloc();
    }
    return next(size);
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    static const auto next = processFunction<AllocateAligned>("_ZnwmSt11align_val_t");
    if (next == nullptr || optirs::core::allocationFaultDue()) {
        throw std::bad_alloc();
    }
    return next(size, alignment);
}
