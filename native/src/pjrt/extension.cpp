#include "src/pjrt/extension.h"

#include <algorithm>
#include <cstring>

#include "src/core/text.h"

namespace optirs::pjrt {
namespace {

// By the public sources of XLA and JAX; libtpu by what its headers are for.
std::string_view ownersOf(PJRT_Extension_Type type) noexcept {
    switch (type) {
        case PJRT_Extension_Type_Gpu_Custom_Call:
            return "XLA's GPU plugins and this project's CPU plugin have";
        case PJRT_Extension_Type_Profiler:
            return "libtpu, XLA's GPU plugins and this project's CPU plugin have";
        case PJRT_Extension_Type_Layouts:
        case PJRT_Extension_Type_MemoryDescriptions:
            return "libtpu, XLA's CPU and GPU plugins and this project's CPU plugin have";
        case PJRT_Extension_Type_Shardings:
            return "newer plugins of XLA and this project's CPU plugin have";
        case PJRT_Extension_Type_Stream:
        case PJRT_Extension_Type_FFI:
            return "XLA's GPU plugins have";
        case PJRT_Extension_Type_CrossHostTransfers:
        case PJRT_Extension_Type_PhaseCompile:
            return "libtpu and newer plugins of XLA have";
        default:
            return "libtpu has";
    }
}

}  // namespace

const PJRT_Extension_Base* findExtension(const PluginLibrary& library, PJRT_Extension_Type type) noexcept {
    const PJRT_Extension_Base* extension = library.firstExtension();
    while (extension != nullptr && extension->type != type) {
        extension = extension->next;
    }
    return extension;
}

void readExtension(const PluginLibrary& library, PJRT_Extension_Type type, void* table, std::size_t size) {
    const PJRT_Extension_Base* extension = findExtension(library, type);
    if (extension == nullptr) {
        throw core::Error(
            core::Code::kUnimplemented,
            core::concat("plugin ", library.path, " speaks PJRT ", library.major, ".", library.minor,
                         ", but has no extension ", extensionName(type), ", which ", ownersOf(type)),
            library.path);
    }
    std::memcpy(table, extension, std::min(extension->struct_size, size));
}

void throwMissing(const PluginLibrary& library, PJRT_Extension_Type type, std::string_view function) {
    throw core::Error(
        core::Code::kUnimplemented,
        core::concat("plugin ", library.path, " speaks PJRT ", library.major, ".", library.minor,
                     "; its extension ", extensionName(type), " is too old for ", function),
        library.path);
}

}  // namespace optirs::pjrt
