#include "src/pjrt/in_place.h"

#include "src/pjrt/extension.h"

namespace optirs::pjrt {

InPlace::InPlace(const PluginLibrary& library) noexcept : api_(library.api) {
    const PJRT_Extension_Base* extension = findExtension(library, PJRT_EXTENSION_TYPE_IN_PLACE);
    if (extension != nullptr && extension->struct_size >= sizeof(PJRT_InPlace_Extension)) {
        table_ = reinterpret_cast<const PJRT_InPlace_Extension*>(extension);
    }
}

template <class Args>
bool InPlace::call(PJRT_Error* (*function)(Args*), Args& args) const {
    core::callFaultPoint(kFaultSite);
    args.struct_size = sizeof args;
    if (PJRT_Error* error = function(&args); error != nullptr) [[unlikely]] {
        api_.destroy(error);
        return false;
    }
    return args.is_done;
}

bool InPlace::read(const DeviceBuffer& buffer, void* data, uint64_t size) const {
    if (table_ == nullptr) {
        return false;
    }
    PJRT_InPlace_Read_Args args{};
    args.buffer = buffer.get();
    args.data = data;
    args.size = size;
    return call(table_->read, args);
}

bool InPlace::write(const DeviceBuffer& buffer, const void* data, uint64_t size) const {
    if (table_ == nullptr) {
        return false;
    }
    PJRT_InPlace_Write_Args args{};
    args.buffer = buffer.get();
    args.data = data;
    args.size = size;
    return call(table_->write, args);
}

bool InPlace::execute(PJRT_LoadedExecutable* executable, std::span<PJRT_Buffer* const> arguments,
                      std::span<PJRT_Buffer* const> results, bool& is_never) const {
    PJRT_InPlace_Execute_Args args{};
    args.executable = executable;
    args.arguments = arguments.data();
    args.num_arguments = arguments.size();
    args.results = results.data();
    args.num_results = results.size();
    const bool is_done = call(table_->execute, args);
    is_never = args.is_never;
    return is_done;
}

}  // namespace optirs::pjrt
